//! One namespace of the shared test bed with operators of its own, and what tests ask and do there.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use berth::api::{Service, TaskDefinition};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use testbed::{Bed, BedConfig};
use tokio::sync::OnceCell;

use crate::operator::Operator;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The bed of all tests of this process; it ends with the process.
static BED: OnceCell<Bed> = OnceCell::const_new();

/// One namespace and its operators.
pub struct Stage {
    pub bed: &'static Bed,
    pub client: Client,
    pub namespace: String,
    pub operators: Vec<Operator>,
}

async fn bed() -> &'static Bed {
    let start = async || prepared(BedConfig::simulated(30, 3)).await;
    BED.get_or_init(start).await
}

/// A bed with everything that Berth needs.
async fn prepared(config: BedConfig) -> Bed {
    let bed = Bed::start(config).await.unwrap();
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    bed.kubectl(&["apply", "--server-side", "-k", crds]).await.unwrap();
    let wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"];
    bed.kubectl(&wait).await.unwrap();
    // With any Cluster, one that is not there is an error.
    let cluster = r#"{"apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "default"}, "spec": {}}"#;
    for _ in 0..50 {
        if bed.apply(cluster).await.is_ok() {
            return bed;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the kinds are not served");
}

impl Stage {
    /// A new namespace with one operator.
    pub async fn new(namespace: &str) -> Self {
        Self::with(namespace, &["a"]).await
    }

    /// A namespace with one operator on a bed of its own, for tests that take nodes away. The bed lives as long as the
    /// process.
    pub async fn apart(namespace: &str, config: BedConfig) -> Self {
        let bed: &'static Bed = Box::leak(Box::new(prepared(config).await));
        Self::on(bed, namespace, &["a"]).await
    }

    /// A new namespace with operators of these identities.
    pub async fn with(namespace: &str, identities: &[&str]) -> Self {
        Self::on(bed().await, namespace, identities).await
    }

    async fn on(bed: &'static Bed, namespace: &str, identities: &[&str]) -> Self {
        let client = bed.client().unwrap();
        bed.kubectl(&["create", "namespace", namespace]).await.unwrap();
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
        let mut stage = Self { bed, client, namespace: namespace.to_owned(), operators: Vec::new() };
        stage
            .until("the namespace has its ServiceAccount", async || accounts.get("default").await.ok())
            .await;
        for identity in identities {
            stage.start(identity);
        }
        stage
    }

    /// Starts one more operator.
    pub fn start(&mut self, identity: &str) {
        self.operators.push(Operator::start(self.bed, &self.namespace, identity));
    }

    /// The objects of a kind in the namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// `kubectl` in the namespace.
    pub async fn kubectl(&self, args: &[&str]) -> String {
        let args = [&["--namespace", &self.namespace], args].concat();
        self.bed.kubectl(&args).await.unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// `kubectl apply` of `documents`, server-side.
    pub async fn apply(&self, documents: &[&Value]) {
        self.apply_with(documents, &["--server-side", "--force-conflicts"]).await;
    }

    /// `kubectl apply` of `documents`, with `flags`.
    pub async fn apply_with(&self, documents: &[&Value], flags: &[&str]) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string();
        let args = [&["--namespace", &self.namespace, "apply", "-f", "-"], flags].concat();
        let output = self.bed.kubectl_with_input(&args, &list).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A merge patch of a Service.
    pub async fn edit(&self, service: &str, patch: Value) -> Service {
        let api = self.api::<Service>();
        api.patch(service, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap()
    }

    pub async fn service(&self, name: &str) -> Service {
        self.api::<Service>().get(name).await.unwrap()
    }

    pub async fn definition(&self, name: &str) -> TaskDefinition {
        self.api::<TaskDefinition>().get(name).await.unwrap()
    }

    /// All pods of a service, oldest name first.
    pub async fn pods(&self, service: &str) -> Vec<Pod> {
        let labels = ListParams::default().labels(&format!("ecs.berth.dev/service={service}"));
        let mut pods = self.api::<Pod>().list(&labels).await.unwrap().items;
        pods.sort_by_key(ResourceExt::name_any);
        pods
    }

    /// The tasks of a service whose desiredStatus is RUNNING.
    pub async fn live(&self, service: &str) -> Vec<Pod> {
        let mut pods = self.pods(service).await;
        pods.retain(is_live);
        pods
    }

    /// The events about an object, as (reason, note), by time.
    pub async fn events(&self, object: &str) -> Vec<(String, String)> {
        let mut events = self.api::<Event>().list(&ListParams::default()).await.unwrap().items;
        events.retain(|event| event.regarding.as_ref().is_some_and(|it| it.name.as_deref() == Some(object)));
        events.sort_by_key(|event| event.event_time.clone().map(|time| time.0));
        let texts = events.into_iter();
        texts.map(|event| (event.reason.unwrap_or_default(), event.note.unwrap_or_default())).collect()
    }

    /// Polls `check` until it gives something.
    pub async fn until<T>(&self, what: &str, check: impl AsyncFnMut() -> Option<T>) -> T {
        self.within(PATIENCE, what, check).await
    }

    /// Polls `check` until it gives something, for `patience`.
    pub async fn within<T>(
        &self,
        patience: Duration,
        what: &str,
        mut check: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = check().await {
                return found;
            }
            if start.elapsed() > patience {
                let state = self.bed.kubectl(&["-n", &self.namespace, "get", "ecs,pods,events"]).await;
                let logs: Vec<String> = self.operators.iter().map(Operator::tail).collect();
                let state = state.unwrap_or_default();
                panic!("it never happened within {patience:?} that {what}\n{state}\n{}", logs.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until `test` holds for the Service.
    pub async fn until_service(&self, name: &str, what: &str, test: impl Fn(&Service) -> bool) -> Service {
        self.until(&format!("{name} is such that {what}"), async || {
            let service = self.api::<Service>().get_opt(name).await.ok().flatten();
            service.filter(|service| test(service))
        })
        .await
    }

    /// Waits until the service is in a steady state with its newest spec.
    pub async fn steady(&self, name: &str) -> Service {
        self.until_service(name, "it is steady", is_steady).await
    }

    /// Waits for an event about `object` of this reason; its note.
    pub async fn event(&self, object: &str, reason: &str) -> String {
        self.until(&format!("an event {reason} tells about {object}"), async || {
            let events = self.events(object).await;
            events.into_iter().find(|(found, _)| found == reason).map(|(_, note)| note)
        })
        .await
    }
}

pub fn is_steady(service: &Service) -> bool {
    is_observed(service) && condition(service, "Ready").is_some_and(|(status, ..)| status == "True")
}

/// Whether the status is about the newest spec.
pub fn is_observed(service: &Service) -> bool {
    let observed = service.status.as_ref().and_then(|status| status.observed_generation);
    observed.is_some() && observed == service.metadata.generation
}

/// A condition's status, reason and message.
pub fn condition(service: &Service, about: &str) -> Option<(String, String, String)> {
    let conditions = &service.status.as_ref()?.conditions;
    let found = conditions.iter().find(|condition| condition.type_ == about)?;
    Some((found.status.clone(), found.reason.clone(), found.message.clone()))
}

/// Whether the task's desiredStatus is RUNNING and it has not ended.
pub fn is_live(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && !pod.labels().contains_key("ecs.berth.dev/stop-code")
        && !matches!(phase, Some("Succeeded" | "Failed"))
}

/// What a set of objects is called, for messages.
pub fn names<K: ResourceExt + Debug>(objects: &[K]) -> Vec<String> {
    objects.iter().map(ResourceExt::name_any).collect()
}

/// A task definition with one container `app` on port 8080.
pub fn definition(family: &str, image: &str) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "TaskDefinition", "metadata": {"name": family},
        "spec": {"family": family, "networkMode": "awsvpc", "containerDefinitions": [
            {"name": "app", "image": image, "memory": 16, "portMappings": [{"containerPort": 8080}]},
        ]},
    })
}

/// A service behind a target group, so that its tasks count as healthy once they run.
pub fn service(name: &str, count: u32) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service", "metadata": {"name": name},
        "spec": {
            "taskDefinition": name, "desiredCount": count,
            "loadBalancers": [{"targetGroupArn": name, "containerName": "app", "containerPort": 8080}],
            "kubernetes": {"deregistrationDelaySeconds": 0},
        },
    })
}
