//! What becomes of the corpus' definitions and services.

use super::samples::Sample;
use super::{everything, has_placeholder};
use berth::api::fate::Document;
use berth::convert::{Options, Parameters, emit, recognise};
use berth::render::{Bundle, Missing, Remark};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Documents by the field that is refused and the reason.
pub type Reasons = BTreeMap<(String, String), usize>;

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
    // What an image's name holds stands in brackets.
    let message = remark.violation.message.split(" ('").next().unwrap_or_default();
    let mut words: Vec<&str> = message.split_whitespace().collect();
    if words.len() > 12 {
        words.truncate(12);
        words.push("…");
    }
    (path.replace('`', ""), words.join(" "))
}

/// What becomes of the sound definitions.
#[derive(Default)]
pub struct Outcomes {
    pub all: usize,
    /// Runs where there is no Cluster.
    pub plain: usize,
    /// Runs where a Cluster grants everything.
    pub granted: usize,
    /// Refused by Berth alone.
    pub ours: usize,
    /// Refused, and nobody filled it in.
    pub templates: usize,
    /// What refuses them.
    pub reasons: Reasons,
}

/// The reasons that are not ECS's own.
const BERTH_REFUSES: [&str; 3] =
    ["which can only be looked up inside the image", "share one address here", "share one network here"];

pub fn outcomes(corpus: &[Sample]) -> Outcomes {
    let mut found = Outcomes::default();
    let definitions =
        corpus.iter().filter(|one| one.is_input && one.is_ok && one.document == Document::TaskDefinition);
    for sample in definitions {
        found.all += 1;
        found.plain += usize::from(refused(sample, None).is_empty());
        let violations = refused(sample, Some(everything::everything()));
        found.granted += usize::from(violations.is_empty());
        let ours = |one: &Remark| BERTH_REFUSES.iter().any(|words| one.violation.message.contains(words));
        if violations.is_empty() {
            continue;
        }
        let is_ours = violations.iter().all(ours);
        found.ours += usize::from(is_ours);
        found.templates += usize::from(!is_ours && has_placeholder(&sample.text));
        count(&mut found.reasons, &violations, &sample.file);
    }
    found
}

/// Counts each reason of a document once.
fn count(reasons: &mut Reasons, violations: &[Remark], file: &str) {
    let own: BTreeSet<_> = violations.iter().map(kind_of).collect();
    for reason in own {
        assert!(!reason.0.is_empty(), "{file}: {reason:?}");
        *reasons.entry(reason).or_default() += 1;
    }
}

/// What becomes of services, each judged by itself.
#[derive(Default)]
pub struct Services {
    pub all: usize,
    /// Not refused.
    pub accepted: usize,
    /// What refuses the others.
    pub reasons: Reasons,
}

/// The services that were sent to ECS, and those that it described.
pub fn services(corpus: &[Sample]) -> Services {
    let mut found = Services::default();
    let samples =
        corpus.iter().filter(|one| one.document == Document::Service && (one.is_ok || !one.is_input));
    for sample in samples {
        let read = recognise(&sample.file, &sample.text, &Parameters::default());
        let manifests = emit(read.found, &Options { namespace: None }).manifests;
        for manifest in manifests.iter().filter(|manifest| manifest.kind() == "Service") {
            let mut bundle = Bundle::default();
            bundle.add("sample", &manifest.object.to_string(), "default");
            let violations = bundle.report(Missing::IsElsewhere).violations;
            found.all += 1;
            found.accepted += usize::from(violations.is_empty());
            count(&mut found.reasons, &violations, &sample.file);
        }
    }
    found
}
