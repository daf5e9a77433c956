//! A real Kubernetes on one machine, for Berth's tests and its demo.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use testbed::{Bed, BedConfig};
//!
//! let bed = Bed::start(BedConfig::simulated(60, 3)).await?;
//! println!("{}", bed.kubectl(&["get", "nodes"]).await?);
//! bed.stop().await
//! # }
//! ```

pub mod bed;
mod files;
pub mod health;
pub mod image;
pub mod load;
pub mod nodes;
pub mod parts;
pub mod pki;
pub mod plane;
mod ports;
pub mod process;
pub mod real;
pub mod registry;
pub mod stages;

pub use bed::{Bed, BedConfig};
pub use nodes::SimulatedNode;
