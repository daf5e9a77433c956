//! Turns a schema derived from the types into one that an API server accepts and that is bounded everywhere.
//!
//! The rules of the house are applied to a whole spec at once instead of being repeated at each field:
//! every list is atomic unless it says otherwise, every object keeps the members nobody knows, everything that
//! can grow has a bound, an optional enumeration also takes the empty string. Optional members are nullable, because ECS
//! documents are full of nulls; [`super::rule::Rule`] has words that keep rules from stumbling over them.

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value, json};

/// Characters a string may have where ECS documents no limit.
const STRING: u64 = 2048;
/// Characters a string in a status may have, as API machinery bounds a condition's message.
const MESSAGE: u64 = 32768;
/// Entries a list may have where ECS documents no limit.
const ITEMS: u64 = 100;
/// Entries a map may have where ECS documents no limit.
const PROPERTIES: u64 = 100;

/// Applies the rules of the house to a spec and everything in it.
pub fn document(schema: &mut Schema) {
    transform_subschemas(&mut document, schema);
    let Some(object) = schema.as_object_mut() else { return };
    match kind(object) {
        Some("object") => bound_object(object),
        Some("array") => bound_list(object),
        Some("string") => bound_string(object),
        Some("integer") => bound_integer(object),
        _ => {}
    }
}

/// Applies the rules of the house to a status: as [`document`], but what nobody knows is pruned.
pub fn status(schema: &mut Schema) {
    transform_subschemas(&mut status, schema);
    let Some(object) = schema.as_object_mut() else { return };
    match kind(object) {
        Some("array") => bound_list(object),
        Some("string") => {
            object.entry("maxLength").or_insert(MESSAGE.into());
        }
        _ => {}
    }
}

/// The value an object has before Berth has seen it: not current for anybody who waits for it.
pub fn untouched(schema: &mut Schema) {
    status(schema);
    let condition = json!({
        "type": "Ready",
        "status": "Unknown",
        "reason": "Pending",
        "message": "Waiting for Berth",
        "lastTransitionTime": "1970-01-01T00:00:00Z",
    });
    schema.insert("default".into(), json!({"observedGeneration": -1, "conditions": [condition]}));
}

/// Any JSON value, kept as it is.
pub fn anything(_: &mut schemars::SchemaGenerator) -> Schema {
    schemars::json_schema!({"x-kubernetes-preserve-unknown-fields": true})
}

/// A JSON object that is kept as it is, and owned as a whole.
pub fn opaque(_: &mut schemars::SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "object",
        "x-kubernetes-map-type": "atomic",
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

/// The type of a schema, whether or not `null` is allowed beside it.
fn kind(object: &Map<String, Value>) -> Option<&str> {
    match object.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    }
}

fn bound_object(object: &mut Map<String, Value>) {
    let required: Vec<String> = object
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if required.contains(name) {
                continue;
            }
            optional(property);
        }
        object.insert("x-kubernetes-preserve-unknown-fields".into(), true.into());
    } else if object.contains_key("additionalProperties") {
        object.entry("maxProperties").or_insert(PROPERTIES.into());
    }
}

/// An optional enumeration takes the empty string too. It cannot take a `null` (API machinery never finds one in an
/// enumeration) and a member with a default need not: as members that are not nullable, the API server drops the
/// `null` or puts the default in its place, except in a server-side apply.
fn optional(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    if let Some(Value::Array(values)) = property.get_mut("enum") {
        values.push("".into());
    } else if !property.contains_key("default") {
        return;
    }
    if let Some(kind) = kind(property).map(str::to_owned) {
        property.insert("type".into(), kind.into());
    }
}

fn bound_list(list: &mut Map<String, Value>) {
    list.entry("x-kubernetes-list-type").or_insert("atomic".into());
    list.entry("maxItems").or_insert(ITEMS.into());
}

fn bound_string(string: &mut Map<String, Value>) {
    if !string.contains_key("enum") {
        string.entry("maxLength").or_insert(STRING.into());
    }
}

fn bound_integer(integer: &mut Map<String, Value>) {
    integer.entry("minimum").or_insert(0.into());
    integer.entry("maximum").or_insert(i32::MAX.into());
}

/// A string that is one of `values`: for the items of a list.
pub fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values})
}
