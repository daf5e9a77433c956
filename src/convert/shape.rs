//! A request as somebody wrote it → the same with members and types as the schema has them.
//!
//! Templates spell members with a capital, and templates and tools write numbers as text. A free map (labels, options
//! of a driver) keeps its keys. A member that the schema does not know stays and is told.

use super::note::member;
use super::{Found, Note};
use crate::api::fate::Document;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// How a document spells its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the API does.
    Api,
    /// As CloudFormation does.
    Template,
}

/// Members that CloudFormation calls otherwise, and the API's names for them.
const RENAMED: [(&str, &str); 3] = [
    ("PlacementStrategies", "placementStrategy"),
    ("ClusterSettings", "settings"),
    ("ProxyConfigurationProperties", "properties"),
];

/// How many places a note names.
const NAMED: usize = 10;

/// Gives the request of `found` the schema's form. `path` is where its members stand in the file.
pub(super) fn fit(found: &mut Found, path: &str, spelling: Spelling, notes: &mut Vec<Note>) {
    let Some(schema) = found.call.document().and_then(schema) else { return };
    let mut walk = Walk::new(spelling);
    let spec = std::mem::take(&mut found.spec);
    found.spec = walk.value(schema, spec, path);
    if !walk.retyped.is_empty() {
        let text = format!(
            "given in another type than ECS wants, and written in that: {}",
            listed(&walk.retyped, path)
        );
        notes.push(Note::new(&found.source, &found.pointer, text));
    }
    if !walk.comments.is_empty() {
        let text = format!("left out, as it is a comment: {}", listed(&walk.comments, path));
        notes.push(Note::new(&found.source, &found.pointer, text));
    }
    for (path, kind) in walk.mistyped {
        notes.push(Note::violation(&found.source, path, format!("must be of type {kind}")));
    }
    for path in walk.unknown {
        notes.push(Note::violation(
            &found.source,
            path,
            format!("{} has no such member; it stays", found.call.name()),
        ));
    }
}

/// The schema of a document's spec, made once.
fn schema(document: Document) -> Option<&'static Value> {
    static SCHEMAS: [OnceLock<Option<Value>>; Document::ALL.len()] =
        [const { OnceLock::new() }; Document::ALL.len()];
    let index = Document::ALL.iter().position(|one| *one == document)?;
    let made = SCHEMAS.get(index)?.get_or_init(|| document.schema()?.pointer("/properties/spec").cloned());
    made.as_ref()
}

/// Some paths, relative to `base`.
fn listed(paths: &[String], base: &str) -> String {
    let short = |path: &String| path.strip_prefix(base).unwrap_or(path).trim_start_matches('.').to_owned();
    let named: Vec<String> = paths.iter().take(NAMED).map(short).collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

struct Walk {
    spelling: Spelling,
    retyped: Vec<String>,
    unknown: Vec<String>,
    comments: Vec<String>,
    /// Where a value of another type stands, and which is wanted.
    mistyped: Vec<(String, String)>,
}

impl Walk {
    fn new(spelling: Spelling) -> Self {
        let (retyped, unknown, comments, mistyped) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { spelling, retyped, unknown, comments, mistyped }
    }

    fn value(&mut self, schema: &Value, value: Value, path: &str) -> Value {
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        match (kind, value) {
            ("array", Value::Array(items)) => {
                let Some(schema) = schema.get("items") else { return Value::Array(items) };
                let items = items.into_iter().zip(0..);
                items.map(|(item, index)| self.value(schema, item, &format!("{path}[{index}]"))).collect()
            }
            // A list that a template leaves open is a list with one open entry.
            ("array", Value::String(text))
                if self.spelling == Spelling::Template && text.starts_with("${") =>
            {
                Value::Array(vec![text.into()])
            }
            ("object", Value::Object(object)) => self.object(schema, object, path),
            (kind, value) => match retyped(kind, &value) {
                Some(fitting) => {
                    self.retyped.push(path.to_owned());
                    fitting
                }
                None => {
                    self.check(kind, &value, path);
                    value
                }
            },
        }
    }

    /// Tells a value of a type that ECS does not take there. What a template leaves open is told already.
    fn check(&mut self, kind: &str, value: &Value, path: &str) {
        let fits = match kind {
            "integer" | "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        };
        let is_open =
            self.spelling == Spelling::Template && value.as_str().is_some_and(|text| text.contains("${"));
        if !fits && !value.is_null() && !is_open {
            self.mistyped.push((path.to_owned(), kind.to_owned()));
        }
    }

    fn object(&mut self, schema: &Value, object: Map<String, Value>, path: &str) -> Value {
        let free = schema.get("additionalProperties");
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            let Some(free) = free.filter(|free| free.is_object()) else { return Value::Object(object) };
            let members = object.into_iter().map(|(name, value)| {
                let value = self.value(free, value, &member(path, &name));
                (name, value)
            });
            return Value::Object(members.collect());
        };
        let mut fitting = Map::new();
        for (name, value) in object {
            let path = member(path, &name);
            match self.known(properties, &name) {
                Some((known, schema)) => {
                    fitting.insert(known.to_owned(), self.value(schema, value, &path));
                }
                None if is_comment(&name) => self.comments.push(path),
                None => {
                    if !value.is_null() {
                        self.unknown.push(path);
                    }
                    fitting.insert(self.spelled(name), value);
                }
            }
        }
        Value::Object(fitting)
    }

    /// The member of the schema that is meant by `name`.
    fn known<'a>(&self, properties: &'a Map<String, Value>, name: &str) -> Option<(&'a str, &'a Value)> {
        let found = properties.get_key_value(name);
        let alike = || {
            let renamed = RENAMED.iter().find(|(other, _)| *other == name).map(|(_, own)| *own);
            let renamed = renamed.and_then(|own| properties.get_key_value(own));
            renamed.or_else(|| properties.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)))
        };
        let found = match self.spelling {
            Spelling::Api => found,
            Spelling::Template => found.or_else(alike),
        };
        found.map(|(name, schema)| (name.as_str(), schema))
    }

    /// A member that nobody knows, in the API's spelling.
    fn spelled(&self, name: String) -> String {
        if self.spelling == Spelling::Api {
            return name;
        }
        let mut letters = name.chars();
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
    }
}

