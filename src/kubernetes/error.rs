//! Why a request failed, with the object that it was about.

use super::owner::CrossNamespace;

/// `Result` with this module's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a read or write failed. "Gone", "somebody else's" and "changed meanwhile" are values, not errors.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server, or the way to it, failed the request.
    #[error("cannot {verb} {kind} `{namespace}/{name}`")]
    Request {
        /// What was asked for: `apply`, `create`, …
        verb: &'static str,
        /// Kind of the object.
        kind: String,
        /// Namespace of the object; empty for a cluster-scoped one.
        namespace: String,
        /// Name of the object.
        name: String,
        /// The answer.
        source: Box<kube::Error>,
    },
    /// The kind is not on the list of kinds that Berth may write.
    #[error("{kind} is not a kind that may be written")]
    Kind {
        /// The kind in question.
        kind: String,
    },
    /// The object would be outside its owner's namespace.
    #[error(transparent)]
    Namespace(#[from] CrossNamespace),
    /// The object has no name, no UID or no resource version where one is needed.
    #[error("{kind} `{name}` has no {field}")]
    Incomplete {
        /// Kind of the object.
        kind: String,
        /// Name of the object, as far as it has one.
        name: String,
        /// What is missing.
        field: &'static str,
    },
    /// The object has no JSON form.
    #[error("{kind} `{name}` cannot be encoded")]
    Encode {
        /// Kind of the object.
        kind: String,
        /// Name of the object.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The object changed hands or vanished between our read and our write, again and again.
    #[error("{kind} `{namespace}/{name}` keeps changing while it is written")]
    Raced {
        /// Kind of the object.
        kind: String,
        /// Namespace of the object.
        namespace: String,
        /// Name of the object.
        name: String,
    },
}

impl Error {
    /// What the API server says, when it understood the request and will not do it (403, 422, …): quota,
    /// Pod Security, an admission policy. Trying again changes nothing until somebody changes something, so
    /// this belongs into a condition.
    pub fn refusal(&self) -> Option<&str> {
        let Self::Request { source, .. } = self else { return None };
        match source.as_ref() {
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 405 | 413 | 422) => {
                Some(&status.message)
            }
            _ => None,
        }
    }

    /// The HTTP status of the API server's answer, when there was one.
    pub fn code(&self) -> Option<u16> {
        let Self::Request { source, .. } = self else { return None };
        match source.as_ref() {
            kube::Error::Api(status) => Some(status.code),
            _ => None,
        }
    }

    /// Whether the write was turned down because of what the object is by now: it has changed, or another
    /// one has its name. For the latter some kinds answer with a conflict, others that the UID is immutable.
    pub(super) fn is_overtaken(&self) -> bool {
        let Self::Request { source, .. } = self else { return false };
        let kube::Error::Api(status) = source.as_ref() else { return false };
        let causes = status.details.iter().flat_map(|details| &details.causes);
        status.code == 409
            || (status.code == 422 && causes.into_iter().any(|cause| cause.field == "metadata.uid"))
    }
}
