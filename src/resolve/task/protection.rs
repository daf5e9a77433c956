//! A pod's annotations → until when the task is protected, and what autoscalers are told of it.

use super::super::room;
use crate::model::label;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

pub use crate::model::label::PROTECTED_UNTIL;

/// How long a task is protected unless one says so, in minutes
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html>).
pub const DEFAULT_MINUTES: i64 = 120;

/// The longest protection, in minutes: 48 hours.
pub const LONGEST_MINUTES: i64 = 2880;

/// Until when `pod` asks to be protected. What is no time protects nothing.
pub(super) fn until(pod: &Pod) -> Option<Timestamp> {
    annotation(pod, label::PROTECTED_UNTIL)?.parse().ok()
}

/// Whether autoscalers are told to leave the pod alone.
pub(super) fn is_shielded(pod: &Pod) -> bool {
    annotation(pod, label::SAFE_TO_EVICT) == Some("false")
        && annotation(pod, label::DO_NOT_DISRUPT) == Some("true")
}

/// The value of [`PROTECTED_UNTIL`] for a protection of so many `minutes` from `now` on.
///
/// # Errors
/// ECS's bounds.
pub fn value(minutes: i64, now: Timestamp) -> Result<String, String> {
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Err(format!("a task is protected for 1 to {LONGEST_MINUTES} minutes"));
    }
    let second = now.as_second() + minutes * 60;
    Timestamp::from_second(second).map(|until| until.to_string()).map_err(|error| error.to_string())
}

/// Selects the pods of services' tasks.
pub const TASKS: &str = label::SERVICE_UID;

/// Whether the pod is a task of a service: ECS protects no other.
pub fn is_of_service(pod: &Pod) -> bool {
    pod.metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(label::SERVICE_UID))
}

/// Whether the task has ended or been told to stop.
pub fn is_over(pod: &Pod) -> bool {
    let stops = pod.metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(label::STOP_CODE));
    stops || pod.metadata.deletion_timestamp.is_some() || room::has_ended(pod)
}

/// The task's id.
pub fn id(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default().replace('-', "")
}

fn annotation<'a>(pod: &'a Pod, key: &str) -> Option<&'a str> {
    pod.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_protection_ends_within_the_bounds_of_ecs() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(value(120, now).unwrap(), "2027-01-15T10:00:00Z");
        assert!(value(0, now).is_err() && value(2881, now).is_err());
    }

    #[test]
    fn what_is_no_time_protects_nothing() {
        let read = |value: &str| {
            let annotations = json!({PROTECTED_UNTIL: value});
            until(&serde_json::from_value(json!({"metadata": {"annotations": annotations}})).unwrap())
        };
        assert_eq!(read("tomorrow"), None);
        assert_eq!(read("2027-01-15T10:00:00Z"), Timestamp::from_second(1_800_007_200).ok());
        assert_eq!(read("2027-01-15T11:00:00+01:00"), Timestamp::from_second(1_800_007_200).ok());
    }
}