/// Whether a member that ECS does not have is there for people and editors only.
fn is_comment(name: &str) -> bool {
    matches!(name, "$schema" | "comment" | "Comment")
        || name.starts_with("//")
        || name.starts_with(['_', '#'])
}

/// `value` as the type that is wanted, where it is written as another and there is no doubt what is meant.
fn retyped(kind: &str, value: &Value) -> Option<Value> {
    match (kind, value) {
        ("integer", Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 2^53")]
        ("integer", Value::Number(number)) if !number.is_i64() && !number.is_u64() => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15)?;
            Some(Value::from(whole as i64))
        }
        ("number", Value::String(text)) => {
            let number = text.trim().parse::<f64>().ok()?;
            serde_json::Number::from_f64(number).map(Value::Number)
        }
        ("boolean", Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true.into()),
            "false" | "no" => Some(false.into()),
            _ => None,
        },
        ("string", Value::Number(number)) => Some(number.to_string().into()),
        ("string", Value::Bool(yes)) => Some(yes.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use super::*;
    use serde_json::json;

    fn fitted(call: Call, spec: Value, spelling: Spelling) -> (Value, Vec<String>) {
        let mut found = Found::new("f", "", call, spec);
        let mut notes = Vec::new();
        fit(&mut found, "", spelling, &mut notes);
        (found.spec, notes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_template_is_spelled_as_the_schema_spells_and_free_maps_stay() {
        let (spec, notes) = fitted(
            Call::RegisterTaskDefinition,
            json!({
                "ContainerDefinitions": [{"Name": "a", "DockerLabels": {"Com.Example": "X"},
                    "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "G"}}}],
                "Volumes": [{"Name": "v", "EFSVolumeConfiguration": {"FilesystemId": "fs-1", "AuthorizationConfig": {"IAM": "ENABLED"}}}],
                "ProxyConfiguration": {"ProxyConfigurationProperties": [{"Name": "a", "Value": "b"}]},
                "PidMode": "task",
            }),
            Spelling::Template,
        );
        assert_eq!(
            spec,
            json!({
                "containerDefinitions": [{"name": "a", "dockerLabels": {"Com.Example": "X"},
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "G"}}}],
                "volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}}}],
                "proxyConfiguration": {"properties": [{"name": "a", "value": "b"}]},
                "pidMode": "task",
            })
        );
        assert_eq!(notes, Vec::<String>::new());
        let (spec, _) = fitted(
            Call::CreateService,
            json!({"PlacementStrategies": [{"Type": "spread"}], "EnableECSManagedTags": "true"}),
            Spelling::Template,
        );
        assert_eq!(spec, json!({"placementStrategy": [{"type": "spread"}], "enableECSManagedTags": true}));
    }

    #[test]
    fn numbers_as_text_and_text_as_numbers_are_put_right_and_told_once() {
        let (spec, notes) = fitted(
            Call::RegisterTaskDefinition,
            json!({"cpu": 256, "containerDefinitions": [{"memory": "512", "essential": "True", "environment": [{"name": "P", "value": 80}]}]}),
            Spelling::Api,
        );
        assert_eq!(
            spec,
            json!({"cpu": "256", "containerDefinitions": [{"memory": 512, "essential": true, "environment": [{"name": "P", "value": "80"}]}]})
        );
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("containerDefinitions[0].environment[0].value"), "{notes:?}");
    }

    #[test]
    fn a_value_of_a_wrong_type_stays_and_is_told() {
        let spec =
            json!({"desiredCount": "many", "loadBalancers": "none", "tags": null, "serviceName": ["a"]});
        let (same, notes) = fitted(Call::CreateService, spec.clone(), Spelling::Api);
        assert_eq!(same, spec);
        assert_eq!(
            notes,
            [
                "f: desiredCount: must be of type integer",
                "f: loadBalancers: must be of type array",
                "f: serviceName: must be of type string",
            ]
        );
    }

    #[test]
    fn what_nobody_knows_stays_and_is_told() {
        let (spec, notes) = fitted(Call::CreateService, json!({"Foo": 1, "serviceName": "a"}), Spelling::Api);
        assert_eq!(spec, json!({"Foo": 1, "serviceName": "a"}));
        assert_eq!(notes, ["f: Foo: CreateService has no such member; it stays"]);
        let (spec, _) = fitted(Call::CreateService, json!({"Foo": 1}), Spelling::Template);
        assert_eq!(spec, json!({"foo": 1}));
    }

    #[test]
    fn comments_in_members_are_left_out_and_told_once() {
        let spec = json!({"$schema": "x", "//": "y", "serviceName": "a", "loadBalancers": [{"_comment": 1}]});
        let (spec, notes) = fitted(Call::CreateService, spec, Spelling::Api);
        assert_eq!(spec, json!({"serviceName": "a", "loadBalancers": [{}]}));
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("f: left out, as it is a comment: "), "{notes:?}");
        assert!(notes[0].contains("loadBalancers[0]._comment"), "{notes:?}");
    }
}
