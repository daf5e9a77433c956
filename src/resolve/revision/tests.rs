//! What references lead to.

use super::*;
use crate::api::TaskDefinitionStatus;

pub(crate) fn revision(number: i64, inactive: bool) -> Revision {
    Revision {
        object: format!("web-{number}"),
        family: "web".into(),
        number,
        inactive,
        registered_at: None,
        deregistered_at: None,
        spec: TaskDefinitionSpec::default(),
    }
}

fn reference(text: &str) -> TaskDefinitionReference {
    TaskDefinitionReference::parse(text).unwrap()
}

fn known(revisions: &[Revision]) -> Known<'_> {
    Known { revisions, definition: None, families: &[], running: None, stays: false }
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
    assert_eq!(number(look_up(&reference("web"), &known(&revisions))), Some(2));
    assert_eq!(number(look_up(&reference("web:1"), &known(&revisions))), Some(1));
}

#[test]
fn an_inactive_revision_goes_on_where_it_runs_and_starts_nothing_anew() {
    let revisions = [revision(1, false), revision(2, true)];
    let refused = look_up(&reference("web:2"), &known(&revisions));
    assert_eq!(refused, Lookup::Inactive("TaskDefinition is inactive: web:2 was deregistered".into()));
    let running = Known { running: Some(2), ..known(&revisions) };
    assert_eq!(number(look_up(&reference("web:2"), &running)), Some(2));
    // Deregistering is no deployment: not back to an older one, but on to a newer one.
    assert_eq!(number(look_up(&reference("web"), &running)), Some(2));
    let more = [revision(1, false), revision(2, true), revision(3, false)];
    assert_eq!(number(look_up(&reference("web"), &Known { revisions: &more, ..running })), Some(3));
    let none = [revision(2, true)];
    assert!(matches!(look_up(&reference("web"), &known(&none)), Lookup::Inactive(_)));
    assert_eq!(number(look_up(&reference("web"), &Known { revisions: &none, ..running })), Some(2));
}

#[test]
fn who_resolves_once_stays_where_it_is() {
    let revisions = [revision(1, false), revision(2, false)];
    let stays = Known { running: Some(1), stays: true, ..known(&revisions) };
    assert_eq!(number(look_up(&reference("web"), &stays)), Some(1));
    assert_eq!(number(look_up(&reference("web:2"), &stays)), Some(2));
    // What it ran is gone.
    assert_eq!(number(look_up(&reference("web"), &Known { running: Some(7), ..stays })), Some(2));
}

#[test]
fn an_edited_definition_is_waited_for() {
    let mut definition = TaskDefinition::new("web", TaskDefinitionSpec::default());
    definition.metadata.generation = Some(2);
    definition.status = Some(TaskDefinitionStatus { observed_generation: Some(1), ..Default::default() });
    let revisions = [revision(1, false)];
    let edited = Known { definition: Some(&definition), ..known(&revisions) };
    assert_eq!(look_up(&reference("web"), &edited), Lookup::Pending);
    assert_eq!(number(look_up(&reference("web:1"), &edited)), Some(1));
    assert_eq!(look_up(&reference("web:2"), &edited), Lookup::Pending);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let families = ["worker".to_owned(), "web".to_owned()];
    let elsewhere = Known { families: &families, ..known(&[]) };
    let Lookup::NotFound(message) = look_up(&reference("wep"), &elsewhere) else { panic!() };
    assert!(message.ends_with("Families here: web, worker."), "{message}");
    let revisions: Vec<_> = (1..=6).map(|number| revision(number, number == 2)).collect();
    let Lookup::NotFound(message) = look_up(&reference("web:7"), &known(&revisions)) else { panic!() };
    let told = "has no revision 7; those here are 6, 5, 4, 3, 2 and 1 older, the newest first.";
    assert!(message.ends_with(told), "{message}");
    let mut definition = TaskDefinition::new("web", TaskDefinitionSpec::default());
    definition.status = Some(TaskDefinitionStatus { observed_generation: Some(1), ..Default::default() });
    definition.metadata.generation = Some(1);
    let refused = Known { definition: Some(&definition), ..known(&[]) };
    let Lookup::NotFound(message) = look_up(&reference("web"), &refused) else { panic!() };
    assert!(message.contains("has registered no revision"), "{message}");
}

#[test]
fn a_first_number_that_is_none_is_told() {
    let mut definition = TaskDefinition::new("web", TaskDefinitionSpec::default());
    assert_eq!(first_number(&definition), Ok(1));
    definition.annotations_mut().insert(label::FIRST_REVISION.to_owned(), "42".to_owned());
    assert_eq!(first_number(&definition), Ok(42));
    definition.annotations_mut().insert(label::FIRST_REVISION.to_owned(), "v42".to_owned());
    let told = first_number(&definition).unwrap_err().to_string();
    assert_eq!(told, "metadata.annotations[ecs.berth.dev/revision]: Invalid revision number. Number: v42");
}
