//! Documents of ECS as people keep them: converted, judged, exported, never a crash.
//!
//! Real ones lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Without them those tests say so and pass.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

#[path = "support/documents.rs"]
mod documents;
#[path = "support/generated.rs"]
mod generated;

use berth::api::TaskDefinitionSpec;
use berth::convert::{Found, Manifest, Note, Options, Parameters, emit, export, recognise};
use berth::render::{Bundle, Missing};
use berth::resolve::revision::is_same;
use documents::{Document, corpus, described};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn converted(source: &str, text: &str, parameters: &Parameters) -> (Vec<Manifest>, Vec<Note>) {
    let reading = recognise(source, text, parameters);
    let output = emit(reading.found, &Options::default());
    (output.manifests, [reading.notes, output.notes].concat())
}

fn plain(document: &Document) -> (Vec<Manifest>, Vec<Note>) {
    converted(&document.file, &document.text, &Parameters::default())
}

fn yaml(manifests: &[Manifest]) -> String {
    let documents: Vec<String> =
        manifests.iter().map(|one| serde_saphyr::to_string(&one.object).unwrap()).collect();
    documents.join("---\n")
}

/// What `berth validate` says.
fn judged(text: &str) -> Vec<String> {
    let mut bundle = Bundle::default();
    bundle.add("f", text, "default");
    let report = bundle.report(Missing::IsElsewhere);
    report.violations.iter().chain(&report.notes).map(ToString::to_string).collect()
}

#[test]
fn every_case_converts_as_written() {
    let folder = generated::path("tests/golden/convert");
    let mut cases = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some((name, _)) = file.split_once(".in.") else { continue };
        cases += 1;
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        // A case may say which parameters it is given.
        let given = text.lines().filter_map(|line| line.strip_prefix("# --param ")?.split_once('='));
        let parameters = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (manifests, notes) = converted(&file, &text, &parameters);
        let notes: String = notes.iter().map(|note| format!("# {:?}: {note}\n", note.severity)).collect();
        generated::hold(
            &format!("tests/golden/convert/{name}.out.yaml"),
            &format!("{notes}{}", yaml(&manifests)),
        );
    }
    assert!(cases >= 8, "{cases} cases");
}

#[test]
fn every_real_document_converts_or_is_reported() {
    let Some(corpus) = corpus() else { return };
    let mut outcomes: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for document in &corpus {
        let (manifests, notes) = plain(document);
        let outcome = match (manifests.is_empty(), notes.iter().any(Note::is_violation)) {
            (false, false) => "converted",
            (false, true) => "converted, something left open",
            (true, true) => "reported",
            (true, false) => "no kind for it yet",
        };
        assert!(!manifests.is_empty() || !notes.is_empty(), "{}: nothing was said", document.file);
        let is_document =
            ["task-definition", "service", "container-definitions"].contains(&document.kind.as_str());
        // Among the services that no SDK would send is a task set.
        let is_left_out =
            notes.iter().any(|note| note.text.contains("nothing here stands for CreateTaskSet"));
        if is_document && document.form != "template" && !is_left_out {
            assert!(!manifests.is_empty(), "{}: {notes:?}", document.file);
        }
        if document.is_ok && is_document {
            assert!(!notes.iter().any(Note::is_violation), "{}: {notes:?}", document.file);
        }
        if document.shape == "cfn" {
            assert_eq!(manifests.len(), 1, "{}: {notes:?}", document.file);
        }
        *outcomes.entry((document.kind.clone(), outcome)).or_default() += 1;
    }
    for ((kind, outcome), number) in outcomes {
        println!("{kind:24} {outcome:32} {number}");
    }
}

#[test]
fn converting_and_exporting_gives_every_sound_input_back() {
    let Some(corpus) = corpus() else { return };
    let mut all = 0;
    for document in corpus.iter().filter(|one| one.is_ok && one.kind != "run-task") {
        let (manifests, _) = plain(document);
        let requests: Vec<Value> =
            export(&manifests).requests.into_iter().map(|(_, request)| request).collect();
        let read: Value = serde_json::from_str(&document.text).unwrap();
        assert_eq!(requests, [read], "{}", document.file);
        all += 1;
    }
    println!("{all} sound inputs came back");
    assert!(all > 200);
}

