//! The operator as a process on a real control plane with simulated nodes: what its users see and what it
//! promises when things go wrong.
//!
//! All tests share one test bed; each has a namespace and operators of its own. `BERTH_SOAK=1` makes the
//! random ones long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "support/operator.rs"]
mod operator;
#[path = "support/stage.rs"]
mod stage;
#[path = "support/witness.rs"]
mod witness;

#[path = "control_plane/access.rs"]
mod access;
#[path = "control_plane/basics.rs"]
mod basics;
#[path = "control_plane/broken.rs"]
mod broken;
#[path = "control_plane/conflicts.rs"]
mod conflicts;
#[path = "control_plane/ending.rs"]
mod ending;
#[path = "control_plane/explaining.rs"]
mod explaining;
#[path = "control_plane/failing.rs"]
mod failing;
#[path = "control_plane/health.rs"]
mod health;
#[path = "control_plane/images.rs"]
mod images;
#[path = "control_plane/leaders.rs"]
mod leaders;
#[path = "control_plane/protection.rs"]
mod protection;
#[path = "control_plane/queries.rs"]
mod queries;
#[path = "control_plane/resting.rs"]
mod resting;
#[path = "control_plane/revisions.rs"]
mod revisions;
#[path = "control_plane/rolling.rs"]
mod rolling;
#[path = "control_plane/scaling.rs"]
mod scaling;
#[path = "control_plane/waiting.rs"]
mod waiting;
#[path = "control_plane/zones.rs"]
mod zones;

/// Whether the long form is wanted.
fn soak() -> bool {
    std::env::var_os("BERTH_SOAK").is_some()
}
