//! A real change of the spec → the next number, then the revision that bears it.

use super::super::error::Error;
use super::{Subject, Verdict};
use crate::api::{self, Reason};
use crate::conclude::task_definition::{Deregistering, Family};
use crate::kubernetes::{Outcome, Owner};
use crate::model::label;
use crate::resolve::reference::definition_of;
use crate::resolve::revision::{self, HIGHEST, Revision};
use crate::translate;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::{Resource, ResourceExt};
use std::sync::Arc;

/// Most services that a new revision names as its users; others do it themselves.
const MOST_USERS: usize = 50;

/// Registers the spec unless the newest revision says the same. A revision that was deregistered is not
/// registered again by merely being there: only a spec that is applied anew is a new revision.
pub(super) async fn register(subject: &Subject<'_>, deregistering: Deregistering) -> Result<Verdict, Error> {
    let revisions = subject.revisions();
    let newest = revisions.iter().max_by_key(|(_, revision)| revision.number);
    if let Some((stored, known)) = newest
        && revision::is_same(&known.spec, &subject.object.spec)
        && !(known.inactive && is_applied_anew(subject))
    {
        if !subject.owner.uses(stored.meta()) {
            match subject.context.registrar.add_user(&subject.owner, &***stored).await? {
                Some(written) => subject.wrote(&written),
                // Its last user is gone, and it with it.
                None => return Ok(Verdict::Again),
            }
        }
        let all = revisions.iter().map(|(_, revision)| revision);
        return Ok(Verdict::Registered(stand(subject, known.number, all, deregistering)));
    }
    let counter = subject.objects.iter().find(|object| object.labels().contains_key(label::COUNTER));
    let number = next_number(subject, newest.map(|(_, revision)| revision.number), counter);
    if number > HIGHEST {
        let message = format!(
            "family {} has had {HIGHEST} revisions, the most there can be: give the definition another family",
            subject.family
        );
        return Ok(Verdict::Refused(Reason::Invalid, message));
    }
    if let Some(verdict) = give(subject, number, counter).await? {
        return Ok(verdict);
    }
    store(subject, number, &revisions, deregistering).await
}

/// Whether this spec was never judged before, by this object or at all.
fn is_applied_anew(subject: &Subject<'_>) -> bool {
    let status = &subject.status;
    status.observed_generation != subject.object.metadata.generation || status.task_definition.is_none()
}

/// One more than any number the family ever had, unless this very spec was given one already; a family that
/// never had one may be given its first.
fn next_number(subject: &Subject<'_>, newest: Option<i64>, counter: Option<&Arc<ControllerRevision>>) -> i64 {
    let counted = counter.and_then(|counter| counter.revision);
    let given = counter.and_then(|counter| counter.annotations().get(label::GIVEN_TO).cloned());
    match newest.max(counted) {
        Some(highest) if counted > newest && given == Some(translate::given_to(&subject.identity)) => highest,
        Some(highest) => highest + 1,
        None => revision::first_number(subject.object).unwrap_or(1),
    }
}

/// Raises the family's counter, which outlives everything else of it. What hinders, if anything does.
async fn give(
    subject: &Subject<'_>,
    number: i64,
    counter: Option<&Arc<ControllerRevision>>,
) -> Result<Option<Verdict>, Error> {
    let registrar = &subject.context.registrar;
    let wanted = translate::revision_counter(&subject.identity, &subject.family, number);
    let written = match counter {
        Some(counter) if counter.revision == Some(number) => return Ok(None),
        Some(counter) => {
            let mut raised = (**counter).clone();
            raised.revision = Some(number);
            raised.annotations_mut().extend(wanted.metadata.annotations.unwrap_or_default());
            registrar.replace(&raised).await?
        }
        None => match registrar.create_lasting(&wanted).await? {
            Outcome::Written(written) => Some(written),
            Outcome::Unchanged(_) => None,
            Outcome::Conflict(conflict) => {
                return Ok(Some(Verdict::Refused(Reason::NameConflict, conflict.to_string())));
            }
        },
    };
    match written {
        Some(written) => {
            subject.wrote(&written);
            Ok(None)
        }
        // Somebody else has written it: the number may be theirs.
        None => Ok(Some(Verdict::Again)),
    }
}

async fn store(
    subject: &Subject<'_>,
    number: i64,
    revisions: &[(&Arc<ControllerRevision>, Revision)],
    deregistering: Deregistering,
) -> Result<Verdict, Error> {
    let content = revision::content(&subject.family, &subject.object.spec);
    let mut wanted = translate::controller_revision(&subject.identity, &subject.family, number, &content);
    // Who waits for it holds it from the beginning, and need not write that later.
    let users = waiting(subject, number).filter_map(|owner| owner.user_reference(&owner.namespace).ok());
    wanted.metadata.owner_references = Some(users.collect());
    let written = match subject.context.registrar.share(&subject.owner, &wanted).await? {
        Outcome::Conflict(conflict) => {
            return Ok(Verdict::Refused(Reason::NameConflict, conflict.to_string()));
        }
        Outcome::Written(written) | Outcome::Unchanged(written) => written,
    };
    subject.wrote(&written);
    let Some(read) = revision::read(&written) else { return Ok(Verdict::Again) };
    if read.number != number || !revision::is_same(&read.spec, &subject.object.spec) {
        return Ok(Verdict::Again);
    }
    let active = revisions.iter().map(|(_, revision)| revision).chain([&read]);
    Ok(Verdict::Registered(stand(subject, number, active, deregistering)))
}

/// The services that will run revision `number` of the family as soon as it is there.
fn waiting(subject: &Subject<'_>, number: i64) -> impl Iterator<Item = Owner> {
    let services = subject.context.stores.users(&subject.key.namespace, &subject.family).into_iter();
    let runs_it = move |service: &api::Service| {
        let named = definition_of(service).is_some_and(|it| it.revision.is_none_or(|it| it == number));
        named && service.metadata.deletion_timestamp.is_none()
    };
    services
        .filter(move |service| runs_it(service))
        .filter_map(|service| Owner::of(&*service))
        .take(MOST_USERS)
}

/// The family as it stands now.
fn stand<'r>(
    subject: &Subject<'_>,
    latest: i64,
    revisions: impl Iterator<Item = &'r Revision>,
    deregistering: Deregistering,
) -> Family {
    let active = revisions.filter(|revision| !revision.inactive);
    let mut active: Vec<i64> = active.map(|revision| revision.number).collect();
    active.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
    active.dedup();
    Family { name: subject.family.clone(), latest, active, deregistering }
}
