//! Real documents on a real control plane: whatever Berth says it accepts is accepted there with all that is made of
//! it, and runs, unchanged, by `kubectl apply` alone.
//!
//! The documents lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Nodes are simulated, so any image runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "corpus_live/case.rs"]
mod case;
#[path = "support/corpus.rs"]
mod corpus;
#[path = "corpus_live/dry_run.rs"]
mod dry_run;
#[path = "support/everything.rs"]
mod everything;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use berth::api::admission::violations;
use berth::api::fate::{Document, judge};
use berth::api::{self, Service};
use berth::render::{Bundle, Missing};
use berth::resolve::arn;
use case::{Case, list, object, of_definition, of_service};
use corpus::Sample;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use testbed::process::MARK;
use testbed::{Bed, BedConfig, SimulatedNode};

/// How long all tasks together may take to run.
const PATIENCE: Duration = Duration::from_secs(60);

/// What simulated nodes can give: everything, but for claims, which nobody makes here, and ports of nodes, which only
/// one task can have.
fn granted() -> Value {
    let mut spec = everything::everything();
    spec["kubernetes"]["fixedHostPorts"] = "podNetwork".into();
    let grant = &mut spec["kubernetes"]["grants"][0];
    grant.as_object_mut().unwrap().remove("volumes");
    grant["permissions"].as_array_mut().unwrap().retain(|permission| permission != "HostPorts");
    spec
}

/// Whether a case can run on simulated nodes: they have no Neuron devices, no container on them ends by itself whose
/// image says nothing, and an image that a template engine has yet to fill in is none.
fn can_run(case: &Case) -> bool {
    let containers = case.objects.iter().flat_map(|object| list(&object["spec"]["containerDefinitions"]));
    containers.into_iter().all(|container| {
        let image = container["image"].as_str().unwrap_or_default();
        let mut conditions = list(&container["dependsOn"]).iter();
        !image.contains([' ', '{'])
            && !container.to_string().contains("/dev/neuron")
            && !conditions.any(|entry| entry["condition"] == "COMPLETE")
    })
}

/// Clusters of every name that a service is in.
fn clusters(cases: &[Case]) -> Vec<Value> {
    let names: BTreeSet<&str> = cases.iter().map(cluster_of).collect();
    let cluster = |(index, name): (usize, &&str)| {
        let mut spec = granted();
        spec["clusterName"] = (*name).into();
        let mut cluster = object("Cluster", &format!("cluster-{index}"), "", &spec);
        cluster["metadata"] = json!({"name": format!("cluster-{index}")});
        cluster
    };
    names.iter().enumerate().map(cluster).collect()
}

/// Whether schema, rules and fates have nothing against a document.
fn is_accepted(sample: &Sample) -> bool {
    let object = json!({"metadata": {"name": "sample"}, "spec": sample.spec});
    judge(sample.document, &sample.spec).is_accepted()
        && violations(sample.document, &object, None).is_empty()
}

/// What Berth says of a case without a control plane, in the cluster that it names if that is among `clusters`.
fn objections(case: &Case, clusters: &[Value]) -> Vec<String> {
    let mut bundle = Bundle::default();
    let name = cluster_of(case);
    let own = clusters.iter().filter(|cluster| cluster["spec"]["clusterName"] == *name);
    for object in own.chain(&case.objects) {
        bundle.add(&case.file, &object.to_string(), "default");
    }
    bundle.report(Missing::IsWrong).violations.iter().map(ToString::to_string).collect()
}

/// The cluster that a case's service names.
fn cluster_of(case: &Case) -> &str {
    let service = case.objects.iter().find(|object| object["kind"] == "Service");
    arn::cluster(service.and_then(|service| service["spec"]["cluster"].as_str()).unwrap_or("default"))
}

/// Nodes that all documents together find room on, of the kinds that they ask for.
fn nodes() -> Vec<SimulatedNode> {
    let large = |mut node: SimulatedNode| {
        (node.cpu, node.memory_mib) = (64, 256 * 1024);
        node
    };
    let mut nodes: Vec<SimulatedNode> = SimulatedNode::fleet(12, 3).into_iter().map(large).collect();
    let mut arm = large(SimulatedNode::new("arm").zone("zone-a"));
    arm.architecture = "arm64".to_owned();
    let mut huge = large(SimulatedNode::new("huge").zone("zone-b"));
    (huge.memory_mib, huge.gpu) = (1024 * 1024, 16);
    let mut inferentia = large(SimulatedNode::new("inferentia").zone("zone-c"));
    inferentia.instance_type = "inf1.xlarge".to_owned();
    let windows = large(SimulatedNode::new("windows").label("kubernetes.io/os", "windows"));
    let mesh = large(SimulatedNode::new("mesh")).label("attribute.ecs.berth.dev/stack", "linkerd-viz");
    nodes.extend([arm, huge, inferentia, windows, mesh]);
    nodes
}

/// An operator for all namespaces. It ends with its value, and with the bed.
struct Operator(Child);

