//! Short plots: read, resolve, plan, write, conclude. One file per kind.
//!
//! Controllers do not call one another; they meet in the API server and in the shared stores.

mod access;
mod belongings;
pub mod cluster;
mod context;
mod error;
mod fault;
mod hold;
mod index;
mod indexes;
mod launch;
mod listing;
mod reference;
mod report;
pub mod run;
pub mod service;
pub mod service_discovery;
pub mod stores;
pub mod task_definition;
mod upkeep;

pub use context::Context;
pub use error::Error;
pub use run::{Options, run};
