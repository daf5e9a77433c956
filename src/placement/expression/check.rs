//! Which subjects there are, and which operators and values mean something for each.

use super::operator::Operator;
use crate::model::expression::Subject;
use crate::placement::node::{self, Version};

const SUBJECTS: &str = "attribute:NAME, agentConnected, agentVersion, ec2InstanceId, registeredAt, \
                        runningTasksCount or task:group";
const MAX_ATTRIBUTE_NAME: usize = 128;

/// The subject that `word` names.
pub fn subject(word: &str) -> Result<Subject, String> {
    if let Some(name) = word.strip_prefix("attribute:") {
        return attribute(name);
    }
    match word {
        "agentConnected" => Ok(Subject::AgentConnected),
        "agentVersion" => Ok(Subject::AgentVersion),
        "ec2InstanceId" => Ok(Subject::Ec2InstanceId),
        "registeredAt" => Ok(Subject::RegisteredAt),
        "runningTasksCount" => Ok(Subject::RunningTasksCount),
        "task:group" => Ok(Subject::TaskGroup),
        "task:family" => Err("`task:family` is no subject: write `task:group == family:NAME`".to_owned()),
        _ if word.starts_with("ecs.") => Err(format!("`{word}` is an attribute: write `attribute:{word}`")),
        _ => {
            let word: String = word.chars().take(40).collect();
            Err(format!("`{word}` is no subject: write {SUBJECTS}"))
        }
    }
}

fn attribute(name: &str) -> Result<Subject, String> {
    if name.is_empty() || name.len() > MAX_ATTRIBUTE_NAME {
        return Err(format!("an attribute's name has 1 to {MAX_ATTRIBUTE_NAME} characters"));
    }
    match name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_/\\.".contains(*c)) {
        Some(odd) => Err(format!(
            "`{}` in an attribute's name: only letters, digits, `-`, `_`, `/`, `\\` and `.` may be there",
            odd.escape_debug()
        )),
        None => Ok(Subject::Attribute(name.to_owned())),
    }
}

/// Whether `operator` means something for `subject`; the error says what does.
pub fn operator(subject: &Subject, operator: Operator) -> Result<(), String> {
    match (operator, subject) {
        (Operator::Pattern(_), Subject::RegisteredAt | Subject::RunningTasksCount) => {
            Err(format!("`{subject}` has no patterns: compare it by `==`, `<` or `>`"))
        }
        (Operator::Order(_), Subject::AgentConnected | Subject::Ec2InstanceId | Subject::TaskGroup) => {
            Err(format!("`{subject}` has no order: compare it by `==`, `!=`, `in` or `=~`"))
        }
        _ => Ok(()),
    }
}

/// Whether `subject` can be compared with `value`; the error says with what it can.
pub fn value(subject: &Subject, value: &str) -> Result<(), String> {
    let (legal, wanted) = match subject {
        Subject::AgentConnected => (matches!(value, "true" | "false"), "`true` or `false`"),
        Subject::AgentVersion => (Version::parse(value).is_some(), "a version such as `1.37.0`"),
        Subject::RunningTasksCount => (value.parse::<u32>().is_ok(), "a whole number such as `3`"),
        Subject::RegisteredAt => {
            (node::time(value).is_some(), "a time such as `2018-06-18` or `2018-06-18T22:28:28Z`")
        }
        Subject::Attribute(_) | Subject::Ec2InstanceId | Subject::TaskGroup => (true, ""),
    };
    let value = value.chars().take(40).collect::<String>();
    if legal { Ok(()) } else { Err(format!("`{subject}` is compared with {wanted}, not with `{value}`")) }
}
