//! Real documents, written by people who knew nothing of Berth, are read, kept and judged.
//!
//! They lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Without them these tests say so and pass.

#![allow(clippy::indexing_slicing, reason = "reads of JSON that is null where there is nothing")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/everything.rs"]
mod everything;
#[path = "support/generated.rs"]
mod generated;
#[path = "support/corpus.rs"]
mod samples;

use berth::api::admission::{Violation, violations};
use berth::api::fate::{Document, judge};
use berth::api::{ServiceSpec, TaskDefinitionSpec};
use berth::render::{Bundle, Missing, Remark};
use samples::{Sample, corpus};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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

/// A field and a reason without what differs from document to document.
fn kind_of(remark: &Remark) -> (String, String) {
    let path: String = remark.violation.path.chars().filter(|c| !c.is_ascii_digit()).collect();
    let mut words: Vec<&str> = remark.violation.message.split_whitespace().collect();
    if words.len() > 12 {
        words.truncate(12);
        words.push("…");
    }
    (path.replace('`', ""), words.join(" "))
}

/// What becomes of the sound definitions.
#[derive(Default)]
struct Outcomes {
    all: usize,
    /// Runs where there is no Cluster.
    plain: usize,
    /// Runs where a Cluster grants everything.
    granted: usize,
    /// Refused by Berth alone.
    ours: usize,
    /// Documents by what refuses them.
    reasons: BTreeMap<(String, String), usize>,
}

/// The reasons that are not ECS's own.
const BERTH_REFUSES: [&str; 1] = ["which can only be looked up inside the image"];

fn outcomes(corpus: &[Sample]) -> Outcomes {
    let mut found = Outcomes::default();
    let definitions =
        corpus.iter().filter(|one| one.is_input && one.is_ok && one.document == Document::TaskDefinition);
    for sample in definitions {
        found.all += 1;
        found.plain += usize::from(refused(sample, None).is_empty());
        let violations = refused(sample, Some(everything::everything()));
        found.granted += usize::from(violations.is_empty());
        let ours = |one: &Remark| BERTH_REFUSES.iter().any(|words| one.violation.message.contains(words));
        found.ours += usize::from(!violations.is_empty() && violations.iter().all(ours));
        let reasons: BTreeSet<_> = violations.iter().map(kind_of).collect();
        for reason in reasons {
            assert!(!reason.0.is_empty(), "{}: {reason:?}", sample.file);
            *found.reasons.entry(reason).or_default() += 1;
        }
    }
    found
}

/// Where the outcomes are told.
const PAGE: &str = "docs/real-definitions.md";

/// The page of the outcomes.
fn page(found: &Outcomes) -> String {
    let Outcomes { all, plain, granted, ours, reasons } = found;
    let mut page = format!(
        "# Real task definitions\n\nWhat becomes of {all} task definitions that people published, each as it was \
         found. The AWS SDK takes the types of all of them. Of those \
         that run, another test shows the document and every object that Berth makes of it to a real API server, which \
         takes them all. A test writes this page.\n\n\
         | outcome | definitions |\n|---|---|\n\
         | runs, no Cluster needed | {plain} |\n\
         | runs once an administrator has [granted](mapping.md) what it asks for | {} |\n\
         | refused as ECS refuses it, or a template that nobody filled in | {} |\n\
         | refused by Berth alone | {ours} |\n\n\
         ## Reasons\n\nWith everything granted. A definition can have several.\n\n\
         | field | reason | definitions |\n|---|---|---|\n",
        granted - plain,
        all - granted - ours,
    );
    let mut reasons: Vec<_> = reasons.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for ((path, reason), count) in reasons {
        page.push_str(&format!("| `{path}` | {} | {count} |\n", reason.replace('|', "\\|")));
    }
    page
}

#[test]
fn sound_definitions_run_where_everything_is_granted() {
    let Some(corpus) = corpus() else { return };
    let found = outcomes(&corpus);
    let page = page(&found);
    println!("{page}");
    assert!((found.all - found.granted) * 100 <= found.all * 12, "{} of {}", found.granted, found.all);
    // Of what ECS would take.
    assert!(found.granted * 100 >= (found.granted + found.ours) * 97, "{} are refused", found.ours);
    // Another corpus has figures of its own: the page says how many definitions it is about.
    let stored = std::fs::read_to_string(generated::path(PAGE)).unwrap_or_default();
    if stored.is_empty() || stored.contains(&format!("of {} task definitions", found.all)) {
        generated::hold(PAGE, &page);
    } else {
        println!("{PAGE} is about another corpus");
    }
}
