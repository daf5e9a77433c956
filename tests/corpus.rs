//! Real documents, written by people who knew nothing of Berth, are read, kept and judged.
//!
//! They lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Without them these tests say so and pass.

#![allow(clippy::indexing_slicing, reason = "reads of JSON that is null where there is nothing")]

#[path = "support/everything.rs"]
mod everything;
#[path = "support/corpus.rs"]
mod samples;

use berth::api::admission::{Violation, violations};
use berth::api::fate::{Document, judge};
use berth::api::{ServiceSpec, TaskDefinitionSpec};
use berth::render::{Bundle, Missing, Remark};
use samples::{Sample, corpus};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn round_trip(document: Document, spec: &Value) -> Result<Value, serde_json::Error> {
    match document {
        Document::TaskDefinition => {
            serde_json::to_value(serde_json::from_value::<TaskDefinitionSpec>(spec.clone())?)
        }
        _ => serde_json::to_value(serde_json::from_value::<ServiceSpec>(spec.clone())?),
    }
}

fn admission(sample: &Sample) -> Vec<Violation> {
    violations(sample.document, &json!({"metadata": {"name": "sample"}, "spec": sample.spec}), None)
}

/// What a template engine would still have filled in.
fn has_placeholder(text: &str) -> bool {
    ["{{", "${", "$$$", "$ECS_", "$SSM_"].iter().any(|mark| text.contains(mark))
}

#[test]
fn every_sound_input_is_read_and_written_without_loss() {
    let Some(corpus) = corpus() else { return };
    for sample in corpus.iter().filter(|sample| sample.is_input && sample.is_ok) {
        let written =
            round_trip(sample.document, &sample.spec).unwrap_or_else(|e| panic!("{}: {e}", sample.file));
        assert_eq!(written, sample.spec, "{}", sample.file);
    }
}

#[test]
fn sound_inputs_are_admitted_unless_ecs_itself_would_refuse_them() {
    let Some(corpus) = corpus() else { return };
    let (mut admitted, mut templates, mut all) = (0, 0, 0);
    for sample in corpus.iter().filter(|sample| sample.is_input && sample.is_ok) {
        all += 1;
        let violations = admission(sample);
        if violations.is_empty() {
            admitted += 1;
        } else if has_placeholder(&sample.text) {
            templates += 1;
        } else {
            for Violation { path, message } in violations {
                assert!(
                    ECS_REFUSES.iter().any(|words| message.contains(words)),
                    "{}: {path}: {message}",
                    sample.file
                );
            }
        }
    }
    println!("{admitted} of {all} sound inputs admitted, {templates} templates refused");
    assert!(admitted >= 215, "{admitted} of {all}");
}

/// Reasons for which ECS refuses documents whose types are right.
const ECS_REFUSES: [&str; 6] = [
    "At least one of 'memory' or 'memoryReservation' must be specified",
    "the host ports and container ports in port mappings must match",
    "The sum of all container",
    "TaskDefinition can not be blank",
    "family must be up to 255 letters",
    "Unsupported value: \"aws-vpc\"",
];

#[test]
fn every_document_is_judged_and_unsound_inputs_hear_why() {
    let Some(corpus) = corpus() else { return };
    for document in [Document::TaskDefinition, Document::Service] {
        let (mut accepted, mut all) = (0, 0);
        for sample in corpus.iter().filter(|sample| sample.document == document) {
            let judgement = judge(document, &sample.spec);
            if sample.is_input && sample.is_ok {
                all += 1;
                accepted += usize::from(judgement.is_accepted() && admission(sample).is_empty());
                if std::env::var_os("BERTH_CORPUS_REPORT").is_some() && !judgement.is_accepted() {
                    println!("{}: {judgement:?}", sample.file);
                }
            }
        }
        println!("{accepted} of {all} sound inputs of {document:?} can be acted upon unchanged");
        assert!(accepted * 3 > all, "{document:?}: {accepted} of {all}");
    }
}

/// What is wrong with a service of the definition, in a cluster of this spec if there is one.
fn refused(sample: &Sample, cluster: Option<Value>) -> Vec<Remark> {
    let mut service = json!({"taskDefinition": "sample"});
    let volumes = sample.spec["volumes"].as_array().cloned().unwrap_or_default();
    let open = volumes.iter().filter(|volume| volume["configuredAtLaunch"] == true);
    let launched: Vec<Value> = open
        .map(|volume| json!({"name": volume["name"], "managedEBSVolume": {"roleArn": "r", "sizeInGiB": 1}}))
        .collect();
    if !launched.is_empty() {
        service["volumeConfigurations"] = launched.into();
    }
    let mut spec = sample.spec.clone();
    if let Some(object) = spec.as_object_mut() {
        object.insert("family".into(), "sample".into());
    }
    let mut bundle = Bundle::default();
    let mut add = |kind: &str, name: &str, spec: Value| {
        let metadata = json!({"name": name});
        let object =
            json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec});
        bundle.add("sample", &object.to_string(), "default");
    };
    if let Some(cluster) = cluster {
        add("Cluster", "default", cluster);
    }
    add("TaskDefinition", "sample", spec);
    add("Service", "sample", service);
    bundle.report(Missing::IsWrong).violations
}

/// A reason without what differs from document to document.
fn kind_of(remark: &Remark) -> String {
    let path: String = remark.violation.path.chars().filter(|c| !c.is_ascii_digit()).collect();
    let words: Vec<&str> = remark.violation.message.split_whitespace().take(12).collect();
    format!("{path}: {}", words.join(" "))
}

#[test]
fn sound_definitions_run_where_everything_is_granted() {
    let Some(corpus) = corpus() else { return };
    let (mut granted, mut plain, mut all) = (0, 0, 0);
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let definitions =
        corpus.iter().filter(|one| one.is_input && one.is_ok && one.document == Document::TaskDefinition);
    for sample in definitions {
        all += 1;
        plain += usize::from(refused(sample, None).is_empty());
        let violations = refused(sample, Some(everything::everything()));
        granted += usize::from(violations.is_empty());
        for violation in &violations {
            assert!(!violation.violation.path.is_empty(), "{}: {violation}", sample.file);
            reasons.entry(kind_of(violation)).or_default().push(&sample.file);
        }
    }
    for (reason, files) in &reasons {
        println!("{:3}  {reason}  ({})", files.len(), files.first().unwrap_or(&""));
    }
    println!("{granted} of {all} definitions run where everything is granted, {plain} without any Cluster");
    assert!(granted * 100 >= all * 88, "{granted} of {all}");
}
