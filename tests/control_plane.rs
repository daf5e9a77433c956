//! The operator as a process on a real control plane with simulated nodes: what its users see and what it
//! promises when things go wrong.
//!
//! All tests share one test bed; each has a namespace and operators of its own. `BERTH_SOAK=1` makes the
//! random ones long.

#[path = "support/operator.rs"]
mod operator;
#[path = "support/stage.rs"]
mod stage;

#[path = "control_plane/basics.rs"]
mod basics;
