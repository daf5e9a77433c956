//! A text → the documents of ECS in it.

use super::note::member;
use super::{Call, Found, Note, text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values for a template's parameters, by name.
pub type Parameters = BTreeMap<String, String>;

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The documents, in their order.
    pub found: Vec<Found>,
    /// What there is to say.
    pub notes: Vec<Note>,
}

/// The documents of ECS in a text: requests, what Describe calls return, lists of container definitions,
/// objects in Berth's own form. `source` names the file.
pub fn recognise(source: &str, text: &str, parameters: &Parameters) -> Reading {
    let _ = parameters;
    let mut reading = Reading::default();
    match text::documents(text) {
        Ok(documents) => {
            for document in documents.into_iter().filter(|document| !document.is_null()) {
                reading.value(source, "", document);
            }
        }
        Err(error) => {
            reading.notes.push(Note::violation(source, "", format!("is neither JSON nor YAML: {error}")));
        }
    }
    reading
}

impl Reading {
    fn value(&mut self, source: &str, pointer: &str, value: Value) {
        let Value::Object(object) = value else {
            self.notes.push(Note::violation(source, pointer, "holds no document of ECS"));
            return;
        };
        match classify(&object) {
            Some(call) => self.found.push(Found::new(source, pointer, call, object.into())),
            None => self.wrapped(source, pointer, object),
        }
    }

    fn wrapped(&mut self, source: &str, pointer: &str, object: Map<String, Value>) {
        let mut any = false;
        for (name, value) in object {
            match value {
                Value::Object(_) if ["taskDefinition", "service", "cluster"].contains(&name.as_str()) => {
                    any = true;
                    self.value(source, &member(pointer, &name), value);
                }
                Value::Array(items)
                    if ["taskDefinitions", "services", "clusters"].contains(&name.as_str()) =>
                {
                    any = true;
                    for (item, index) in items.into_iter().zip(0..) {
                        self.value(source, &format!("{}[{index}]", member(pointer, &name)), item);
                    }
                }
                _ => {}
            }
        }
        if !any {
            self.notes.push(Note::violation(source, pointer, "holds no document of ECS"));
        }
    }
}

/// Which request an object is, by the members it has.
fn classify(object: &Map<String, Value>) -> Option<Call> {
    let has = |name: &str| object.contains_key(name);
    let is_text = |name: &str| object.get(name).is_some_and(Value::is_string);
    if is_text("apiVersion") && is_text("kind") {
        Some(Call::Apply)
    } else if has("containerDefinitions") {
        Some(Call::RegisterTaskDefinition)
    } else if is_text("serviceName") || is_text("service") {
        Some(Call::CreateService)
    } else if is_text("clusterName") {
        Some(Call::CreateCluster)
    } else if is_text("taskDefinition") {
        Some(Call::RunTask)
    } else {
        None
    }
}
