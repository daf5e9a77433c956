//! A namespace of the bed, and what stages do in it.

use super::documents;
use berth::api;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, Service as CoreService};
use kube::api::{DynamicObject, ListParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testbed::Bed;

/// A namespace of the bed.
pub struct Site<'a> {
    pub bed: &'a Bed,
    pub client: Client,
    pub namespace: &'static str,
}

impl<'a> Site<'a> {
    pub fn new(bed: &'a Bed, namespace: &'static str) -> Self {
        Self { bed, client: bed.client().unwrap(), namespace }
    }

    /// Makes the namespace with these labels.
    pub async fn create(&self, labels: Value) {
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": labels},
        });
        self.bed.apply(&namespace.to_string()).await.unwrap();
    }

    pub async fn kubectl(&self, args: &[&str]) -> String {
        self.bed.kubectl(&[&["-n", self.namespace], args].concat()).await.unwrap()
    }

    /// Applies documents, all at once as users do.
    pub async fn apply(&self, documents: &[Value]) {
        let args = ["apply", "--server-side", "--force-conflicts", "-n", self.namespace, "-f", "-"];
        let output = self.bed.kubectl_with_input(&args, &documents::text(documents)).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), self.namespace)
    }

    pub async fn service(&self, name: &str) -> api::Service {
        self.api::<api::Service>().get(name).await.unwrap()
    }

    /// Waits until the service runs this revision and nothing else; how long that took.
    pub async fn steady(&self, name: &str, revision: u32) -> Duration {
        let from = Instant::now();
        let wanted = format!("{name}:{revision}");
        until(&format!("{name} steady on revision {revision}"), 90, || async {
            let service = self.service(name).await;
            let status = service.status?;
            (status.observed_generation == service.metadata.generation
                && status.task_definition.as_deref() == Some(&wanted)
                && status.deployments.len() == 1
                && status.running_count == service.spec.desired_count.unwrap_or(1)
                && status.conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
            .then_some(())
        })
        .await;
        from.elapsed()
    }

    /// Gives the first container of a family another version of the test app.
    pub async fn edit(&self, family: &str, version: &str) {
        let image = format!("localhost/testapp:{version}");
        let change = json!([{"op": "replace", "path": "/spec/containerDefinitions/0/image", "value": image}]);
        self.kubectl(&["patch", "ecstd", family, "--type=json", "-p", &change.to_string()]).await;
    }

    /// The pods of a service's tasks, the stopped ones too.
    pub async fn all_tasks(&self, service: &str) -> Vec<Pod> {
        let list = ListParams::default().labels(&format!("ecs.berth.dev/service={service}"));
        self.api::<Pod>().list(&list).await.unwrap().items
    }

    /// Tasks that should run.
    pub async fn tasks(&self, service: &str) -> Vec<Pod> {
        let mut pods = self.all_tasks(service).await;
        pods.retain(|pod| {
            pod.metadata.deletion_timestamp.is_none()
                && !pod.labels().contains_key("ecs.berth.dev/stop-code")
                && !matches!(phase(pod), "Failed" | "Succeeded")
        });
        pods
    }

    /// The one task of a service.
    pub async fn task(&self, service: &str) -> Pod {
        let mut tasks = self.tasks(service).await;
        assert_eq!(tasks.len(), 1, "{:?}", names(&tasks));
        tasks.remove(0)
    }

    /// The pod once it has ended.
    pub async fn ended(&self, name: &str, within: u64) -> Pod {
        until(&format!("{name} has ended"), within, || async {
            let pod = self.api::<Pod>().get(name).await.unwrap();
            // A busy node may tell the phase before how each container ended.
            let containers = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
            let runs =
                |status: &ContainerStatus| status.state.as_ref().is_some_and(|it| it.running.is_some());
            let ended = matches!(phase(&pod), "Failed" | "Succeeded") && !containers.clone().any(runs);
            ended.then_some(pod)
        })
        .await
    }

    /// The address of a target group's core Service.
    pub async fn address(&self, core: &str) -> String {
        let ip = until(&format!("core Service {core}"), 30, || async {
            self.api::<CoreService>().get_opt(core).await.unwrap()?.spec?.cluster_ip
        })
        .await;
        format!("http://{ip}:8080/")
    }

    /// The notes of the namespace's events of this reason.
    pub async fn events(&self, reason: &str) -> Vec<String> {
        let events: Api<k8s_openapi::api::events::v1::Event> = self.api();
        let events = events.list(&ListParams::default()).await.unwrap();
        let of_reason = events.items.into_iter().filter(|event| event.reason.as_deref() == Some(reason));
        of_reason.filter_map(|event| event.note).collect()
    }

    /// Everything in the namespace that Berth has to do with: kind, name, uid and version.
    pub async fn inventory(&self) -> Vec<[String; 4]> {
        const KINDS: [(&str, &str, &str); 8] = [
            ("", "v1", "Pod"),
            ("", "v1", "Service"),
            ("apps", "v1", "ControllerRevision"),
            ("policy", "v1", "PodDisruptionBudget"),
            ("discovery.k8s.io", "v1", "EndpointSlice"),
            ("ecs.berth.dev", "v1alpha1", "Service"),
            ("ecs.berth.dev", "v1alpha1", "TaskDefinition"),
            ("ecs.berth.dev", "v1alpha1", "ServiceDiscovery"),
        ];
        let mut found = Vec::new();
        for (group, version, kind) in KINDS {
            let mut resource =
                kube::api::ApiResource::from_gvk(&kube::api::GroupVersionKind::gvk(group, version, kind));
            if (group, kind) == ("ecs.berth.dev", "Service") {
                resource.plural = "ecsservices".to_owned();
            }
            let api: Api<DynamicObject> =
                Api::namespaced_with(self.client.clone(), self.namespace, &resource);
            for object in api.list(&ListParams::default()).await.unwrap() {
                let (uid, version) = (object.uid().unwrap(), object.resource_version().unwrap());
                found.push([format!("{group}/{kind}"), object.name_any(), uid, version]);
            }
        }
        found
    }
}

pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

pub fn names(pods: &[Pod]) -> Vec<String> {
    pods.iter().map(ResourceExt::name_any).collect()
}

pub fn node_of(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
}

pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The URL of a pod's own server.
pub fn url(pod: &Pod, path: &str) -> String {
    let ip = pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap();
    format!("http://{ip}:8080/{path}")
}

/// The status of a container as JSON.
pub fn container(pod: &Pod, name: &str) -> Value {
    let statuses = serde_json::to_value(&pod.status.as_ref().unwrap().container_statuses).unwrap();
    statuses.as_array().unwrap().iter().find(|status| status["name"] == name).unwrap().clone()
}

/// Looks until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, seconds: u64, look: impl Fn() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(seconds), "after {seconds} s still not: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
