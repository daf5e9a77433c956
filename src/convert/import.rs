//! A whole account on AWS → custom resources by namespace, a Cluster for each ECS cluster, and what is left to do.
//!
//! [`Estate`] takes the files of a dump, whatever their names, and of Terraform; [`Estate::import`] joins them by ARN:
//! a service with its definition, target groups, registries and scalable target, all in the namespace of its cluster.
//! [`report`] tells by service what stands in the way.
//!
//! Must not judge (the caller brings what `render` says), and must not leave a reference that leads nowhere untold.

mod dump;
mod estate;
mod index;
mod join;
mod need;
mod report;
mod route;
mod schedule;
mod service;
mod skeleton;

pub use estate::Estate;
pub use need::{Needs, Sort, needs};
pub use report::{Judgement, Said, report};
pub use skeleton::{granted, skeleton};

use super::{Found, Note, Reading, terraform as tf};
use serde_json::Value;

/// An ECS cluster and the namespace that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The namespace.
    pub namespace: String,
    /// The cluster's name in ECS.
    pub cluster: String,
    /// Its ARN, or its name where no ARN is known.
    pub id: String,
}

/// Something that no custom resource can say, and somebody has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// The namespace that it is about.
    pub namespace: String,
    /// The object, as in `Service/web`; empty for the namespace as a whole.
    pub object: String,
    /// What there is to do, as a sentence without a full stop.
    pub text: String,
}

/// What came of an account.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The requests, each with its namespace.
    pub found: Vec<Found>,
    /// What could not be joined, and what was passed over.
    pub notes: Vec<Note>,
    /// The clusters, by namespace.
    pub places: Vec<Place>,
    /// What there is to do.
    pub todos: Vec<Todo>,
}

/// The requests in what `terraform show -json` prints, wherever their objects go; none if it is something else.
pub(super) fn terraform(source: &str, document: &Value) -> Option<Reading> {
    let (pieces, mut notes) = tf::pieces(source, document)?;
    let import = join::join(&pieces, join::Layout::Flat);
    notes.extend(import.notes);
    notes.extend(import.todos.into_iter().map(|todo| Note::new(source, todo.object, todo.text)));
    Some(Reading { found: import.found, notes })
}
