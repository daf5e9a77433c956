//! The fate of every member of a document: mapped, accepted without effect, or refused. Nothing is dropped silently.
//!
//! [`judge`] reads a spec as raw JSON beside a table with one entry for each member that ECS defines. A member whose
//! value says nothing (`null`, `false`, `0`, `""`, `[]`, `{}`, something switched off) is never held against anybody:
//! real documents are full of them. The tables are the truth of `docs/fields.md`.

mod document;
mod nearest;
mod registry;
mod service;
mod task_definition;
mod volume;
mod walk;

pub use document::{markdown, paths};
use serde::Serialize;
use serde_json::Value;
use walk::Walk;

/// Which document a spec is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// RegisterTaskDefinition.
    TaskDefinition,
    /// CreateService.
    Service,
    /// Cloud Map's CreateService.
    ServiceDiscovery,
    /// CreateCluster.
    Cluster,
}

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It takes effect; the text says how, where that is not obvious.
    Mapped(&'static str),
    /// It is accepted and changes nothing; the text says why.
    WithoutEffect(&'static str),
    /// It is refused when it says something; the text says why.
    Refused(&'static str),
    /// What becomes of the member it is in.
    AsWhole,
}

/// A member that ECS defines.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it.
    pub fate: Fate,
    /// Values with another fate.
    pub exceptions: &'static [Exception],
    /// Members of the object, or of each object of the list, that it is. None for free maps and scalars.
    pub members: &'static [Field],
}

/// Values of a member with another fate than the rest.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// Which values, for readers.
    pub when: &'static str,
    /// Which values.
    pub holds: fn(&Value) -> bool,
    /// What becomes of them.
    pub fate: Fate,
}

/// Something to say about one member of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it is: `spec.containerDefinitions[0].links`.
    pub path: String,
    /// What there is to say.
    pub reason: &'static str,
}

/// A member that ECS does not define.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMember {
    /// Where it is: `spec.containerDefinitions[0].memoryReservaton`.
    pub path: String,
    /// The member that was probably meant.
    pub nearest: Option<&'static str>,
}

/// What there is to say about a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Members that are refused.
    pub refused: Vec<Finding>,
    /// Members that change nothing.
    pub without_effect: Vec<Finding>,
    /// Members that ECS does not define; they are refused too.
    pub unknown: Vec<UnknownMember>,
}

impl Judgement {
    /// Whether Berth can act on the document.
    pub fn is_accepted(&self) -> bool {
        self.refused.is_empty() && self.unknown.is_empty()
    }
}

impl Document {
    /// Every document.
    pub const ALL: [Self; 4] = [Self::TaskDefinition, Self::Service, Self::ServiceDiscovery, Self::Cluster];

    /// The members that ECS defines.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::TaskDefinition => task_definition::FIELDS,
            Self::Service => service::FIELDS,
            Self::ServiceDiscovery => registry::DISCOVERY,
            Self::Cluster => registry::CLUSTER,
        }
    }

    /// Members of other documents that people paste here, and what to tell them.
    const fn hints(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::TaskDefinition => task_definition::HINTS,
            Self::Service => service::HINTS,
            Self::ServiceDiscovery | Self::Cluster => registry::HINTS,
        }
    }
}

/// What there is to say about `spec`, a document of the given sort. At most 100 findings of each sort.
pub fn judge(document: Document, spec: &Value) -> Judgement {
    Walk::from_top(document.hints()).judge(spec, document.fields())
}

/// As [`judge`], for a spec that has been read already; members it did not know are in it still.
pub fn judge_spec<T: Serialize>(document: Document, spec: &T) -> Judgement {
    serde_json::to_value(spec).map_or_else(|_| Judgement::default(), |spec| judge(document, &spec))
}

impl Field {
    const fn new(name: &'static str, fate: Fate) -> Self {
        Self { name, fate, exceptions: &[], members: &[] }
    }

    const fn with(self, members: &'static [Self]) -> Self {
        Self { members, ..self }
    }

    const fn except(self, exceptions: &'static [Exception]) -> Self {
        Self { exceptions, ..self }
    }
}

/// A member that takes effect as its name says.
const fn mapped(name: &'static str) -> Field {
    Field::new(name, Fate::Mapped(""))
}

/// A member that takes effect in a way worth telling.
const fn mapped_as(name: &'static str, how: &'static str) -> Field {
    Field::new(name, Fate::Mapped(how))
}

/// A member that changes nothing.
const fn without_effect(name: &'static str, why: &'static str) -> Field {
    Field::new(name, Fate::WithoutEffect(why))
}

/// A member that is refused.
const fn refused(name: &'static str, why: &'static str) -> Field {
    Field::new(name, Fate::Refused(why))
}

/// A member that shares the fate of what it is in.
const fn part(name: &'static str) -> Field {
    Field::new(name, Fate::AsWhole)
}

/// Values that are refused although others are not.
const fn refusing(when: &'static str, holds: fn(&Value) -> bool, why: &'static str) -> Exception {
    Exception { when, holds, fate: Fate::Refused(why) }
}

/// Values that change nothing although others do.
const fn passing(when: &'static str, holds: fn(&Value) -> bool, why: &'static str) -> Exception {
    Exception { when, holds, fate: Fate::WithoutEffect(why) }
}

/// Values that are accepted although others are not.
const fn accepting(when: &'static str, holds: fn(&Value) -> bool, how: &'static str) -> Exception {
    Exception { when, holds, fate: Fate::Mapped(how) }
}
