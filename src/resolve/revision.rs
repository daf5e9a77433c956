//! Registered revisions and a reference → the revision that is meant.

use super::arn::TaskDefinitionReference;
use super::canonical;
use crate::api::{TaskDefinition, TaskDefinitionSpec};
use crate::model::label;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;
use serde_json::Value;

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

/// The revision that `object` holds; none if it holds none, like a family's counter.
pub fn read(object: &ControllerRevision) -> Option<Revision> {
    let content = &object.data.0;
    let spec = content.get("spec")?;
    Some(Revision {
        object: object.name_any(),
        family: content.get("family")?.as_str()?.to_owned(),
        number: object.revision?,
        inactive: object.labels().get(label::REVISION_STATUS).is_some_and(|status| status == "INACTIVE"),
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
pub fn first_number(definition: &TaskDefinition) -> i64 {
    let asked = definition.annotations().get(label::FIRST_REVISION);
    let asked = asked.and_then(|text| text.parse::<i64>().ok());
    asked.filter(|number| (1..=1_000_000).contains(number)).unwrap_or(1)
}

/// Looks `reference` up among the `revisions` of its family. `definition` is the object that registers the
/// family now, `families` what the namespace has, for the message.
pub fn look_up(
    reference: &TaskDefinitionReference,
    revisions: &[Revision],
    definition: Option<&TaskDefinition>,
    families: &[String],
) -> Lookup {
    let newest =
        || revisions.iter().filter(|revision| !revision.inactive).max_by_key(|revision| revision.number);
    match reference.revision {
        Some(number) => match revisions.iter().find(|revision| revision.number == number) {
            Some(found) => Lookup::Found(Box::new(found.clone())),
            None if definition.is_some_and(|definition| !is_current(definition)) => Lookup::Pending,
            None => Lookup::NotFound(not_imported(reference, number, revisions)),
        },
        None if definition.is_some_and(|definition| !is_settled(definition)) => Lookup::Pending,
        None => match newest() {
            Some(found) => Lookup::Found(Box::new(found.clone())),
            None if revisions.is_empty() => Lookup::NotFound(no_family(reference, families)),
            None => {
                Lookup::Inactive(format!("every revision of family \"{}\" is INACTIVE", reference.family))
            }
        },
    }
}

/// Whether the spec of `definition` has been judged.
fn is_current(definition: &TaskDefinition) -> bool {
    let observed = definition.status.as_ref().and_then(|status| status.observed_generation);
    observed.is_some() && observed == definition.metadata.generation
}

/// Whether following `definition` now would not be overtaken by its own registration. A definition that was
/// refused is settled: what was registered before it stays the newest.
fn is_settled(definition: &TaskDefinition) -> bool {
    is_current(definition)
}

fn no_family(reference: &TaskDefinitionReference, families: &[String]) -> String {
    let mut known: Vec<&str> = families.iter().map(String::as_str).take(20).collect();
    known.sort_unstable();
    known.dedup();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!(
        "taskDefinition \"{reference}\": no TaskDefinition of family \"{}\" in this namespace. Families here: {known}.",
        reference.family
    )
}

fn not_imported(reference: &TaskDefinitionReference, number: i64, revisions: &[Revision]) -> String {
    let newest = revisions.iter().map(|revision| revision.number).max();
    let known = match newest {
        Some(newest) => format!("its newest revision here is {newest}"),
        None => "it has no revision here".to_owned(),
    };
    format!(
        "taskDefinition \"{reference}\": family \"{}\" has no revision {number}, {known}. A TaskDefinition whose \
         family is new starts at that number with annotation {}: \"{number}\".",
        reference.family,
        label::FIRST_REVISION
    )
}

/// What a revision stores for `family` and `spec`.
pub fn content(family: &str, spec: &TaskDefinitionSpec) -> Value {
    serde_json::json!({"family": family, "spec": spec})
}

/// Whether two specs are the same definition: members that say nothing, defaults of ECS, the order of lists that have
/// none, and the spelling of sizes make no difference.
pub fn is_same(one: &TaskDefinitionSpec, other: &TaskDefinitionSpec) -> bool {
    canonical::definition(one) == canonical::definition(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(value: Value) -> TaskDefinitionSpec {
        serde_json::from_value(value).unwrap()
    }

    fn revision(number: i64, inactive: bool) -> Revision {
        let object = format!("web-{number}");
        Revision { object, family: "web".into(), number, inactive, spec: TaskDefinitionSpec::default() }
    }

    fn reference(text: &str) -> TaskDefinitionReference {
        TaskDefinitionReference::parse(text).unwrap()
    }

    fn number(lookup: Lookup) -> Option<i64> {
        match lookup {
            Lookup::Found(revision) => Some(revision.number),
            _ => None,
        }
    }

    #[test]
    fn a_bare_family_follows_its_newest_active_revision_and_a_number_pins() {
        let revisions = [revision(1, false), revision(2, false), revision(3, true)];
        assert_eq!(number(look_up(&reference("web"), &revisions, None, &[])), Some(2));
        assert_eq!(number(look_up(&reference("web:1"), &revisions, None, &[])), Some(1));
    }

    #[test]
    fn an_edited_definition_is_waited_for() {
        let mut definition = TaskDefinition::new("web", TaskDefinitionSpec::default());
        definition.metadata.generation = Some(2);
        definition.status =
            Some(crate::api::TaskDefinitionStatus { observed_generation: Some(1), ..Default::default() });
        let found = look_up(&reference("web"), &[revision(1, false)], Some(&definition), &[]);
        assert_eq!(found, Lookup::Pending);
    }

    #[test]
    fn a_missing_family_is_told_with_those_that_exist() {
        let families = ["web".to_owned(), "worker".to_owned()];
        let Lookup::NotFound(message) = look_up(&reference("wbe"), &[], None, &families) else { panic!() };
        assert!(message.contains("no TaskDefinition of family \"wbe\""), "{message}");
        assert!(message.ends_with("Families here: web, worker."), "{message}");
    }

    #[test]
    fn order_without_meaning_and_equal_sizes_are_the_same_definition() {
        let one = spec(json!({"cpu": "1 vCPU", "tags": [], "containerDefinitions":
            [{"name": "a", "environment": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}]}));
        let other = spec(json!({"cpu": "1024", "containerDefinitions":
            [{"name": "a", "environment": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]}]}));
        assert!(is_same(&one, &other));
        let swapped =
            spec(json!({"cpu": "1024", "containerDefinitions": [{"name": "a", "command": ["y", "x"]}]}));
        let command =
            spec(json!({"cpu": "1024", "containerDefinitions": [{"name": "a", "command": ["x", "y"]}]}));
        assert!(!is_same(&swapped, &command));
    }
}
