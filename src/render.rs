//! Documents in; out come the objects and statuses that the operator would write into a cluster that knows
//! nothing else, or all that is wrong with the documents.
//!
//! What only a cluster has stays out: its UIDs (a document may bring its own), its clock (it is 1970), what
//! others own.

mod bundle;
mod judge;
mod objects;

pub use bundle::Bundle;
pub use judge::{Missing, Report};

use crate::model::Violation;
use std::fmt;

/// Something about one object of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub source: String,
    /// The object, as in `Service/web`; empty where the file is no document at all.
    pub object: String,
    /// The member, and what there is to say about it.
    pub violation: Violation,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { path, message } = &self.violation;
        let parts = [&self.source, &self.object, path, message];
        let said: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        formatter.write_str(&said.join(": "))
    }
}
