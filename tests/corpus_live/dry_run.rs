//! Every document, and every object that Berth would write for it where everything is granted, shown to an API server
//! that keeps none of it.
//!
//! Only ServiceAccounts are kept: a pod is not taken before its account is there.

use super::case::Case;
use super::{PATIENCE, apply, cluster_of, everything, object};
use berth::api::admission::violations;
use berth::api::fate::Document;
use berth::render::{Bundle, documents};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use kube::discovery::{Discovery, Scope};
use kube::{Api, Client};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testbed::Bed;

const NAMESPACE: &str = "dry-run";

/// How many questions are open at a time.
const AT_ONCE: usize = 24;

/// An object, whose it is, and whether it must be taken.
struct Question {
    file: String,
    object: Value,
    sound: bool,
}

/// What there is to ask, and what became of the documents before anybody was asked.
pub struct Questions {
    all: Vec<Question>,
    /// Documents that render takes, and all of them.
    rendered: (usize, usize),
}

/// What to ask about `cases`: all that was written, and all that would be made of it.
pub fn questions(cases: &[Case]) -> Questions {
    let (mut all, mut rendered) = (Vec::new(), 0);
    for case in cases {
        let objects: Vec<Value> = case.objects.iter().map(here).collect();
        let question = |(object, sound): (Value, bool)| Question { file: case.file.clone(), object, sound };
        if let Some(made) = made_of(case, &objects) {
            rendered += 1;
            all.extend(made.into_iter().map(|object| question((object, true))));
        }
        all.extend(objects.into_iter().map(|object| {
            let sound = is_sound(&object);
            question((object, sound))
        }));
    }
    Questions { all, rendered: (rendered, cases.len()) }
}

/// Asks; all documents share a namespace, as nothing of them stays.
///
/// # Panics
/// Naming document, object and answer where the API server and Berth differ.
pub async fn ask(bed: &Bed, client: &Client, questions: Questions) {
    let start = Instant::now();
    namespace(bed, client).await;
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let (accounts, others): (Vec<Question>, Vec<Question>) =
        questions.all.into_iter().partition(|one| one.object["kind"] == "ServiceAccount");
    let (mut taken, mut refused, mut wrong) = (BTreeMap::<String, usize>::new(), 0, Vec::new());
    for part in [accounts, others] {
        let answers = part.into_iter().map(async |question| {
            let answer = answer(client, &discovery, &question.object).await;
            (question, answer)
        });
        let answers: Vec<_> = stream::iter(answers).buffer_unordered(AT_ONCE).collect().await;
        for (Question { file, object, sound }, answer) in answers {
            let kind = object["kind"].as_str().unwrap_or_default();
            match answer {
                Ok(()) if sound => *taken.entry(kind.to_owned()).or_default() += 1,
                Err(_) if !sound => refused += 1,
                Ok(()) => wrong.push(format!("{file}: {kind}: taken, though Berth refuses it")),
                Err(why) => {
                    let name = &object["metadata"]["name"];
                    wrong.push(format!("{file}: {kind} {name}: {why}"));
                }
            }
        }
    }
    let (rendered, all) = questions.rendered;
    let taken: Vec<String> = taken.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    println!(
        "shown to the API server after {:.1?}: {rendered} of {all} documents with all that is made of them; taken: {}; \
         refused by its own rules as Berth said: {refused}",
        start.elapsed(),
        taken.join(", ")
    );
    assert!(wrong.is_empty(), "{} objects:\n{}", wrong.len(), wrong.join("\n"));
}

/// What Berth would write; none where it refuses the document, with a field for each reason.
fn made_of(case: &Case, objects: &[Value]) -> Option<Vec<Value>> {
    let mut bundle = Bundle::default();
    let mut spec = everything::everything();
    spec["clusterName"] = cluster_of(case).into();
    let cluster = object("Cluster", "cluster", "", &spec);
    for object in objects.iter().chain([&cluster]) {
        bundle.add(&case.file, &object.to_string(), NAMESPACE);
    }
    match bundle.render() {
        Ok((texts, _)) => {
            let made = texts.iter().flat_map(|text| documents(text).unwrap());
            // The rest are the statuses of what was written.
            Some(made.filter(|object| object["apiVersion"] != "ecs.berth.dev/v1alpha1").collect())
        }
        Err(report) => {
            for remark in report.violations {
                assert!(!remark.violation.path.is_empty(), "{}: {remark}", case.file);
            }
            None
        }
    }
}

/// The object in our namespace.
fn here(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["namespace"] = NAMESPACE.into();
    object
}

/// Whether the rules that an API server has of the kind have nothing against the object.
fn is_sound(object: &Value) -> bool {
    let document = Document::ALL.into_iter().find(|one| object["kind"] == one.kind()).unwrap();
    violations(document, object, None).is_empty()
}

/// Written as the operator would: tasks are created, all else is applied.
async fn answer(client: &Client, discovery: &Discovery, object: &Value) -> Result<(), String> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let version = text("/apiVersion");
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let kind = GroupVersionKind::gvk(group, version, text("/kind"));
    let (resource, capabilities) = discovery.resolve_gvk(&kind).ok_or(format!("no {kind:?} here"))?;
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Cluster => Api::all_with(client.clone(), &resource),
        Scope::Namespaced => Api::namespaced_with(client.clone(), NAMESPACE, &resource),
    };
    if kind.kind == "Pod" {
        let parameters = PostParams { dry_run: true, ..PostParams::default() };
        let pod = serde_json::from_value(object.clone()).map_err(|error| error.to_string())?;
        return api.create(&parameters, &pod).await.map(drop).map_err(|error| error.to_string());
    }
    let mut parameters = PatchParams::apply("berth").force().validation_strict();
    parameters.dry_run = kind.kind != "ServiceAccount";
    let answer = api.patch(text("/metadata/name"), &parameters, &Patch::Apply(object)).await;
    answer.map(drop).map_err(|error| error.to_string())
}

async fn namespace(bed: &Bed, client: &Client) {
    apply(bed, &[json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})]).await;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), NAMESPACE);
    let start = Instant::now();
    while accounts.get_opt("default").await.unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "the namespace has no ServiceAccount");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
