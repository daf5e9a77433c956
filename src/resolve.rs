//! What users wrote and what the cluster shows → the model, or all violations at once.

pub mod task;
