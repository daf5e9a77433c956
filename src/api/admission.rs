//! What an API server says about an object before anybody else sees it, said offline: the same schema, the same rules,
//! all violations at once.
//!
//! It must not be asked in a cluster, where the API server has already spoken; it is for `render`, `validate` and
//! tests. What only a running API server does (conversion, quotas, policies) is out of its sight.

use super::fate::Document;
use kube::core::cel::{CompiledSchema, Validator, apply_defaults, compile_schema};
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// Something about an object that an API server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where it is: `spec.containerDefinitions[0].name`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// What an API server would say about `object`, and about its being an update of `old`.
///
/// Members that are `null` count as absent, as they do for Berth.
pub fn violations(document: Document, object: &Value, old: Option<&Value>) -> Vec<Violation> {
    let Some((schema, rules)) = compiled(document) else { return Vec::new() };
    let object = without_nulls(object);
    let mut violations = Vec::new();
    check(schema, &object, "", &mut violations);
    if !violations.is_empty() {
        return violations;
    }
    let object = apply_defaults(schema, &object);
    let old = old.map(|old| apply_defaults(schema, &without_nulls(old)));
    if let Err(errors) = Validator::new().validate_compiled(rules, &object, old.as_ref()) {
        violations.extend(errors.into_vec().into_iter().map(|error| {
            let path = error.field_path.trim_start_matches('.').replace("..", ".");
            let place = container(&path, &error.message, &object).unwrap_or_default();
            Violation { path: path + &place, message: error.message }
        }));
    }
    violations
}

/// The container, and its member, that breaks a rule of all containers: an API server blames their list, as a rule has
/// no index to give.
fn container(path: &str, message: &str, object: &Value) -> Option<String> {
    let containers =
        object.pointer("/spec/containerDefinitions").filter(|_| path == "spec.containerDefinitions");
    let containers = containers?.as_array()?;
    if message.contains("At least one of 'memory' or 'memoryReservation'") {
        let sized = |one: &Value| one.get("memory").is_some() || one.get("memoryReservation").is_some();
        return containers.iter().position(|one| !sized(one)).map(|index| format!("[{index}].memory"));
    }
    if message.starts_with("container names must be unique") {
        let name = |one: &Value| one.get("name").cloned();
        let again = |index: &usize| {
            let own = containers.get(*index).and_then(name);
            containers.iter().take(*index).any(|other| name(other) == own)
        };
        return (0..containers.len()).find(again).map(|index| format!("[{index}].name"));
    }
    None
}

/// The schema of a document and its rules, made once.
fn compiled(document: Document) -> Option<&'static (Value, CompiledSchema)> {
    static COMPILED: [OnceLock<Option<(Value, CompiledSchema)>>; Document::ALL.len()] =
        [const { OnceLock::new() }; Document::ALL.len()];
    let index = Document::ALL.iter().position(|one| *one == document)?;
    let made = COMPILED.get(index)?.get_or_init(|| {
        let schema = document.schema()?;
        let mut rules = schema.clone();
        offline(&mut rules);
        Some((schema, compile_schema(&rules)))
    });
    made.as_ref()
}

/// Rules in words that an evaluator without `dyn` knows; without nulls it has nothing to do.
fn offline(schema: &mut Value) {
    match schema {
        Value::String(text) => *text = text.replace("dyn(", "("),
        Value::Array(items) => items.iter_mut().for_each(offline),
        Value::Object(object) => object.values_mut().for_each(offline),
        _ => {}
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Object(object) => Value::Object(
            object
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn check(schema: &Value, value: &Value, path: &str, violations: &mut Vec<Violation>) {
    let mut say = |message: String| violations.push(Violation { path: path.to_owned(), message });
    let kind = schema.get("type").and_then(Value::as_str);
    let fits = match kind {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    if !fits {
        return say(format!("must be of type {}", kind.unwrap_or_default()));
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
        say(format!("Unsupported value: {value}: supported values: {}", allowed.join(", ")));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let size = match value {
        Value::String(text) => bound("maxLength").map(|most| (text.chars().count(), most)),
        Value::Array(items) => bound("maxItems").map(|most| (items.len(), most)),
        Value::Object(object) => bound("maxProperties").map(|most| (object.len(), most)),
        _ => None,
    };
    #[expect(clippy::cast_precision_loss, reason = "sizes of documents are far below 2^52")]
    if let Some((size, most)) = size.filter(|(size, most)| *size as f64 > *most) {
        say(format!("Too long: {size}, at most {most}"));
    }
    if let Some(number) = value.as_f64() {
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            say(format!("should be greater than or equal to {least}"));
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            say(format!("should be less than or equal to {most}"));
        }
    }
    match value {
        Value::Array(items) => {
            for (item, index) in items.iter().zip(0..) {
                let Some(schema) = schema.get("items") else { return };
                check(schema, item, &format!("{path}[{index}]"), violations);
            }
        }
        Value::Object(object) => members(schema, object, path, violations),
        _ => {}
    }
}

fn members(schema: &Value, object: &Map<String, Value>, path: &str, violations: &mut Vec<Violation>) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for name in
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        if !object.contains_key(name) {
            violations.push(Violation { path: inner(name), message: "Required value".into() });
        }
    }
    let properties = schema.get("properties");
    for (name, value) in object {
        let known = properties.and_then(|properties| properties.get(name));
        if let Some(schema) =
            known.or_else(|| schema.get("additionalProperties").filter(|_| properties.is_none()))
        {
            check(schema, value, &inner(name), violations);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_container_that_breaks_a_rule_of_all_is_named() {
        let paths = |containers: Value| -> Vec<String> {
            let object = json!({"metadata": {"name": "web"}, "spec": {"containerDefinitions": containers}});
            let found = violations(Document::TaskDefinition, &object, None);
            found.into_iter().map(|one| one.path).collect()
        };
        let sized = |name: &str| json!({"name": name, "image": "i", "memory": 64});
        let unsized_ = json!({"name": "b", "image": "i"});
        assert_eq!(paths(json!([sized("a"), unsized_])), ["spec.containerDefinitions[1].memory"]);
        assert_eq!(paths(json!([sized("a"), sized("b"), sized("a")])), ["spec.containerDefinitions[2].name"]);
    }
}
