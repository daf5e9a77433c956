//! What became of a TaskDefinition → its status.

use super::condition::conditions;
use super::{Finding, Notice};
use crate::api::{ConditionType, Reason, TaskDefinitionStatus};
use crate::model::Violation;
use jiff::Timestamp;

/// A revision is registered and current.
pub fn registered(
    before: &TaskDefinitionStatus,
    generation: i64,
    (family, revision): (&str, i64),
    remarks: &[Finding],
    now: Timestamp,
) -> (TaskDefinitionStatus, Vec<Notice>) {
    let reference = format!("{family}:{revision}");
    let mut findings = vec![Finding::new(
        ConditionType::Ready,
        true,
        Reason::Registered,
        format!("{reference} is registered"),
    )];
    findings.extend_from_slice(remarks);
    let notices = match before.task_definition.as_ref() == Some(&reference) {
        true => Vec::new(),
        false => vec![Notice::normal("TaskDefinitionRegistered", format!("registered {reference}"))],
    };
    let status = TaskDefinitionStatus {
        observed_generation: Some(generation),
        status: Some("ACTIVE".to_owned()),
        family: Some(family.to_owned()),
        latest_revision: Some(revision),
        task_definition: Some(reference),
        conditions: conditions(&before.conditions, &findings, generation, now),
    };
    (status, notices)
}

/// Nothing was registered; the newest revision stays what it was.
pub fn refused(
    before: &TaskDefinitionStatus,
    generation: i64,
    (reason, message): (Reason, &str),
    now: Timestamp,
) -> (TaskDefinitionStatus, Vec<Notice>) {
    let findings = [
        Finding::new(ConditionType::Ready, false, reason, message),
        Finding::new(ConditionType::Stalled, true, reason, message),
    ];
    let status = TaskDefinitionStatus {
        observed_generation: Some(generation),
        conditions: conditions(&before.conditions, &findings, generation, now),
        ..before.clone()
    };
    let said = |status: &TaskDefinitionStatus| {
        let stalled = super::condition::find(&status.conditions, ConditionType::Stalled);
        stalled.map(|condition| (condition.reason.clone(), condition.message.clone()))
    };
    let notices = match said(before) == said(&status) {
        true => Vec::new(),
        false => vec![Notice::warning(reason.as_str(), message)],
    };
    (status, notices)
}

/// The finding that names members which change nothing here.
pub fn without_effect(members: &[Violation]) -> Finding {
    let texts: Vec<String> = members.iter().map(ToString::to_string).collect();
    Finding::new(ConditionType::FieldsWithoutEffect, true, Reason::NoCounterpart, texts.join("; "))
}