#[test]
fn what_converts_is_judged_as_the_document_alone_would_be() {
    let Some(corpus) = corpus() else { return };
    for document in corpus.iter().filter(|one| one.is_ok && one.kind != "run-task") {
        let (manifests, _) = plain(document);
        let object = &manifests[0].object;
        let mut raw = object.clone();
        raw["spec"] = serde_json::from_str(&document.text).unwrap();
        if let Some(name) = raw["spec"].as_object_mut().unwrap().remove("service") {
            raw["spec"]["serviceName"] = name;
        }
        raw["spec"].as_object_mut().unwrap().remove("forceNewDeployment");
        assert_eq!(judged(&yaml(&manifests)), judged(&raw.to_string()), "{}", document.file);
    }
}

#[test]
fn what_a_describe_call_gave_converts_without_what_is_read_only() {
    let Some(corpus) = corpus() else { return };
    let mut all = 0;
    for document in corpus.iter().filter(|one| one.shape == "output") {
        let read: Value = serde_json::from_str(&document.text).unwrap();
        let (manifests, notes) = plain(document);
        assert_eq!(manifests.len(), 1, "{}", document.file);
        let object = &manifests[0].object;
        for member in
            ["status", "events", "runningCount", "deployments", "revision", "compatibilities", "serviceArn"]
        {
            assert!(object["spec"].get(member).is_none(), "{}: {member}", document.file);
        }
        let arn = read.get("taskDefinitionArn").or_else(|| read.get("serviceArn"));
        assert_eq!(object["metadata"]["annotations"].get("ecs.berth.dev/arn"), arn, "{}", document.file);
        let revision = read.get("revision").map(|number| json!(number.to_string()));
        assert_eq!(object["metadata"]["annotations"].get("ecs.berth.dev/revision"), revision.as_ref());
        assert!(notes.iter().filter(|note| note.text.starts_with("left out, as")).count() <= 1);
        all += 1;
    }
    println!("{all} outputs of Describe calls");
    assert!(all > 50);
}

#[test]
fn a_describe_output_of_what_was_applied_is_the_same_revision() {
    let Some(corpus) = corpus() else { return };
    for document in corpus.iter().filter(|one| one.is_ok && one.kind == "task-definition") {
        let applied: Value = serde_json::from_str(&document.text).unwrap();
        let output = json!({"taskDefinition": described(&applied)});
        let (manifests, _) = converted("dump.json", &output.to_string(), &Parameters::default());
        let spec = |value: &Value| serde_json::from_value::<TaskDefinitionSpec>(value.clone()).unwrap();
        assert_eq!(manifests[0].object["metadata"]["annotations"]["ecs.berth.dev/revision"], "42");
        assert!(is_same(&spec(&applied), &spec(&manifests[0].object["spec"])), "{}", document.file);
    }
}

#[test]
fn the_whole_corpus_converts_at_once_in_two_seconds() {
    let Some(corpus) = corpus() else { return };
    let start = std::time::Instant::now();
    let found: Vec<Found> =
        corpus.iter().flat_map(|one| recognise(&one.file, &one.text, &Parameters::default()).found).collect();
    let output = emit(found, &Options::default());
    let text = yaml(&output.manifests);
    let took = start.elapsed();
    println!("{} files, {} objects, {} bytes in {took:?}", corpus.len(), output.manifests.len(), text.len());
    // Without optimisation, on a machine that does other things too, it may take longer.
    let most = if cfg!(debug_assertions) { 60 } else { 2 };
    assert!(took.as_secs() < most, "{took:?}");
}

