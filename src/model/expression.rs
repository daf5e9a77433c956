//! The cluster query language as a tree.
//!
//! `placement::expression` parses and prints it, `placement::node_affinity` compiles it.

/// A cluster query.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Any of the parts holds (at least two parts).
    Or(Vec<Expression>),
    /// All of the parts hold (at least two parts).
    And(Vec<Expression>),
    /// The part does not hold.
    Not(Box<Expression>),
    /// A single comparison.
    Test(Subject, Test),
}

/// What a comparison looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// `attribute:NAME`.
    Attribute(String),
    /// Whether the node is Ready.
    AgentConnected,
    /// The kubelet's version.
    AgentVersion,
    /// The last part of the node's provider ID, or the node's name.
    Ec2InstanceId,
    /// When the node joined.
    RegisteredAt,
    /// Tasks on the node whose desired status is RUNNING.
    RunningTasksCount,
    /// The groups of the tasks on the node.
    TaskGroup,
}

/// How a comparison compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `==`
    Equals(String),
    /// `!=`
    NotEquals(String),
    /// `>`
    Greater(String),
    /// `>=`
    GreaterOrEqual(String),
    /// `<`
    Less(String),
    /// `<=`
    LessOrEqual(String),
    /// `exists`
    Exists,
    /// `!exists`
    NotExists,
    /// `in [a, b]`
    In(Vec<String>),
    /// `!in [a, b]`
    NotIn(Vec<String>),
    /// `=~`, a pattern that must match the whole value
    Matches(String),
    /// `!~`
    NotMatches(String),
}
