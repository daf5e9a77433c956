//! What became of a TaskDefinition → its status.

use super::condition::conditions;
use super::{Finding, Notice};
use crate::api::{ConditionType, Reason, TaskDefinitionStatus};
use crate::model::Violation;
use jiff::Timestamp;

/// How many ACTIVE revisions a status lists.
const LISTED: usize = 50;

/// A family as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Its name in ECS's form.
    pub name: String,
    /// Its newest number.
    pub latest: i64,
    /// Its ACTIVE numbers, the newest first.
    pub active: Vec<i64>,
    /// What its annotation wants deregistered.
    pub deregistering: Deregistering,
}

/// What an annotation wants deregistered, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Deregistering {
    /// There is no annotation.
    #[default]
    Nothing,
    /// Done: the annotation, and the numbers in order.
    Done {
        /// The annotation as written.
        written: String,
        /// The numbers, as in `1-4,6`.
        numbers: String,
    },
    /// It cannot be read, for this reason.
    Unreadable(String),
}

impl Family {
    fn is_inactive(&self) -> bool {
        !self.active.contains(&self.latest)
    }

    fn reference(&self) -> String {
        format!("{}:{}", self.name, self.latest)
    }
}

/// A revision is registered and current.
pub fn registered(
    before: &TaskDefinitionStatus,
    generation: i64,
    family: &Family,
    remarks: &[Finding],
    now: Timestamp,
) -> (TaskDefinitionStatus, Vec<Notice>) {
    let reference = family.reference();
    let (reason, message) = match family.is_inactive() {
        false => (Reason::Registered, format!("{reference} is registered")),
        true => (Reason::Deregistered, format!("{reference} is INACTIVE: it was deregistered")),
    };
    let mut findings = vec![Finding::new(ConditionType::Ready, true, reason, message)];
    findings.extend_from_slice(remarks);
    findings.extend(deregistering(family));
    let mut notices = match before.task_definition.as_ref() == Some(&reference) {
        true => Vec::new(),
        false => vec![Notice::normal("TaskDefinitionRegistered", format!("registered {reference}"))],
    };
    let status = TaskDefinitionStatus {
        observed_generation: Some(generation),
        status: Some(if family.is_inactive() { "INACTIVE" } else { "ACTIVE" }.to_owned()),
        family: Some(family.name.clone()),
        latest_revision: Some(family.latest),
        active_revisions: family.active.iter().copied().take(LISTED).collect(),
        deregistered: carried_out(&family.deregistering),
        task_definition: Some(reference),
        conditions: conditions(&before.conditions, &findings, generation, now),
    };
    notices.extend(told(before, &status, family));
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

fn deregistering(family: &Family) -> Option<Finding> {
    let about = ConditionType::Deregistered;
    match &family.deregistering {
        Deregistering::Nothing => None,
        Deregistering::Done { numbers, .. } => {
            let message = format!("revisions {numbers} of family {} are INACTIVE", family.name);
            Some(Finding::new(about, true, Reason::Deregistered, message))
        }
        Deregistering::Unreadable(message) => Some(Finding::new(about, false, Reason::Invalid, message)),
    }
}

fn carried_out(deregistering: &Deregistering) -> Option<String> {
    match deregistering {
        Deregistering::Done { written, .. } => Some(written.clone()),
        _ => None,
    }
}

/// That revisions were deregistered, or could not be, told once for each annotation.
fn told(before: &TaskDefinitionStatus, after: &TaskDefinitionStatus, family: &Family) -> Option<Notice> {
    let message = |status: &TaskDefinitionStatus| {
        let condition = super::condition::find(&status.conditions, ConditionType::Deregistered);
        condition.map(|condition| condition.message.clone())
    };
    match &family.deregistering {
        Deregistering::Done { numbers, .. } if before.deregistered != after.deregistered => {
            let message = format!("deregistered {}:{numbers}", family.name);
            Some(Notice::normal("TaskDefinitionDeregistered", message))
        }
        Deregistering::Unreadable(why) if message(before) != message(after) => {
            Some(Notice::warning(Reason::Invalid.as_str(), why))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(active: &[i64], deregistering: Deregistering) -> Family {
        Family { name: "web".into(), latest: 3, active: active.to_vec(), deregistering }
    }

    fn conclude(before: &TaskDefinitionStatus, family: &Family) -> (TaskDefinitionStatus, Vec<Notice>) {
        registered(before, 1, family, &[], Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn deregistering_is_shown_and_told_once() {
        let (before, _) =
            conclude(&TaskDefinitionStatus::default(), &family(&[3, 2], Deregistering::Nothing));
        let done = Deregistering::Done { written: "3, 3".into(), numbers: "3".into() };
        let (after, notices) = conclude(&before, &family(&[2], done.clone()));
        assert_eq!((after.status.as_deref(), &after.active_revisions[..]), (Some("INACTIVE"), &[2][..]));
        assert_eq!(after.deregistered.as_deref(), Some("3, 3"));
        assert_eq!(notices, [Notice::normal("TaskDefinitionDeregistered", "deregistered web:3")]);
        let (again, notices) = conclude(&after, &family(&[2], done));
        assert_eq!((again, notices), (after, Vec::new()));
    }

    #[test]
    fn an_annotation_that_cannot_be_read_is_told_and_hinders_nothing() {
        let wrong = family(&[3], Deregistering::Unreadable("Invalid revision number. Number: x".into()));
        let (status, notices) = conclude(&TaskDefinitionStatus::default(), &wrong);
        assert_eq!(status.conditions[0].reason, "Registered");
        let told: Vec<_> = status.conditions.iter().map(|one| (&*one.type_, &*one.status)).collect();
        assert_eq!(told, [("Ready", "True"), ("Deregistered", "False")]);
        assert_eq!(notices.len(), 2);
        assert_eq!(conclude(&status, &wrong).1, []);
    }
}
