//! A request → a note about what somebody would still have to fill in (`<image>`, `${ROLE}`, `{{ env "TAG" }}`).
//!
//! Must not change the request: what the placeholder stands for is not known here. What programs read for themselves
//! (commands, environment, labels, options) is theirs.

use super::note::member;
use super::{Found, Note};
use serde_json::Value;

/// How many places the note names.
const NAMED: usize = 10;

/// Members whose text is for the programs in the containers.
const THEIRS: [&str; 7] =
    ["environment", "command", "entryPoint", "healthCheck", "dockerLabels", "options", "tags"];

/// Tells the places of a request that hold a placeholder.
pub(super) fn tell(found: &Found, notes: &mut Vec<Note>) {
    let mut places = Vec::new();
    look(&found.spec, "", &mut places);
    if places.is_empty() {
        return;
    }
    let more = places.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    places.truncate(NAMED);
    let text = format!("holds a placeholder that nobody filled in: {}{more}", places.join(", "));
    notes.push(Note::new(&found.source, &found.pointer, text));
}

fn look(value: &Value, path: &str, places: &mut Vec<String>) {
    match value {
        Value::String(text) if is_open(text) => places.push(path.to_owned()),
        Value::Array(items) => {
            items.iter().zip(0..).for_each(|(item, index)| look(item, &format!("{path}[{index}]"), places));
        }
        Value::Object(object) => {
            let own = object.iter().filter(|(name, _)| !THEIRS.contains(&name.as_str()));
            own.for_each(|(name, value)| look(value, &member(path, name), places));
        }
        _ => {}
    }
}

/// Whether a text holds a placeholder of one of the usual forms.
fn is_open(text: &str) -> bool {
    let between = |open: &str, close: &str| {
        text.split_once(open).and_then(|(_, rest)| rest.split_once(close)).is_some_and(|(name, _)| {
            name.chars().any(char::is_alphabetic) && !name.contains(char::is_whitespace)
        })
    };
    let named = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    text.contains("{{")
        || text.contains("<%")
        || between("${", "}")
        || between("<", ">")
        || between("%", "%")
        || text.split('$').skip(1).any(named)
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use super::*;
    use serde_json::json;

    #[test]
    fn places_that_a_template_leaves_open_are_told_in_one_note() {
        let spec = json!({
            "family": "<family>", "executionRoleArn": "arn:aws:iam::${ACCOUNT}:role/x", "cpu": "256",
            "containerDefinitions": [{"name": "{{ name }}", "image": "%REPOSITORY%:$TAG", "command": ["${HOME}"],
                "environment": [{"name": "A", "value": "<b>"}]}],
            "volumes": [{"name": "a < b", "host": {"sourcePath": "/a$"}}],
        });
        let mut notes = Vec::new();
        tell(&Found::new("f", "", Call::RegisterTaskDefinition, spec), &mut notes);
        let told: Vec<String> = notes.iter().map(ToString::to_string).collect();
        let places = "containerDefinitions[0].image, containerDefinitions[0].name, executionRoleArn, family";
        assert_eq!(told, [format!("f: holds a placeholder that nobody filled in: {places}")]);
        assert!(!notes[0].is_violation());
    }

    #[test]
    fn a_request_without_any_is_not_told() {
        let mut notes = Vec::new();
        let spec = json!({"serviceName": "a", "desiredCount": 1, "taskDefinition": "a:1"});
        tell(&Found::new("f", "", Call::CreateService, spec), &mut notes);
        assert!(notes.is_empty());
    }
}
