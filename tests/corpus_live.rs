//! Real documents on a real control plane: whatever Berth says it accepts runs, unchanged, by `kubectl apply` alone.
//!
//! The documents lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Nodes are simulated, so any image runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "support/corpus.rs"]
mod corpus;
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
use berth::resolve::arn::{self, TaskDefinitionReference};
use corpus::Sample;
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use testbed::process::MARK;
use testbed::{Bed, BedConfig, SimulatedNode};

/// How long all tasks together may take to run.
const PATIENCE: Duration = Duration::from_secs(60);

/// A document with what it needs to run, in a namespace of its own.
struct Case {
    file: String,
    namespace: String,
    service: String,
    desired: usize,
    objects: Vec<Value>,
}

fn object(kind: &str, name: &str, namespace: &str, spec: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
}

/// A task definition as it is, and a service of one task for it.
fn of_definition(index: usize, sample: &Sample) -> Case {
    let (namespace, name) = (format!("td-{index:03}"), "app");
    let family = sample.spec["family"].as_str().filter(|family| !family.is_empty()).unwrap_or(name);
    let service = json!({"taskDefinition": family, "desiredCount": 1});
    let objects = vec![
        object("TaskDefinition", name, &namespace, &sample.spec),
        object("Service", name, &namespace, &service),
    ];
    Case { file: sample.file.clone(), namespace, service: name.into(), desired: 1, objects }
}

/// A service as it is, the definition that it names, and its registries.
fn of_service(index: usize, sample: &Sample, definitions: &[&Sample]) -> Case {
    let namespace = format!("svc-{index:03}");
    let text = sample.spec["taskDefinition"].as_str().unwrap_or_default();
    let reference = TaskDefinitionReference::parse(text);
    let reference = reference.unwrap_or(TaskDefinitionReference { family: "none".into(), revision: None });
    let own = definitions
        .iter()
        .find(|one| one.spec["family"] == *reference.family && fits(&one.spec, &sample.spec));
    let spec = own.map_or_else(|| stand_in(&reference.family, &sample.spec), |one| one.spec.clone());
    let mut definition = object("TaskDefinition", "app", &namespace, &spec);
    if let Some(number) = reference.revision {
        definition["metadata"]["annotations"] = json!({"ecs.berth.dev/revision": number.to_string()});
    }
    let mut objects = vec![definition, object("Service", "app", &namespace, &sample.spec)];
    for registry in list(&sample.spec["serviceRegistries"]) {
        let registry = registry["registryArn"].as_str().unwrap_or_default();
        let mut discovery = object("ServiceDiscovery", "registry", &namespace, &json!({}));
        discovery["metadata"]["annotations"] = json!({"ecs.berth.dev/arn": registry});
        objects.push(discovery);
    }
    let desired = sample.spec["desiredCount"].as_u64().unwrap_or(1) as usize;
    Case { file: sample.file.clone(), namespace, service: "app".into(), desired, objects }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Containers and ports that a service speaks of.
fn wanted(service: &Value) -> Vec<(&str, u64)> {
    let entries = list(&service["loadBalancers"]).iter().chain(list(&service["serviceRegistries"]));
    entries
        .filter_map(|entry| Some((entry["containerName"].as_str()?, entry["containerPort"].as_u64()?)))
        .collect()
}

fn fits(definition: &Value, service: &Value) -> bool {
    let has = |name: &str, port: u64| {
        let mut containers = list(&definition["containerDefinitions"]).iter();
        let container = containers.find(|container| container["name"] == name);
        container.is_some_and(|one| {
            list(&one["portMappings"]).iter().any(|mapping| mapping["containerPort"] == port)
        })
    };
    wanted(service).into_iter().all(|(name, port)| has(name, port))
}

/// A definition for a service whose own is not in the corpus.
fn stand_in(family: &str, service: &Value) -> Value {
    let mut ports: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, port) in wanted(service) {
        ports.entry(name).or_default().push(json!({"containerPort": port}));
    }
    if ports.is_empty() {
        ports.insert("app", Vec::new());
    }
    let container =
        |(name, ports): (&str, Vec<Value>)| json!({"name": name, "image": name, "portMappings": ports});
    let containers: Vec<Value> = ports.into_iter().map(container).collect();
    json!({"family": family, "networkMode": "awsvpc", "cpu": "256", "memory": "512", "containerDefinitions": containers})
}

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
    let services = cases.iter().flat_map(|case| &case.objects).filter(|object| object["kind"] == "Service");
    let mut names: BTreeSet<&str> =
        services.filter_map(|service| service["spec"]["cluster"].as_str()).map(arn::cluster).collect();
    names.insert("default");
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

/// What Berth says of a case without a cluster.
fn objections(case: &Case, clusters: &[Value]) -> Vec<String> {
    let mut bundle = Bundle::default();
    for object in clusters.iter().chain(&case.objects) {
        bundle.add(&case.file, &object.to_string(), "default");
    }
    bundle.report(Missing::IsWrong).violations.iter().map(ToString::to_string).collect()
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
async fn every_document_that_is_accepted_runs_unchanged() {
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
