//! Cluster queries, constraints and strategies in; node affinity, pod affinity and topology spread out.
//!
//! Nothing here chooses a node: that stays the scheduler's. Selectors use group labels only, never
//! text that a user wrote.

pub mod attribute;
pub mod expression;
pub mod node;
pub mod pattern;

pub use node::NodeView;
