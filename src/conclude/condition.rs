//! Findings → conditions that change only when what they say does.

use crate::api::{ConditionType, Reason, condition::Condition};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The longest message of a condition, in characters.
const LONGEST_MESSAGE: usize = 1024;

/// What one condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub about: ConditionType,
    /// `Some(true)` is True, `Some(false)` False, none Unknown.
    pub holds: Option<bool>,
    /// Why.
    pub reason: Reason,
    /// A sentence with the number, the name and what to do.
    pub message: String,
}

impl Finding {
    /// A finding.
    pub fn new(about: ConditionType, holds: bool, reason: Reason, message: impl Into<String>) -> Self {
        Self { about, holds: Some(holds), reason, message: message.into() }
    }
}

/// The conditions that `findings` make, `Ready` first. A condition without a finding disappears; one whose
/// status stays keeps its transition time, so that nothing is written at rest.
pub fn conditions(
    before: &[Condition],
    findings: &[Finding],
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = findings
        .iter()
        .map(|finding| {
            let status = match finding.holds {
                Some(true) => "True",
                Some(false) => "False",
                None => "Unknown",
            };
            let known = before.iter().find(|known| known.type_ == finding.about.as_str());
            let since =
                known.filter(|known| known.status == status).map(|known| known.last_transition_time.clone());
            Condition {
                type_: finding.about.as_str().to_owned(),
                status: status.to_owned(),
                reason: finding.reason.as_str().to_owned(),
                message: cut(&finding.message),
                observed_generation: Some(generation),
                last_transition_time: since.unwrap_or(Time(whole_second(now))),
            }
        })
        .collect();
    conditions.sort_by_key(|condition| ConditionType::parse(&condition.type_));
    conditions
}

/// What does not fit is said to be missing.
fn cut(message: &str) -> String {
    const MORE: &str = " … and more: `berth validate` says all";
    if message.chars().count() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let kept = LONGEST_MESSAGE - MORE.chars().count();
    message.chars().take(kept).chain(MORE.chars()).collect()
}

/// The API server keeps whole seconds; anything finer would differ from what it stores.
pub fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The condition of a type, where there is one.
pub fn find(conditions: &[Condition], about: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == about.as_str())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_MESSAGE, cut};

    #[test]
    fn a_message_that_is_cut_says_so() {
        assert_eq!(cut("short"), "short");
        let long = cut(&"ä".repeat(5000));
        assert_eq!(long.chars().count(), LONGEST_MESSAGE);
        assert!(long.ends_with("`berth validate` says all"));
    }
}