impl Operator {
    fn start(bed: &Bed) -> Self {
        let log = File::create(bed.dir().join("logs").join("berth.log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args(["controller", "--listen", "127.0.0.1:0", "--lease-namespace", "default", "--kubeconfig"])
            .arg(bed.kubeconfig())
            .env(MARK, bed.dir())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

async fn apply(bed: &Bed, objects: &[Value]) {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let output = bed.kubectl_with_input(&["apply", "--server-side", "-f", "-"], &list).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A bed with the kinds and a namespace for each case.
async fn prepare(cases: &[Case]) -> (Bed, Client) {
    let bed = Bed::start(BedConfig { nodes: nodes(), ..BedConfig::default() }).await.unwrap();
    let client = bed.client().unwrap();
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    bed.kubectl(&["apply", "--server-side", "-k", crds]).await.unwrap();
    bed.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]).await.unwrap();
    let namespace =
        |case: &Case| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}});
    let namespaces: Vec<Value> = cases.iter().map(namespace).collect();
    apply(&bed, &namespaces).await;
    let accounts: Api<ServiceAccount> = Api::all(client.clone());
    let start = Instant::now();
    // Before a namespace has its ServiceAccount, it takes no pods.
    while accounts.list(&ListParams::default().fields("metadata.name=default")).await.unwrap().items.len()
        < cases.len()
    {
        assert!(start.elapsed() < PATIENCE, "namespaces have no ServiceAccount");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    (bed, client)
}

/// Running tasks by namespace.
async fn running(client: &Client) -> BTreeMap<String, usize> {
    let pods: Api<Pod> = Api::all(client.clone());
    let ours = ListParams::default().labels("app.kubernetes.io/managed-by=berth");
    let mut running = BTreeMap::new();
    for pod in pods.list(&ours).await.unwrap().items {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if phase == Some("Running") {
            *running.entry(pod.namespace().unwrap_or_default()).or_default() += 1;
        }
    }
    running
}

/// Why the tasks of a case do not run: the service's and its definition's conditions.
async fn why(client: &Client, case: &Case) -> String {
    let services: Api<Service> = Api::namespaced(client.clone(), &case.namespace);
    let definitions: Api<api::TaskDefinition> = Api::namespaced(client.clone(), &case.namespace);
    let service = services.get(&case.service).await.ok().and_then(|service| service.status);
    let definition = definitions.get("app").await.ok().and_then(|definition| definition.status);
    let conditions = service.into_iter().flat_map(|status| status.conditions);
    let conditions = conditions.chain(definition.into_iter().flat_map(|status| status.conditions));
    let told: Vec<String> =
        conditions.map(|one| format!("{}={} {}", one.type_, one.status, one.message)).collect();
    format!("{} ({}): {}", case.file, case.namespace, told.join(" | "))
}

#[tokio::test]
async fn every_document_that_is_accepted_is_taken_by_the_api_server_and_runs_unchanged() {
    let Some(corpus) = corpus::corpus() else { return };
    let sound: Vec<&Sample> = corpus.iter().filter(|sample| sample.is_input && sample.is_ok).collect();
    let of = |document| sound.iter().copied().filter(move |sample| sample.document == document);
    let definitions: Vec<&Sample> = of(Document::TaskDefinition).collect();
    let mut cases: Vec<Case> = Vec::new();
    cases.extend(definitions.iter().enumerate().map(|(index, sample)| of_definition(index, sample)));
    let usable: Vec<&Sample> = definitions
        .iter()
        .copied()
        .filter(|one| objections(&of_definition(0, one), &[]).is_empty())
        .collect();
    cases.extend(of(Document::Service).enumerate().map(|(index, sample)| of_service(index, sample, &usable)));
    let clusters = clusters(&cases);
    let all = cases.len();
    let questions = dry_run::questions(&cases);
    cases.retain(|case| {
        let objections = objections(case, &clusters);
        let accepted = sound.iter().any(|sample| sample.file == case.file && is_accepted(sample));
        if accepted || std::env::var_os("BERTH_CORPUS_REPORT").is_some() {
            // Each member is fine alone; together, or with the definition that is there, they are not.
            objections.iter().for_each(|one| println!("refused: {one}"));
        }
        objections.is_empty() && can_run(case)
    });
    let (services, tasks) = (
        cases.iter().filter(|case| case.namespace.starts_with("svc")).count(),
        cases.iter().map(|case| case.desired).sum::<usize>(),
    );
    println!("{} of {all} documents are accepted, {services} of them services; {tasks} tasks", cases.len());

    let (bed, client) = prepare(&cases).await;
    dry_run::ask(&bed, &client, questions).await;
    let _operator = Operator::start(&bed);
    apply(&bed, &clusters).await;
    let start = Instant::now();
    let objects: Vec<Value> = cases.iter().flat_map(|case| case.objects.clone()).collect();
    apply(&bed, &objects).await;
    println!("applied after {:.1?}", start.elapsed());
    let start = Instant::now();
    let missing = async || {
        let running = running(&client).await;
        let runs = |case: &&Case| running.get(&case.namespace).copied().unwrap_or_default() < case.desired;
        cases.iter().filter(runs).collect::<Vec<_>>()
    };
    let mut left = missing().await;
    while !left.is_empty() && start.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(500)).await;
        left = missing().await;
    }
    println!("{} of {} documents run after {:.1?}", cases.len() - left.len(), cases.len(), start.elapsed());
    let mut reasons = Vec::new();
    for case in &left {
        reasons.push(why(&client, case).await);
    }
    assert!(left.is_empty(), "{} do not run:\n{}", left.len(), reasons.join("\n"));
    assert!(cases.len() - services >= 150 && services >= 17, "fewer are accepted than were");
}
