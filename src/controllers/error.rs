//! What makes a pass start again later.

/// Something that another try may mend. What a user has to mend is a condition, never an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or did not answer.
    #[error(transparent)]
    Kubernetes(#[from] crate::kubernetes::Error),
    /// An object from the API server lacks what every object has.
    #[error("{kind} {name} has no {member}")]
    Incomplete {
        /// Its kind.
        kind: &'static str,
        /// Its namespace and name.
        name: String,
        /// What is missing.
        member: &'static str,
    },
    /// A status cannot be written as JSON.
    #[error("the status cannot be encoded")]
    Encode(#[from] serde_json::Error),
}
