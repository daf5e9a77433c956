//! What is wanted and what is there → the merge patch between them, for objects that several users keep.
//!
//! A field that only the live object has is somebody else's, a default, or another user's: it is left alone.

use serde_json::{Map, Value};

/// The merge patch that makes `wanted` true on `live`; none where it is.
pub(super) fn difference(wanted: &Value, live: &Value) -> Option<Value> {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let changes: Map<String, Value> = wanted
                .iter()
                .filter_map(|(key, value)| match live.get(key) {
                    None if value.is_null() => None,
                    None => Some((key.clone(), value.clone())),
                    Some(found) => Some((key.clone(), difference(value, found)?)),
                })
                .collect();
            (!changes.is_empty()).then_some(Value::Object(changes))
        }
        // A merge patch replaces a list as a whole.
        (Value::Array(some), Value::Array(found)) => {
            let same = some.len() == found.len()
                && some.iter().zip(found).all(|(one, other)| difference(one, other).is_none());
            (!same).then(|| wanted.clone())
        }
        _ => (wanted != live).then(|| wanted.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_written() {
        let live = json!({"a": 1, "b": {"c": [{"d": 1, "default": true}], "e": 2}, "theirs": 3});
        assert_eq!(difference(&json!({"a": 1, "b": {"c": [{"d": 1}]}}), &live), None);
        assert_eq!(difference(&json!({"b": {"e": 3}}), &live), Some(json!({"b": {"e": 3}})));
        assert_eq!(
            difference(&json!({"b": {"c": [{"d": 2}]}}), &live),
            Some(json!({"b": {"c": [{"d": 2}]}}))
        );
        assert_eq!(difference(&json!({"b": {"c": []}}), &live), Some(json!({"b": {"c": []}})));
        assert_eq!(difference(&json!({"theirs": null, "gone": null}), &live), Some(json!({"theirs": null})));
    }
}
