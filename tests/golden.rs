//! Custom resources in, what the operator would write out: `tests/golden/CASE.in.yaml` and `CASE.out.yaml`.
//!
//! `UPDATE=1 cargo test` rewrites the outcomes. A case whose documents break rules has those as its outcome.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "support/generated.rs"]
mod generated;

use berth::render::{Bundle, Missing, Remark};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Refused {
    violations: Vec<Told>,
    notes: Vec<Told>,
    /// The Clusters that grant what is lacking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<Value>,
}

#[derive(Serialize)]
struct Told {
    object: String,
    path: String,
    rule: String,
}

fn told(remarks: &[Remark]) -> Vec<Told> {
    let told = |remark: &Remark| Told {
        object: remark.object.clone(),
        path: remark.violation.path.clone(),
        rule: remark.violation.message.clone(),
    };
    remarks.iter().map(told).collect()
}

fn cases() -> Vec<(String, String)> {
    let folder = generated::path("tests/golden");
    let names = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".in.yaml")?.to_owned()));
    let mut cases: Vec<(String, String)> = names
        .map(|name| {
            let text = std::fs::read_to_string(folder.join(format!("{name}.in.yaml"))).unwrap();
            (name, text)
        })
        .collect();
    cases.sort();
    cases
}

fn bundle(text: &str) -> Bundle {
    let mut bundle = Bundle::default();
    bundle.add("in.yaml", text, "default");
    bundle
}

fn outcome(bundle: &Bundle) -> String {
    match bundle.render() {
        Ok((documents, _)) => documents.join("---\n"),
        Err(report) => {
            let clusters = report.clusters.as_deref().unwrap_or_default();
            let refused = Refused {
                violations: told(&report.violations),
                notes: told(&report.notes),
                clusters: serde_saphyr::from_multiple(clusters).unwrap(),
            };
            serde_saphyr::to_string(&refused).unwrap()
        }
    }
}

#[test]
fn every_case_renders_as_written() {
    let cases = cases();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for (name, text) in cases {
        generated::hold(&format!("tests/golden/{name}.out.yaml"), &outcome(&bundle(&text)));
    }
}

#[test]
fn every_outcome_is_yaml_that_is_read_as_it_was_meant() {
    for (name, text) in cases() {
        let Ok((documents, _)) = bundle(&text).render() else { continue };
        let all: Vec<Value> = serde_saphyr::from_multiple(&documents.join("---\n")).unwrap();
        assert_eq!(all.len(), documents.len(), "{name}");
        for (document, alone) in all.iter().zip(&documents) {
            assert_eq!(*document, serde_saphyr::from_str::<Value>(alone).unwrap(), "{name}");
            assert!(document["apiVersion"].is_string() && document["metadata"]["name"].is_string(), "{name}");
        }
    }
}

#[test]
fn what_renders_is_valid_and_what_does_not_is_not() {
    for (name, text) in cases() {
        let bundle = bundle(&text);
        let sound = bundle.render().is_ok();
        // `validate` leaves open what another object of the cluster may answer.
        assert_eq!(bundle.report(Missing::IsWrong).violations.is_empty(), sound, "{name}");
        if sound {
            assert!(bundle.report(Missing::IsElsewhere).violations.is_empty(), "{name}");
        }
    }
}

#[test]
fn whoever_applies_the_clusters_that_are_lacking_lacks_nothing() {
    let mut count = 0;
    for (name, text) in cases() {
        let Err(report) = bundle(&text).render() else { continue };
        let Some(clusters) = report.clusters else { continue };
        count += 1;
        let own = berth::render::documents(&text).unwrap();
        // As an administrator would choose them.
        let chosen = clusters.replace("CLASS", "fast").replace("CLAIM", "claim").replace("NAME", "registry");
        let new = berth::render::documents(&chosen).unwrap();
        // A Cluster of the same name is replaced, as by `kubectl apply`.
        let is_kept = |one: &&Value| {
            !new.iter()
                .any(|two| one["kind"] == two["kind"] && one["metadata"]["name"] == two["metadata"]["name"])
        };
        let mut applied = Bundle::default();
        for document in own.iter().filter(is_kept).chain(&new) {
            applied.add("in.yaml", &document.to_string(), "default");
        }
        let after = applied.report(Missing::IsWrong);
        let lacking: Vec<&Remark> =
            after.violations.iter().filter(|one| one.violation.lack.is_some()).collect();
        assert!(lacking.is_empty() && after.clusters.is_none(), "{name}: {lacking:#?}");
    }
    assert!(count >= 3, "{count} cases lack something");
}

#[test]
fn a_service_alone_is_judged_as_far_as_its_file_goes() {
    let service = "{apiVersion: ecs.berth.dev/v1alpha1, kind: Service, metadata: {name: web}, spec: \
                   {taskDefinition: 'web:7', placementConstraints: [{type: memberOf, expression: 'nonsense'}], links: [a]}}";
    let report = bundle(service).report(Missing::IsElsewhere);
    let paths: Vec<&str> = report.violations.iter().map(|one| one.violation.path.as_str()).collect();
    assert_eq!(paths, ["spec.links", "spec.placementConstraints[0].expression"]);
    assert!(report.notes[0].to_string().starts_with("in.yaml: spec.taskDefinition: web:7 is not"));
}
