//! Why a constraint has no form on Kubernetes.

/// A part of a query that a task cannot be placed by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(
    /// What it is and what to write instead.
    pub String,
);
