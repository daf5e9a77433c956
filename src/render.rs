//! Documents in; out come the objects and statuses that the operator would write into a cluster that knows
//! nothing else, or all that is wrong with the documents.
//!
//! What only a cluster has stays out: its UIDs (a document may bring its own), its clock (it is 1970), what
//! others own.

mod bundle;
mod explain;
mod granting;
mod inventory;
mod judge;
mod objects;
mod plan;
mod situation;

pub use bundle::{Bundle, documents};
pub use explain::{Explanation, Row, Target};
pub use inventory::{Inventory, NO_NODE};
pub use judge::{Missing, Report};
pub use plan::{Fate, Outlook, Prospect, Shortfall, Step, Sum};
pub use situation::Situation;

use crate::model::Violation;
use std::fmt;

/// Something about one object of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub source: String,
    /// The object, as in `Service/web`; empty where the file is no document at all.
    pub object: String,
    /// Whether the file has no other object, so that this one need not be named.
    pub alone: bool,
    /// The member, and what there is to say about it.
    pub violation: Violation,
}

impl fmt::Display for Remark {
    /// `FILE: path.to.member: what there is to say`, with ` (Kind/name)` where the file has several objects.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { path, message, .. } = &self.violation;
        let parts = [&self.source, path, message];
        let said: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        formatter.write_str(&said.join(": "))?;
        if self.alone || self.object.is_empty() { Ok(()) } else { write!(formatter, " ({})", self.object) }
    }
}

/// YAML documents as one stream.
pub fn yaml_stream(documents: &[String]) -> String {
    documents.join("---\n")
}
