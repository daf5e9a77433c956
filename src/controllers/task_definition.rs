//! Registers a revision for each real change of a TaskDefinition.

use super::context::Context;
use super::error::Error;
use super::report;
use crate::api::fate::{self, Document};
use crate::api::{Reason, TaskDefinition};
use crate::conclude::task_definition as judged;
use crate::kubernetes::{Key, Next, Outcome, Owner};
use crate::model::{Identity, label};
use crate::resolve::revision::{self, Revision};
use crate::{resolve, translate};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::{Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "task-definition";

/// What came of a pass.
enum Verdict {
    Registered(i64),
    Refused(Reason, String),
}

/// One pass over the TaskDefinition `key`.
///
/// # Errors
/// Whatever another try may mend.
pub async fn pass(context: Context, key: Key) -> Result<Next, Error> {
    let Some(object) = context.stores.task_definitions.get(&key.namespace, &key.name) else {
        context.freshness.forget(&(NAME, key.clone()));
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    let family = revision::family(&object);
    let judgement =
        fate::judge(Document::TaskDefinition, &serde_json::to_value(&object.spec).unwrap_or_default());
    let without_effect = resolve::without_effect(&judgement);
    let verdict = match objections(&context, &object, &family, &judgement) {
        Some((reason, message)) => Verdict::Refused(reason, message),
        None => register(&context, &object, &family, &key).await?,
    };
    let before = object.status.clone().unwrap_or_default();
    let (generation, now) = (object.metadata.generation.unwrap_or(0), Timestamp::now());
    let (status, notices) = match &verdict {
        Verdict::Registered(number) => {
            let remarks: Vec<_> = (!without_effect.is_empty())
                .then(|| judged::without_effect(&without_effect))
                .into_iter()
                .collect();
            judged::registered(&before, generation, (&family, *number), &remarks, now)
        }
        Verdict::Refused(reason, message) => judged::refused(&before, generation, (*reason, message), now),
    };
    report::status(&context, NAME, &*object, (&before, &status)).await?;
    report::tell(&context, &*object, &notices);
    Ok(Next::Done)
}

/// Why the definition cannot be registered, with every rule that it breaks.
fn objections(
    context: &Context,
    object: &TaskDefinition,
    family: &str,
    judgement: &fate::Judgement,
) -> Option<(Reason, String)> {
    let refused = resolve::violations(judgement);
    let reason = if refused.is_empty() { Reason::Invalid } else { Reason::Refused };
    let found =
        resolve::task_definition(&object.spec, family, 1, &resolve::Grants::open()).err().unwrap_or_default();
    let violations = resolve::beside(&refused, found);
    if !violations.is_empty() {
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        return Some((reason, texts.join("; ")));
    }
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let others = context.stores.definitions_of(namespace, family);
    let elder = others.iter().find(|other| {
        let age = |one: &TaskDefinition| (one.creation_timestamp(), one.uid());
        other.uid() != object.uid() && age(other) < age(object)
    })?;
    let message = format!(
        "family {family} belongs to TaskDefinition {}: give this one another family",
        elder.name_any()
    );
    Some((Reason::Duplicate, message))
}

async fn register(
    context: &Context,
    object: &TaskDefinition,
    family: &str,
    key: &Key,
) -> Result<Verdict, Error> {
    let owner = Owner::of(object).ok_or(Error::Incomplete {
        kind: "TaskDefinition",
        name: key.to_string(),
        member: "uid",
    })?;
    let objects = context.stores.revisions_of(&key.namespace, family);
    let newest = objects
        .iter()
        .filter_map(|object| Some((object, revision::read(object)?)))
        .max_by_key(|(_, revision)| revision.number);
    if let Some((stored, Revision { number, spec, .. })) = &newest
        && revision::is_same(spec, &object.spec)
    {
        if !owner.uses(stored.meta())
            && let Some(written) = context.registrar.add_user(&owner, &***stored).await?
        {
            context.wrote(NAME, key, &written);
        }
        return Ok(Verdict::Registered(*number));
    }
    let counter = objects.iter().find(|object| object.labels().contains_key(label::COUNTER));
    let number = next_number(object, newest.map(|(_, revision)| revision.number), counter);
    let identity = Identity {
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        uid: owner.uid.clone(),
        generation: object.metadata.generation.unwrap_or(0),
    };
    let content = revision::content(family, &object.spec);
    let wanted = translate::controller_revision(&identity, family, number, &content);
    match context.registrar.share(&owner, &wanted).await? {
        Outcome::Conflict(conflict) => {
            return Ok(Verdict::Refused(Reason::NameConflict, conflict.to_string()));
        }
        Outcome::Written(written) | Outcome::Unchanged(written) => context.wrote(NAME, key, &written),
    }
    count(context, family, number, counter, key).await?;
    Ok(Verdict::Registered(number))
}

/// One more than any number the family ever had; a family that never had one may be given its first.
fn next_number(
    object: &TaskDefinition,
    newest: Option<i64>,
    counter: Option<&Arc<ControllerRevision>>,
) -> i64 {
    let counted = counter.and_then(|counter| counter.revision);
    match newest.max(counted) {
        Some(highest) => highest + 1,
        None => revision::first_number(object),
    }
}

/// Raises the family's counter, which outlives the TaskDefinition so that no number is used twice.
async fn count(
    context: &Context,
    family: &str,
    number: i64,
    counter: Option<&Arc<ControllerRevision>>,
    key: &Key,
) -> Result<(), Error> {
    let written = match counter {
        None => {
            let wanted = translate::revision_counter(&key.namespace, family, number);
            context.registrar.create_lasting(&wanted).await?.object().ok()
        }
        Some(counter) => {
            let mut raised = (**counter).clone();
            raised.revision = Some(number);
            context.registrar.replace(&raised).await?
        }
    };
    if let Some(written) = written {
        context.wrote(NAME, key, &written);
    }
    Ok(())
}
