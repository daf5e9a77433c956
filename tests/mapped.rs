//! The fates are true: what is *mapped* changes what is written when it changes, what is *without effect* does not.
//!
//! Each member of RegisterTaskDefinition has a sample: two values, and what the document needs beside them. A new
//! member without one fails here.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

#[path = "support/everything.rs"]
mod everything;
#[path = "mapped/samples.rs"]
mod samples;

use berth::api::fate::{Document, Fate, Field, paths};
use berth::render::Bundle;
use samples::{CONSTANT, SAMPLES, Sample};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Whether members at this path are mapped; none where the path is a whole whose members are looked at instead.
fn fate(path: &str) -> Option<Fate> {
    let (mut fields, mut fate, mut last): (&[Field], _, _) = (Document::TaskDefinition.fields(), None, None);
    for name in path.split('.') {
        let name = name.trim_end_matches("[]");
        let field = fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("{path}"));
        if field.fate != Fate::AsWhole && !matches!(fate, Some(Fate::WithoutEffect(_) | Fate::Refused(_))) {
            fate = Some(field.fate);
        }
        fields = field.members;
        last = Some(field);
    }
    fate.filter(|_| last.is_some_and(|field| field.members.is_empty()))
}

/// Puts `value` at `path` of `document`; a list has one member.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for name in path.split('.') {
        let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        if place.is_null() {
            *place = json!({});
        }
        place = place.as_object_mut().unwrap().entry(name).or_insert(Value::Null);
        if is_list {
            if place.as_array().is_none_or(Vec::is_empty) {
                *place = json!([null]);
            }
            place = &mut place[0];
        }
    }
    *place = value;
}

/// `document` with the members of `other`, lists member by member.
fn merge(document: &mut Value, other: &Value) {
    match (document, other) {
        (Value::Object(document), Value::Object(other)) => {
            for (name, value) in other {
                merge(document.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(document), Value::Array(other)) => {
            for (index, value) in other.iter().enumerate() {
                if document.len() <= index {
                    document.push(Value::Null);
                }
                merge(&mut document[index], value);
            }
        }
        (document, other) => *document = other.clone(),
    }
}

/// What is written for a service of the definition where everything is granted, without what keeps the document.
fn written(sample: &Sample, value: &str) -> Vec<String> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut spec =
        json!({"family": "web", "containerDefinitions": [{"name": "app", "image": "app:1", "memory": 64}]});
    if !sample.with.is_empty() {
        merge(&mut spec, &parse(sample.with));
    }
    if !value.is_empty() {
        put(&mut spec, sample.path, parse(value));
    }
    let family = spec["family"].clone();
    let mut service = json!({"cluster": "all", "taskDefinition": family, "propagateTags": "TASK_DEFINITION"});
    if spec.to_string().contains("configuredAtLaunch\":true") {
        service["volumeConfigurations"] =
            json!([{"name": "v", "managedEBSVolume": {"roleArn": "r", "sizeInGiB": 1}}]);
    }
    let mut bundle = Bundle::default();
    for (kind, name, spec) in [
        ("Cluster", "all", everything::everything()),
        ("TaskDefinition", "web", spec.clone()),
        ("Service", "web", service),
    ] {
        let object = json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec});
        bundle.add("sample", &object.to_string(), "default");
    }
    let (documents, _) = bundle.render().unwrap_or_else(|report| {
        let told: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
        panic!("{} = {value}: {told:#?}\n{spec}", sample.path)
    });
    // Revisions keep the document itself, statuses speak of it.
    let keeps = ["kind: ControllerRevision\n", "apiVersion: ecs.berth.dev/v1alpha1\n"];
    documents.into_iter().filter(|text| !keeps.iter().any(|line| text.contains(line))).collect()
}

#[test]
fn every_mapped_member_changes_what_is_written_and_no_other_does() {
    let mut missing = BTreeSet::new();
    let mut counts: Map<String, Value> = Map::new();
    for path in paths(Document::TaskDefinition) {
        let Some(fate) = fate(&path) else { continue };
        let samples: Vec<&Sample> = SAMPLES.iter().filter(|sample| sample.path == path).collect();
        if matches!(fate, Fate::Refused(_)) || CONSTANT.contains(&path.as_str()) {
            continue;
        }
        if samples.is_empty() {
            missing.insert(path.clone());
        }
        for sample in samples {
            let changes = written(sample, sample.before) != written(sample, sample.after);
            let word = if matches!(fate, Fate::Mapped(_)) { "mapped" } else { "without effect" };
            assert_eq!(changes, word == "mapped", "{path} is {word}: {} → {}", sample.before, sample.after);
            let count = counts.get(word).and_then(Value::as_u64).unwrap_or(0) + 1;
            counts.insert(word.to_owned(), count.into());
        }
    }
    println!("samples: {}", Value::from(counts));
    assert_eq!(missing, BTreeSet::new(), "members without a sample");
    for sample in SAMPLES {
        assert!(paths(Document::TaskDefinition).iter().any(|path| path == sample.path), "{}", sample.path);
    }
}
