//! Gives each ServiceDiscovery its name in DNS.

use super::context::Context;
use super::error::Error;
use super::report;
use crate::api::fate::{self, Document};
use crate::api::{ConditionType, Reason, ServiceDiscovery, ServiceDiscoveryStatus};
use crate::conclude::{Finding, Notice, condition, conditions};
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
    let violations = resolve::violations(&judgement);
    let findings = if violations.is_empty() {
        publish(&context, &object, &key).await?
    } else {
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        stalled(Reason::Refused, &texts.join("; "))
    };
    show(&context, &object, &findings).await?;
    let taken = findings.iter().any(|finding| finding.reason == Reason::NameConflict);
    // Nothing tells when an object of somebody else is gone.
    Ok(if taken { Next::After(TRY_AGAIN) } else { Next::Done })
}

async fn publish(context: &Context, object: &ServiceDiscovery, key: &Key) -> Result<Vec<Finding>, Error> {
    let owner = Owner::of(object).ok_or(Error::Incomplete {
        kind: "ServiceDiscovery",
        name: key.to_string(),
        member: "uid",
    })?;
    let identity = Identity {
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        uid: owner.uid.clone(),
        generation: object.metadata.generation.unwrap_or(0),
    };
    let desired = translate::discovery_service(&identity, &[]);
    let live = context.stores.core_services.get(&key.namespace, &desired.name_any());
    Ok(match context.writer.apply(&owner, &desired, live.as_deref()).await? {
        Outcome::Conflict(conflict) => {
            let message = format!("{conflict}; rename or delete it, or rename the ServiceDiscovery");
            let mut findings = stalled(Reason::NameConflict, &message);
            findings.push(Finding::new(ConditionType::NameConflict, true, Reason::NameConflict, message));
            findings
        }
        outcome => {
            if let Outcome::Written(written) = &outcome {
                context.wrote(NAME, key, written);
            }
            let message =
                format!("tasks registered here are found as {}", dns_name(key, &desired.name_any()));
            vec![Finding::new(ConditionType::Ready, true, Reason::InForce, message)]
        }
    })
}

fn dns_name(key: &Key, name: &str) -> String {
    format!("{name}.{}.svc", key.namespace)
}

fn stalled(reason: Reason, message: &str) -> Vec<Finding> {
    vec![
        Finding::new(ConditionType::Ready, false, reason, message),
        Finding::new(ConditionType::Stalled, true, reason, message),
    ]
}

async fn show(context: &Context, object: &ServiceDiscovery, findings: &[Finding]) -> Result<(), Error> {
    let before = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or(0);
    let ready = findings.iter().any(|finding| finding.reason == Reason::InForce);
    let core_name = crate::model::name::dns_label(&object.name_any(), "", crate::model::name::MAX);
    let after = ServiceDiscoveryStatus {
        observed_generation: Some(generation),
        dns_name: ready.then(|| dns_name(&Key::of(object), &core_name)),
        conditions: conditions(&before.conditions, findings, generation, Timestamp::now()),
    };
    let said = |status: &ServiceDiscoveryStatus| {
        condition::find(&status.conditions, ConditionType::Ready)
            .map(|ready| (ready.reason.clone(), ready.message.clone()))
    };
    let mut notices = Vec::new();
    if said(&before) != said(&after)
        && let Some(finding) = findings.first()
    {
        let warning = finding.holds != Some(true);
        notices.push(Notice { warning, reason: finding.reason.as_str(), message: finding.message.clone() });
    }
    report::status(context, NAME, object, (&before, &after)).await?;
    report::tell(context, object, &notices);
    Ok(())
}
