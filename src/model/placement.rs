//! Where tasks may and should run.

use super::expression::Expression;

/// A rule that an instance must meet for a task to run there.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// No two tasks of the group on one instance.
    DistinctInstance,
    /// The instance matches the expression.
    MemberOf(Expression),
}

/// What binpack fills up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// CPU units.
    Cpu,
    /// MiB of memory.
    Memory,
}

/// A preference among the instances that meet all constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Any instance.
    Random,
    /// The instance with the fewest tasks of the group.
    SpreadInstance,
    /// The value of this attribute (without `attribute:`) with the fewest tasks of the group.
    SpreadAttribute(String),
    /// The instance with the least of the resource left.
    Binpack(Resource),
}

/// Who chooses among the instances that meet all constraints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scheduler {
    /// The cluster's own.
    #[default]
    Default,
    /// Profiles of a stock scheduler that obey strategies in their order, one for each order.
    Profiles,
    /// One that the user names.
    Named(String),
}

/// All that a task asks of its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// Constraints of the task definition and the service together.
    pub constraints: Vec<Constraint>,
    /// Strategies in order, each for the ties of the one before. Never empty for a service:
    /// ECS's default is a spread over zones and then over instances.
    pub strategies: Vec<Strategy>,
    /// Labels of the nodes that form the cluster; empty means every schedulable node.
    pub cluster_nodes: Vec<(String, String)>,
    /// Who chooses.
    pub scheduler: Scheduler,
}
