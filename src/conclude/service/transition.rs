//! Two statuses in a row → the events that lie between them, in ECS's texts.

use super::{Document, Facts, ServiceStatus};
use crate::api::condition::Condition;
use crate::api::service::status::Deployment;
use crate::api::{ConditionType, Reason};
use crate::conclude::Notice;
use crate::conclude::condition::find;

/// What happened before anything was started or stopped.
pub(super) fn begun(before: &ServiceStatus, after: &ServiceStatus) -> Vec<Notice> {
    let Some(primary) = after.deployments.first() else { return Vec::new() };
    if before.deployments.iter().any(|known| known.id == primary.id) {
        return Vec::new();
    }
    let message = format!("ECS deployment {} in progress.", primary.id);
    vec![Notice::normal("ServiceDeploymentInProgress", message)]
}

/// What was reached, or is found not to be reachable.
pub(super) fn reached(before: &ServiceStatus, after: &ServiceStatus, facts: &Facts<'_>) -> Vec<Notice> {
    let service = &facts.service.name;
    let mut notices = Vec::new();
    if let Some(primary) = after.deployments.first() {
        let known = before.deployments.iter().find(|known| known.id == primary.id);
        if primary.rollout_state == "COMPLETED"
            && known.is_none_or(|known| known.rollout_state != "COMPLETED")
        {
            let message = format!("(service {service}) (deployment {}) deployment completed.", primary.id);
            notices.push(Notice::normal("ServiceDeploymentCompleted", message));
        }
        notices.extend(impaired(known, primary, service));
    }
    if turned(before, after, ConditionType::Placed, "False") {
        let message = format!(
            "(service {service}) was unable to place a task because no container instance met all of its requirements. {}",
            facts.unplaced.as_deref().unwrap_or_default()
        );
        let message = message.trim_end();
        notices.push(Notice::warning("ServiceTaskPlacementFailure", message));
    }
    if let Document::Refused(_) = facts.document {
        notices.extend(refused(before, after));
        return notices;
    }
    let stuck = |status: &ServiceStatus| {
        find(&status.conditions, ConditionType::Stalled)
            .map(|stalled| (stalled.reason.clone(), stalled.message.clone()))
    };
    if let Some((reason, message)) = stuck(after)
        && !stuck(before).is_some_and(|known| is_no_news(&known, (&reason, &message)))
    {
        notices.extend(stalled(service, &reason, &message));
    }
    if turned(before, after, ConditionType::Ready, "True") {
        notices.push(Notice::normal(
            "ServiceSteadyState",
            format!("(service {service}) has reached a steady state."),
        ));
    }
    notices
}

/// Whether a complaint has been told in these words, or with other numbers: how much of a quota is used by
/// now changes all the time.
fn is_no_news(known: &(String, String), (reason, message): (&str, &str)) -> bool {
    let words = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let same = known.1 == message;
    known.0 == reason && (same || reason == Reason::PodsRefused.as_str() && words(&known.1) == words(message))
}

fn impaired(known: Option<&Deployment>, primary: &Deployment, service: &str) -> Option<Notice> {
    let limit = i32::try_from(crate::rollout::IMPAIRED_AFTER).unwrap_or(i32::MAX);
    let crossed = primary.launch_attempts >= limit && known.is_none_or(|known| known.launch_attempts < limit);
    crossed.then(|| {
        let message = format!("(service {service}) is unable to consistently start tasks successfully.");
        Notice::warning("ServiceTaskStartImpaired", message)
    })
}

fn stalled(service: &str, reason: &str, message: &str) -> Option<Notice> {
    match Reason::parse(reason)? {
        Reason::StartImpaired => None,
        Reason::DeploymentBlocked => Some(Notice::warning(
            "ServiceDeploymentBlocked",
            format!(
                "(service {service}) was unable to stop or start tasks during a deployment because of the service \
                 deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
            ),
        )),
        Reason::NameConflict => Some(Notice::warning("NameConflict", message)),
        _ => Some(Notice::warning("ServiceTaskConfigurationFailure", message)),
    }
}

/// That a document cannot be obeyed, told once for each text.
pub(super) fn refused(before: &ServiceStatus, after: &ServiceStatus) -> Vec<Notice> {
    let said = |status: &ServiceStatus| find(&status.conditions, ConditionType::Stalled).map(telling);
    match said(after) {
        Some((reason, message)) if said(before) != said(after) => {
            let reason = Reason::parse(&reason).map_or("Invalid", Reason::as_str);
            vec![Notice::warning(reason, message)]
        }
        _ => Vec::new(),
    }
}

fn telling(condition: &Condition) -> (String, String) {
    (condition.reason.clone(), condition.message.clone())
}

fn turned(before: &ServiceStatus, after: &ServiceStatus, about: ConditionType, to: &str) -> bool {
    let is = |status: &ServiceStatus| {
        find(&status.conditions, about).is_some_and(|condition| condition.status == to)
    };
    is(after) && !is(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_with_other_numbers_is_no_news() {
        let known = |reason: &str| (reason.to_owned(), "exceeded quota: small, used: pods=1".to_owned());
        let later = "exceeded quota: small, used: pods=12";
        assert!(is_no_news(&known("PodsRefused"), ("PodsRefused", later)));
        assert!(!is_no_news(&known("NameConflict"), ("NameConflict", later)));
        assert!(!is_no_news(&known("PodsRefused"), ("PodsRefused", "violates PodSecurity")));
    }
}
