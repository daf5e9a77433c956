//! What live tasks need: containers whose turn has come are let go, tasks that Kubernetes no longer shows as
//! endpoints, though they serve, are taken out of its hands, and autoscalers are told which are protected.

use super::error::Error;
use super::launch::{AT_ONCE, Done, Launch, key};
use crate::kubernetes::Guard;
use crate::model::label;
use crate::rollout::{Go, Plan};
use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// One patch for each task.
pub(super) async fn carry_out(launch: &Launch<'_>, plan: &Plan, done: &mut Done) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut patches: Vec<(&Pod, Value)> = Vec::new();
    for go in &plan.go {
        patches.extend(launch.pods.get(&go.task).map(|pod| (&**pod, let_go(go, now))));
    }
    for task in &plan.list {
        patches.extend(launch.pods.get(task).map(|pod| (&**pod, listed(pod))));
    }
    for shield in &plan.shield {
        patches.extend(launch.pods.get(&shield.task).map(|pod| (&**pod, shielded(shield.on))));
    }
    for task in &plan.settled {
        let done = json!({"metadata": {"annotations": {label::MOVED_TO: null}}});
        patches.extend(launch.pods.get(task).map(|pod| (&**pod, done)));
    }
    for some in patches.chunks(AT_ONCE) {
        if launch.context.leaving.is_cancelled() {
            break;
        }
        let writes = some.iter().map(|(pod, patch)| launch.context.writer.merge(*pod, patch, Guard::Uid));
        for pod in join_all(writes.collect::<Vec<_>>()).await {
            if let Some(pod) = pod? {
                launch.context.wrote(super::service::NAME, &key(launch.service), &pod);
                done.pods.push(pod);
            }
        }
    }
    Ok(())
}

/// The true images in place of the texts at the gates.
fn let_go(go: &Go, now: Timestamp) -> Value {
    let containers: Vec<Value> =
        go.containers.iter().map(|one| json!({"name": one.container, "image": one.image})).collect();
    json!({
        "metadata": {"annotations": {label::RELEASED_AT: now.to_string()}},
        "spec": {"containers": containers},
    })
}

/// What autoscalers are told of a task: to leave it alone, or what a new one tells them.
fn shielded(on: bool) -> Value {
    let (evict, disrupt) = if on { ("false", json!("true")) } else { ("true", Value::Null) };
    json!({"metadata": {"annotations": {label::SAFE_TO_EVICT: evict, label::DO_NOT_DISRUPT: disrupt}}})
}

/// Other values of the labels that core Services select by.
fn listed(pod: &Pod) -> Value {
    let keys = pod.metadata.labels.iter().flat_map(|labels| labels.keys());
    let labels = keys.filter(|key| label::is_endpoint(key)).map(|key| (key.clone(), json!(label::LISTED)));
    json!({"metadata": {"labels": labels.collect::<serde_json::Map<_, _>>()}})
}