#[test]
fn the_stream_is_yaml_that_is_read_as_it_was_meant() {
    let Some(corpus) = corpus() else { return };
    for document in &corpus {
        let (manifests, _) = plain(document);
        let read: Vec<Value> = serde_saphyr::from_multiple(&yaml(&manifests)).unwrap();
        let meant: Vec<&Value> = manifests.iter().map(|one| &one.object).collect();
        assert_eq!(read.iter().collect::<Vec<_>>(), meant, "{}", document.file);
        for manifest in &manifests {
            let name = manifest.name();
            assert!(name.len() <= 63 && !name.is_empty(), "{}: {name}", document.file);
        }
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "taskDefinition",
        "taskDefinitions",
        "service",
        "services",
        "serviceName",
        "family",
        "containerDefinitions",
        "name",
        "image",
        "deployments",
        "status",
        "PRIMARY",
        "Type",
        "Properties",
        "Resources",
        "Parameters",
        "Default",
        "Conditions",
        "Mappings",
        "Ref",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::GetAtt",
        "Fn::Select",
        "Fn::Split",
        "Fn::FindInMap",
        "Fn::Equals",
        "Fn::Not",
        "Fn::And",
        "Condition",
        "Fn::ImportValue",
        "AWS::ECS::Service",
        "AWS::ECS::TaskDefinition",
        "AWS::NoValue",
        "ContainerDefinitions",
        "Name",
        "Family",
        "ServiceName",
        "Cpu",
        "apiVersion",
        "kind",
        "List",
        "items",
        "tags",
        "arn:aws:ecs:r:1:service/web",
        "${A.B}",
        "${",
        "A",
        "B",
        "0",
        "",
    ])
    .prop_map(str::to_owned);
    let text = prop_oneof![4 => words, 1 => ".{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A template whose resources refer to one another and to themselves.
fn template() -> impl Strategy<Value = Value> {
    (anything(), anything(), anything(), anything(), anything()).prop_map(|(a, b, c, d, e)| {
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": {"B": {"Type": "String", "Default": a}},
            "Conditions": {"A": b, "B": {"Fn::And": [{"Condition": "A"}, {"Condition": "B"}]}},
            "Resources": {
                "A": {"Type": "AWS::ECS::TaskDefinition", "Condition": "A", "Properties": c},
                "C": {"Type": "AWS::ECS::Service", "Condition": "B", "Properties":
                    {"ServiceName": {"Fn::Sub": "${A}-${C}"}, "TaskDefinition": {"Ref": "A"}, "Tags": d}},
                "D": e,
            },
        })
    })
}

proptest! {
    #[test]
    fn no_json_makes_it_crash(value in anything()) {
        let text = value.to_string();
        let (manifests, notes) = converted("f.json", &text, &Parameters::default());
        prop_assert!(!manifests.is_empty() || !notes.is_empty(), "{}", text);
        let read: Result<Vec<Value>, _> = serde_saphyr::from_multiple(&yaml(&manifests));
        prop_assert!(read.is_ok());
        export(&manifests);
    }

    #[test]
    fn no_template_makes_it_crash(value in template()) {
        let (manifests, notes) = converted("f.json", &value.to_string(), &Parameters::default());
        prop_assert!(!manifests.is_empty() || !notes.is_empty());
    }

    #[test]
    fn no_text_makes_it_crash(text in ".{0,200}") {
        let (manifests, notes) = converted("f.yaml", &text, &Parameters::default());
        prop_assert!(!manifests.is_empty() || !notes.is_empty(), "{}", text);
    }
}

#[test]
fn deep_nesting_is_reported() {
    // The stack that a command has; that of a test is smaller.
    let command = std::thread::Builder::new().stack_size(8 << 20);
    let run = command.spawn(|| {
        for text in
            ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(50_000), "a: &a [*a]".to_owned()]
        {
            let (manifests, notes) = converted("f", &text, &Parameters::default());
            assert!(manifests.is_empty() && notes.iter().any(Note::is_violation));
        }
    });
    run.unwrap().join().unwrap();
}
