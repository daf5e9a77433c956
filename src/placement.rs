//! Cluster queries, constraints and strategies in; node affinity, pod affinity and topology spread out.
//!
//! Nothing here chooses a node: that stays the scheduler's. Selectors use group labels only, never
//! text that a user wrote.

pub mod attribute;
pub mod capacity;
pub mod evaluate;
pub mod explain;
pub mod expression;
pub mod node;
pub mod node_affinity;
pub mod pattern;
pub mod profile;
pub mod rules;
pub mod strategy;
pub mod unsupported;

pub use capacity::Capacity;
pub use evaluate::{matches, predicate};
pub use node::NodeView;
pub use rules::{Demand, Rules, check, rules};
pub use strategy::Exactness;
pub use unsupported::Unsupported;
