//! What became of a ServiceDiscovery → its status.

use super::condition::{conditions, find};
use super::{Finding, Notice};
use crate::api::{ConditionType, Reason, ServiceDiscoveryStatus};
use crate::model::{Identity, name};
use jiff::Timestamp;

/// Its name in DNS exists.
pub fn published(
    before: &ServiceDiscoveryStatus,
    discovery: &Identity,
    now: Timestamp,
) -> (ServiceDiscoveryStatus, Vec<Notice>) {
    let core_name = name::dns_label(&discovery.name, "", name::MAX);
    let dns_name = format!("{core_name}.{}.svc", discovery.namespace);
    let message = format!("tasks registered here are found as {dns_name}");
    let findings = [Finding::new(ConditionType::Ready, true, Reason::InForce, message)];
    status(before, discovery.generation, Some(dns_name), &findings, now)
}

/// It has none, for this reason.
pub fn refused(
    before: &ServiceDiscoveryStatus,
    discovery: &Identity,
    (reason, message): (Reason, &str),
    now: Timestamp,
) -> (ServiceDiscoveryStatus, Vec<Notice>) {
    let mut findings = vec![
        Finding::new(ConditionType::Ready, false, reason, message),
        Finding::new(ConditionType::Stalled, true, reason, message),
    ];
    if reason == Reason::NameConflict {
        findings.push(Finding::new(ConditionType::NameConflict, true, reason, message));
    }
    status(before, discovery.generation, None, &findings, now)
}

fn status(
    before: &ServiceDiscoveryStatus,
    generation: i64,
    dns_name: Option<String>,
    findings: &[Finding],
    now: Timestamp,
) -> (ServiceDiscoveryStatus, Vec<Notice>) {
    let status = ServiceDiscoveryStatus {
        observed_generation: Some(generation),
        dns_name,
        conditions: conditions(&before.conditions, findings, generation, now),
    };
    let said = |status: &ServiceDiscoveryStatus| {
        find(&status.conditions, ConditionType::Ready)
            .map(|ready| (ready.reason.clone(), ready.message.clone()))
    };
    let mut notices = Vec::new();
    if said(before) != said(&status)
        && let Some(finding) = findings.first()
    {
        let warning = finding.holds != Some(true);
        notices.push(Notice { warning, reason: finding.reason.as_str(), message: finding.message.clone() });
    }
    (status, notices)
}
