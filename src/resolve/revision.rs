//! Registered revisions and a reference → the revision that is meant.

pub mod content;
pub mod history;
pub mod numbers;

use super::arn::TaskDefinitionReference;
use crate::api::TaskDefinition;
use crate::model::{Violation, label};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;

use crate::api::TaskDefinitionSpec;
pub use content::{content, is_same, too_long};

/// The highest number of a revision (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>).
pub const HIGHEST: i64 = 1_000_000;

/// Value of the label on a revision that was deregistered.
pub const INACTIVE: &str = "INACTIVE";

/// A registered revision, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Name of its ControllerRevision.
    pub object: String,
    /// Its family in ECS's form.
    pub family: String,
    /// Its number.
    pub number: i64,
    /// Whether it was deregistered.
    pub inactive: bool,
    /// When it was registered.
    pub registered_at: Option<Timestamp>,
    /// When it was deregistered.
    pub deregistered_at: Option<Timestamp>,
    /// Its content.
    pub spec: TaskDefinitionSpec,
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The revision.
    Found(Box<Revision>),
    /// The family was edited and its newest revision is not registered yet.
    Pending,
    /// There is none, for this reason.
    NotFound(String),
    /// It was deregistered.
    Inactive(String),
}

/// What is known where a reference is looked up.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The revisions of the family.
    pub revisions: &'a [Revision],
    /// The object that registers the family now.
    pub definition: Option<&'a TaskDefinition>,
    /// The families of the namespace, for the message.
    pub families: &'a [String],
    /// The number that whoever asks runs already, where it is of this family.
    pub running: Option<i64>,
    /// Whether it stays there, whatever is newer.
    pub stays: bool,
}

/// `family:revision`, as ECS writes it.
pub fn reference_of(family: &str, number: i64) -> String {
    format!("{family}:{number}")
}

/// The revision that `object` holds; none if it holds none, like a family's counter.
pub fn read(object: &ControllerRevision) -> Option<Revision> {
    let content = &object.data.0;
    let spec = content.get("spec")?;
    let deregistered = object.annotations().get(label::DEREGISTERED_AT);
    Some(Revision {
        object: object.name_any(),
        family: content.get("family")?.as_str()?.to_owned(),
        number: object.revision?,
        inactive: object.labels().get(label::REVISION_STATUS).is_some_and(|status| status == INACTIVE),
        registered_at: object.creation_timestamp().map(|time| time.0),
        deregistered_at: deregistered.and_then(|text| text.parse().ok()),
        spec: serde_json::from_value(spec.clone()).ok()?,
    })
}

/// The family of a TaskDefinition in ECS's form.
pub fn family(definition: &TaskDefinition) -> String {
    definition
        .spec
        .family
        .clone()
        .filter(|family| !family.is_empty())
        .unwrap_or_else(|| definition.name_any())
}

/// The number of a family's first revision: 1, or what the definition's annotation asks for.
///
/// # Errors
/// When the annotation is no number of a revision.
pub fn first_number(definition: &TaskDefinition) -> Result<i64, Violation> {
    let Some(text) = definition.annotations().get(label::FIRST_REVISION) else { return Ok(1) };
    let path = format!("metadata.annotations[{}]", label::FIRST_REVISION);
    numbers::number(text).map_err(|message| Violation::new(path, message))
}

/// Looks `reference` up among the revisions of its family.
///
/// A number pins. A family alone means its newest ACTIVE revision. A revision that was deregistered goes on
/// where it runs, and starts nothing anew: deregistering is no deployment, neither forwards nor back.
pub fn look_up(reference: &TaskDefinitionReference, known: &Known<'_>) -> Lookup {
    let is_running = |revision: &&Revision| Some(revision.number) == known.running;
    match reference.revision {
        Some(number) => match known.revisions.iter().find(|revision| revision.number == number) {
            Some(found) if found.inactive && !is_running(&found) => {
                Lookup::Inactive(format!("TaskDefinition is inactive: {reference} was deregistered"))
            }
            Some(found) => Lookup::Found(Box::new(found.clone())),
            None if known.definition.is_some_and(|definition| !is_current(definition)) => Lookup::Pending,
            None => Lookup::NotFound(no_revision(reference, number, known)),
        },
        None => follow(reference, known),
    }
}

fn follow(reference: &TaskDefinitionReference, known: &Known<'_>) -> Lookup {
    let running = known.revisions.iter().find(|revision| Some(revision.number) == known.running);
    if let Some(found) = running.filter(|_| known.stays) {
        return Lookup::Found(Box::new(found.clone()));
    }
    // Following a definition now must not be overtaken by its own registration. One that was refused is
    // settled: what was registered before it stays the newest.
    if known.definition.is_some_and(|definition| !is_current(definition)) {
        return Lookup::Pending;
    }
    let active = known.revisions.iter().filter(|revision| !revision.inactive);
    match active.chain(running).max_by_key(|revision| revision.number) {
        Some(found) => Lookup::Found(Box::new(found.clone())),
        None if known.revisions.is_empty() => Lookup::NotFound(no_family(reference, known)),
        None => Lookup::Inactive(format!(
            "TaskDefinition is inactive: every revision of family \"{}\" was deregistered",
            reference.family
        )),
    }
}

/// Whether the spec of `definition` has been judged.
fn is_current(definition: &TaskDefinition) -> bool {
    let observed = definition.status.as_ref().and_then(|status| status.observed_generation);
    observed.is_some() && observed == definition.metadata.generation
}

fn no_family(reference: &TaskDefinitionReference, known: &Known<'_>) -> String {
    let family = &reference.family;
    if let Some(definition) = known.definition {
        return format!(
            "taskDefinition \"{reference}\": TaskDefinition {} has registered no revision; its conditions say why",
            definition.name_any()
        );
    }
    let mut families: Vec<&str> = known.families.iter().map(String::as_str).take(20).collect();
    families.sort_unstable();
    families.dedup();
    let families = if families.is_empty() { "none".to_owned() } else { families.join(", ") };
    format!(
        "taskDefinition \"{reference}\": no TaskDefinition of family \"{family}\" in this namespace. Families here: {families}."
    )
}

/// How many revisions an answer names.
const NAMED: usize = 5;

fn no_revision(reference: &TaskDefinitionReference, number: i64, known: &Known<'_>) -> String {
    let family = &reference.family;
    let mut numbers: Vec<i64> = known.revisions.iter().map(|revision| revision.number).collect();
    if numbers.is_empty() && known.definition.is_some() {
        return no_family(reference, known);
    }
    if numbers.is_empty() {
        return format!(
            "taskDefinition \"{reference}\": family \"{family}\" has no revision {number}, it has no revision here. A \
             TaskDefinition whose family is new starts at that number with annotation {}: \"{number}\".",
            label::FIRST_REVISION
        );
    }
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    let named: Vec<String> = numbers.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match numbers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} older"),
    };
    format!(
        "taskDefinition \"{reference}\": family \"{family}\" has no revision {number}; those here are {}{more}, the newest \
         first.",
        named.join(", ")
    )
}

#[cfg(test)]
pub(super) mod tests;
