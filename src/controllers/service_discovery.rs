//! Gives each ServiceDiscovery its name in DNS.

use super::context::Context;
use super::error::Error;
use super::report;
use crate::api::fate::{self, Document};
use crate::api::{Reason, ServiceDiscovery};
use crate::conclude::service_discovery as judged;
use crate::kubernetes::{Key, Next, Outcome, Owner};
use crate::model::Identity;
use crate::{resolve, translate};
use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "service-discovery";

/// When a name that is taken is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(15);

/// One pass over the ServiceDiscovery `key`.
///
/// # Errors
/// Whatever another try may mend.
pub async fn pass(context: Context, key: Key) -> Result<Next, Error> {
    let Some(object) = context.stores.discoveries.get(&key.namespace, &key.name) else {
        context.freshness.forget(&(NAME, key.clone()));
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    let judgement =
        fate::judge(Document::ServiceDiscovery, &serde_json::to_value(&object.spec).unwrap_or_default());
    let identity = Identity {
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        uid: object.uid().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or(0),
    };
    let violations = resolve::violations(&judgement);
    let refusal = if violations.is_empty() {
        publish(&context, &object, &identity, &key).await?
    } else {
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        Some((Reason::Refused, texts.join("; ")))
    };
    let (before, now) = (object.status.clone().unwrap_or_default(), Timestamp::now());
    let (after, notices) = match &refusal {
        None => judged::published(&before, &identity, now),
        Some((reason, message)) => judged::refused(&before, &identity, (*reason, message), now),
    };
    report::status(&context, NAME, &*object, (&before, &after)).await?;
    report::tell(&context, &*object, &notices);
    // Nothing tells when an object of somebody else is gone.
    let taken = refusal.is_some_and(|(reason, _)| reason == Reason::NameConflict);
    Ok(if taken { Next::After(TRY_AGAIN) } else { Next::Done })
}

/// Writes the core Service; says why it cannot.
async fn publish(
    context: &Context,
    object: &ServiceDiscovery,
    identity: &Identity,
    key: &Key,
) -> Result<Option<(Reason, String)>, Error> {
    let owner = Owner::of(object).ok_or(Error::Incomplete {
        kind: "ServiceDiscovery",
        name: key.to_string(),
        member: "uid",
    })?;
    let desired = translate::discovery_service(identity, &[]);
    let live = context.stores.core_services.get(&key.namespace, &desired.name_any());
    Ok(match context.writer.apply(&owner, &desired, live.as_deref()).await? {
        Outcome::Conflict(conflict) => {
            let message = format!("{conflict}; rename or delete it, or rename the ServiceDiscovery");
            Some((Reason::NameConflict, message))
        }
        Outcome::Written(written) => {
            context.wrote(NAME, key, &written);
            None
        }
        Outcome::Unchanged(_) => None,
    })
}
