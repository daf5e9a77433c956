//! Registers a revision for each real change of a TaskDefinition, and lets old ones go.

mod deregister;
mod history;
mod register;

use super::context::Context;
use super::error::Error;
use super::report;
use crate::api::fate::{self, Document};
use crate::api::{Reason, TaskDefinition, TaskDefinitionStatus};
use crate::conclude::Notice;
use crate::conclude::service::News;
use crate::conclude::task_definition::{self as judged, Family};
use crate::kubernetes::{Key, Next, Owner};
use crate::model::Identity;
use crate::resolve;
use crate::resolve::revision::{self, Revision};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::{Resource, ResourceExt};
use std::sync::Arc;
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "task-definition";

/// When a pass goes on that has to see its own writes first.
const SOON: Duration = Duration::from_secs(1);

/// What came of a pass.
enum Verdict {
    /// The family as it stands.
    Registered(Family),
    Refused(Reason, String),
    /// Something changed meanwhile, or what was written has to be seen first.
    Again,
}

/// A definition and its family, as the stores show them.
struct Subject<'a> {
    context: &'a Context,
    object: &'a TaskDefinition,
    key: &'a Key,
    owner: Owner,
    identity: Identity,
    family: String,
    /// What was concluded last, whether it is written already or held back.
    status: TaskDefinitionStatus,
    /// Every object of the family: its revisions and its counter.
    objects: Vec<Arc<ControllerRevision>>,
}

impl<'a> Subject<'a> {
    fn of(context: &'a Context, object: &'a TaskDefinition, key: &'a Key) -> Result<Self, Error> {
        let owner = Owner::of(object).ok_or(Error::Incomplete {
            kind: "TaskDefinition",
            name: key.to_string(),
            member: "uid",
        })?;
        let identity = Identity {
            namespace: key.namespace.clone(),
            name: key.name.clone(),
            uid: owner.uid.clone(),
            generation: object.metadata.generation.unwrap_or(0),
        };
        let family = revision::family(object);
        let objects = context.stores.revisions_of(&key.namespace, &family);
        let status = context.hold_definitions.held(object).or_else(|| object.status.clone());
        let status = status.unwrap_or_default();
        Ok(Self { context, object, key, owner, identity, family, status, objects })
    }

    fn revisions(&self) -> Vec<(&Arc<ControllerRevision>, Revision)> {
        self.objects.iter().filter_map(|object| Some((object, revision::read(object)?))).collect()
    }

    fn wrote(&self, written: &ControllerRevision) {
        self.context.wrote(NAME, self.key, written);
    }
}

/// One pass over the TaskDefinition `key`.
///
/// # Errors
/// Whatever another try may mend.
pub async fn pass(context: Context, key: Key) -> Result<Next, Error> {
    let Some(object) = context.stores.task_definitions.get(&key.namespace, &key.name) else {
        context.freshness.forget(&(NAME, key.clone()));
        context.hold_definitions.forget(&key);
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(SOON));
    }
    let subject = Subject::of(&context, &object, &key)?;
    let judgement =
        fate::judge(Document::TaskDefinition, &serde_json::to_value(&object.spec).unwrap_or_default());
    let verdict = judge(&subject, &judgement).await?;
    let (generation, now) = (subject.identity.generation, Timestamp::now());
    let (status, notices) = match &verdict {
        Verdict::Registered(family) => {
            let without_effect = resolve::without_effect(&judgement);
            let remarks: Vec<_> = (!without_effect.is_empty())
                .then(|| judged::without_effect(&without_effect))
                .into_iter()
                .collect();
            judged::registered(&subject.status, generation, family, &remarks, now)
        }
        Verdict::Refused(reason, message) => {
            judged::refused(&subject.status, generation, (*reason, message), now)
        }
        Verdict::Again => return Ok(Next::After(SOON)),
    };
    let news = if notices.iter().any(|notice| notice.warning) { News::Urgent } else { News::Progress };
    let held = show(&subject, status, notices, news).await?;
    match (held, verdict) {
        (Some(wait), _) => Ok(Next::After(wait)),
        (None, Verdict::Registered(_)) => history::prune(&subject).await,
        (None, _) => Ok(Next::Done),
    }
}

/// Writes the status and tells what there is to tell, or says how long both are held back.
async fn show(
    subject: &Subject<'_>,
    status: TaskDefinitionStatus,
    notices: Vec<Notice>,
    news: News,
) -> Result<Option<Duration>, Error> {
    let Subject { context, object, key, .. } = subject;
    let shown = object.status.clone().unwrap_or_default();
    let remaining = context.hold_definitions.remaining(key, news, context.starts.rush());
    if shown != status && remaining.is_some() {
        context.hold_definitions.keep(*object, status, &notices);
        return Ok(remaining);
    }
    report::status(context, NAME, *object, (&shown, &status)).await?;
    let held = context.hold_definitions.release(key);
    context.hold_definitions.forget(key);
    report::tell(context, *object, &[held, notices].concat());
    Ok(None)
}

/// Deregisters and registers, in this order: what is registered now was not meant to be deregistered.
async fn judge(subject: &Subject<'_>, judgement: &fate::Judgement) -> Result<Verdict, Error> {
    if let Some(message) = taken(subject) {
        return Ok(Verdict::Refused(Reason::Duplicate, message));
    }
    let Some(deregistering) = deregister::carry_out(subject).await? else { return Ok(Verdict::Again) };
    match objections(subject, judgement) {
        Some((reason, message)) => Ok(Verdict::Refused(reason, message)),
        None => register::register(subject, deregistering).await,
    }
}

/// That the family belongs to an elder object. When that one goes, this one takes the family over.
fn taken(subject: &Subject<'_>) -> Option<String> {
    let Subject { context, object, key, family, .. } = subject;
    let others = context.stores.definitions_of(&key.namespace, family);
    let elder = others.iter().find(|other| {
        let age = |one: &TaskDefinition| (one.creation_timestamp(), one.uid());
        other.uid() != object.uid() && age(other) < age(object)
    })?;
    Some(format!(
        "family {family} belongs to TaskDefinition {}: give this one another family",
        elder.name_any()
    ))
}

/// Why the definition cannot be registered, with every rule that it breaks.
fn objections(subject: &Subject<'_>, judgement: &fate::Judgement) -> Option<(Reason, String)> {
    let Subject { object, family, objects, .. } = subject;
    let refused = resolve::violations(judgement);
    let reason = if refused.is_empty() { Reason::Invalid } else { Reason::Refused };
    let mut found =
        resolve::task_definition(&object.spec, family, 1, &resolve::Grants::open()).err().unwrap_or_default();
    found.extend(revision::too_long(family, &object.spec));
    if objects.is_empty() {
        found.extend(revision::first_number(object).err());
    }
    let violations = resolve::beside(&refused, found);
    if violations.is_empty() {
        return None;
    }
    let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
    Some((reason, texts.join("; ")))
}
