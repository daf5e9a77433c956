//! What was found and what was done → status, notices, and whether the status has to be written now.
//!
//! Judges what the API server answered, never what was intended.

pub mod condition;
pub mod notice;
pub mod service;
pub mod service_discovery;
pub mod task_definition;

pub use condition::{Finding, conditions};
pub use notice::Notice;
