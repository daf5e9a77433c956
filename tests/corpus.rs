//! Real documents, written by people who knew nothing of Berth, are read, kept and judged.
//!
//! They lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Without them these tests say so and pass.

#![allow(clippy::indexing_slicing, reason = "reads of JSON that is null where there is nothing")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/everything.rs"]
mod everything;
#[path = "support/generated.rs"]
mod generated;
#[path = "corpus/outcomes.rs"]
mod outcomes;
#[path = "corpus/page.rs"]
mod page;
#[path = "support/corpus.rs"]
mod samples;

use berth::api::admission::{Violation, violations};
use berth::api::fate::{Document, judge};
use berth::api::{ServiceSpec, TaskDefinitionSpec};
use samples::{Sample, corpus};
use serde_json::{Value, json};

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
    ["{{", "${", "$$$", "$ECS_", "$SSM_", "$ECR_", "<INTEGRATION_IMAGE>"]
        .iter()
        .any(|mark| text.contains(mark))
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

#[test]
fn sound_definitions_run_where_everything_is_granted() {
    let Some(corpus) = corpus() else { return };
    let found = outcomes::outcomes(&corpus);
    let text = page::page(&found, &outcomes::services(&corpus));
    println!("{text}");
    let filled = found.all - found.templates;
    assert!((filled - found.granted) * 100 <= filled * 12, "{} of {filled}", found.granted);
    // Of what ECS would take.
    assert!(found.granted * 100 >= (found.granted + found.ours) * 97, "{} are refused", found.ours);
    // Another corpus has figures of its own: the page says how many definitions it is about.
    let stored = std::fs::read_to_string(generated::path(page::PAGE)).unwrap_or_default();
    if stored.is_empty() || stored.contains(&format!("of {} task definitions", found.all)) {
        generated::hold(page::PAGE, &text);
    } else {
        println!("{} is about another corpus", page::PAGE);
    }
}
