//! A template of CloudFormation, or one resource of it → the requests it makes.
//!
//! Functions are evaluated as far as the template and the given parameters go. What stays open stands as a
//! placeholder (`${Name}`) and is told with the parameter that would close it. Must not guess a value that only AWS
//! knows without saying so.

mod condition;
mod function;
mod reference;
mod resource;

use super::note::member;
use super::{Note, Reading};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Values for a template's parameters, by name; also for its conditions (`true`, `false`), its exports, pseudo
/// parameters (`AWS::Region`) and attributes of resources (`Role.Arn`).
pub type Parameters = BTreeMap<String, String>;

/// Whether an object is a template, a resource of one, or a resource's properties.
pub(super) fn is_template(object: &Map<String, Value>) -> bool {
    let is_aws = |value: &Value| value.get("Type").and_then(Value::as_str).is_some_and(resource::is_type);
    let resources = object.get("Resources").and_then(Value::as_object);
    resources.is_some_and(|resources| {
        resources.values().any(is_aws) || object.contains_key("AWSTemplateFormatVersion")
    }) || object.get("Type").and_then(Value::as_str).is_some_and(resource::is_type)
        || resource::of_properties(object).is_some()
}

/// The requests of a template.
pub(super) fn template(
    source: &str,
    pointer: &str,
    object: &Map<String, Value>,
    given: &Parameters,
) -> Reading {
    let empty = Map::new();
    let section = |name: &str| object.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let mut evaluation = Evaluation {
        source,
        path: member(pointer, "Resources"),
        given,
        parameters: section("Parameters"),
        mappings: section("Mappings"),
        conditions: section("Conditions"),
        resources: section("Resources"),
        notes: Vec::new(),
        told: BTreeSet::new(),
        under_way: Vec::new(),
        depth: 0,
    };
    let mut reading = Reading::default();
    if object.contains_key("Resources") {
        resource::all(&mut evaluation, &mut reading);
    } else {
        resource::single(&mut evaluation, pointer, object, &mut reading);
    }
    reading.notes.extend(evaluation.notes);
    reading
}

/// The sections of a template, and what was said about it so far.
struct Evaluation<'a> {
    source: &'a str,
    /// Where the resources stand in the file.
    path: String,
    given: &'a Parameters,
    parameters: &'a Map<String, Value>,
    mappings: &'a Map<String, Value>,
    conditions: &'a Map<String, Value>,
    resources: &'a Map<String, Value>,
    notes: Vec<Note>,
    /// What was told of each place already.
    told: BTreeSet<(String, String)>,
    /// Names whose values are being looked for.
    under_way: Vec<String>,
    depth: usize,
}

/// How deep values and functions may stand in one another.
const DEEPEST: usize = 100;

impl<'a> Evaluation<'a> {
    /// The value with its functions evaluated; none for `AWS::NoValue`.
    fn value(&mut self, value: &'a Value, path: &str) -> Option<Value> {
        if self.depth >= DEEPEST {
            return self.open("…", path, "is nested too deeply");
        }
        self.depth += 1;
        let found = match value {
            Value::Array(items) => {
                let items = items.iter().zip(0..);
                Some(
                    items.filter_map(|(item, index)| self.value(item, &format!("{path}[{index}]"))).collect(),
                )
            }
            Value::Object(object) => match function::of(object) {
                Some((name, argument)) => self.call(name, argument, path),
                None => {
                    let members = object.iter();
                    let evaluated = members.filter_map(|(name, value)| {
                        Some((name.clone(), self.value(value, &member(path, name))?))
                    });
                    Some(Value::Object(evaluated.collect()))
                }
            },
            other => Some(other.clone()),
        };
        self.depth -= 1;
        found
    }

    /// A placeholder for what stays open, told once for each place.
    fn open(&mut self, name: &str, path: &str, why: &str) -> Option<Value> {
        let placeholder = format!("${{{name}}}");
        if self.told.insert((path.to_owned(), placeholder.clone())) {
            self.notes.push(Note::violation(self.source, path, format!("{placeholder} {why}")));
        }
        Some(placeholder.into())
    }

    /// The same, for what a parameter closes.
    fn missing(&mut self, name: &str, path: &str) -> Option<Value> {
        let why = if name.contains("${") {
            "has no value: its own name is open".to_owned()
        } else {
            format!("has no value: give --param '{name}=VALUE'")
        };
        self.open(name, path, &why)
    }

    /// Something worth knowing, told once.
    fn note(&mut self, path: &str, text: String) {
        if self.told.insert((path.to_owned(), text.clone())) {
            self.notes.push(Note::new(self.source, path, text));
        }
    }
}
