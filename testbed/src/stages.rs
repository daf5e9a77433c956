//! What kwok is told: how simulated nodes and the pods on them behave.
//!
//! A task's behaviour is chosen by the *image name* of its containers. Images that do not hold
//! `sim/` run, and are ready at once. After `sim/` come one or more wishes joined by `_`; a tag
//! (`:v2`) means nothing, so that two versions of one behaviour can differ. `T` is in whole seconds
//! and counts from the start of the pod; things happen between `T` and `T`+1 seconds, and at once
//! for `0s`.
//!
//! | wish | what the container does |
//! |---|---|
//! | `exit-N-after-Ts` | ends with exit code `N` |
//! | `oom-after-Ts` | is killed for want of memory: exit code 137, `OOMKilled` |
//! | `never-ready` | runs, never ready |
//! | `ready-after-Ts` | runs, ready only then |
//! | `unhealthy-after-Ts` | is ready, and is not from then on |
//! | `slow-stop-Ts` | goes on for `T` when asked to stop; killed (137) once its grace period is over |
//! | `no-such-image` | waits with `ImagePullBackOff` |
//!
//! `sim/ready-after-2s_slow-stop-5s:v3` is both. An image with a space in it can be read by nobody: the container
//! waits with `InvalidImageName` until another image is named. Containers never restart, whatever the pod's
//! `restartPolicy`; init containers complete at once, and native sidecars run.
//! `activeDeadlineSeconds` and deletion are honoured as a kubelet does.

use serde_json::{Value, json};

const NODE: &str = include_str!("../stages/node.yaml");
const NEXT: &str = include_str!("../stages/pod-next.jq");
const STATUS: &str = include_str!("../stages/pod-status.tpl");

/// kwok's configuration file.
pub(crate) fn kwok_config(lease_seconds: u64) -> String {
    let options = json!({
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "metadata": {"name": "berth-testbed"},
        "options": {
            "cidr": "10.244.0.0/16",
            "nodeIP": "10.243.0.1",
            "manageNodesWithLabelSelector": format!("{}={}", crate::nodes::MANAGED.0, crate::nodes::MANAGED.1),
            "nodeLeaseDurationSeconds": lease_seconds,
            // Work of the API server's, not of the processor's: more of it at a time helps.
            "podPlayStageParallelism": 32,
            "nodePlayStageParallelism": 16,
            "nodeLeaseParallelism": 16,
        },
    });
    let alive = ("status.phase", json!({"operator": "In", "values": ["Pending", "Running"]}));
    let deleted = ("metadata.deletionTimestamp", json!({"operator": "Exists"}));
    let fresh = ("status.startTime", json!({"operator": "DoesNotExist"}));
    let stages = [
        pod_stage("start", &fresh, &[patch("start")]),
        pod_stage("advance", &alive, &[patch("advance")]),
        pod_stage("deadline", &alive, &[patch("deadline")]),
        pod_stage("kill", &alive, &[patch("kill")]),
        pod_stage("stop", &deleted, &[patch("stop")]),
        pod_stage("remove", &deleted, &[json!({"delete": true})]),
    ];
    let documents = std::iter::once(options).chain(stages).map(|d| format!("{d:#}"));
    documents.chain([NODE.to_owned()]).collect::<Vec<_>>().join("\n---\n")
}

/// A stage that applies to the pods for which the program in `pod-next.jq` says `step`. The cheap
/// test comes first: kwok asks every stage about every change of every pod.
fn pod_stage(step: &str, (key, cheap): &(&str, Value), steps: &[Value]) -> Value {
    let mut cheap = cheap.clone();
    if let Some(fields) = cheap.as_object_mut() {
        fields.insert("key".to_owned(), json!(format!(".{key}")));
    }
    let next = format!("{NEXT}\n| ");
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": format!("pod-{step}")},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {"matchExpressions": [
                {"jq": cheap},
                {"jq": {"key": format!("{next}.do"), "operator": "In", "values": [step]}},
            ]},
            "delay": {
                "durationMilliseconds": 0,
                "durationFrom": {"jq": {"expression": format!("{next}.at | todate")}},
            },
            "steps": steps,
        },
    })
}

fn patch(mode: &str) -> Value {
    json!({"patch": {
        "subresource": "status",
        "root": "status",
        "type": "strategic",
        "template": format!("{{{{- $mode := \"{mode}\" -}}}}\n{STATUS}"),
    }})
}
