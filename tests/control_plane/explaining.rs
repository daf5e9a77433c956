//! Why a task is not placed: each of ECS's reasons on simulated nodes, as the event and `berth explain` tell it.

use serde_json::{Value, json};
use testbed::SimulatedNode;

use crate::stage::{Stage, condition, definition};

/// A reason, made with nodes of its own.
struct Case {
    /// Name of the service, its cluster and its nodes `NAME-a` (the nearest) and `NAME-b`.
    name: &'static str,
    /// Changes node a; node b is changed alike, and has no memory to speak of unless it is a twin.
    node: fn(SimulatedNode) -> SimulatedNode,
    twin: bool,
    /// What `kubectl` does to both, with the node's name in place of `NODE`.
    kubectl: &'static [&'static str],
    /// Merged into the definition's spec, and into its container.
    definition: Value,
    container: Value,
    service: Value,
    /// What ECS says of node a.
    sentence: &'static str,
    /// What `berth explain` says of it.
    lack: &'static str,
}

fn case(name: &'static str, sentence: &'static str, lack: &'static str) -> Case {
    Case {
        name,
        node: |node| node,
        twin: false,
        kubectl: &[],
        definition: json!({}),
        container: json!({}),
        service: json!({}),
        sentence,
        lack,
    }
}

fn cases() -> Vec<Case> {
    let port = |protocol: &str| json!({"portMappings": [{"containerPort": 9, "hostPort": 9123, "protocol": protocol}]});
    let taken = "is already using a port required by your task.";
    let unsatisfied = "encountered error \"MemberOf placement constraint unsatisfied.\".";
    vec![
        Case {
            node: |node| SimulatedNode { cpu: 3, ..node },
            definition: json!({"cpu": "4096"}),
            ..case("cpu", "has insufficient CPU units available.", "RESOURCE:CPU needs 4096, has 3072")
        },
        Case {
            node: |node| SimulatedNode { memory_mib: 3000, ..node },
            container: json!({"memory": 4000}),
            ..case(
                "memory",
                "has insufficient memory available.",
                "RESOURCE:MEMORY needs 4000 MiB, has 3000 MiB",
            )
        },
        Case {
            twin: true,
            container: port("tcp"),
            service: json!({"desiredCount": 3}),
            ..case("ports", taken, "RESOURCE:PORTS 9123/tcp is taken by explain/ports-")
        },
        Case {
            twin: true,
            container: port("udp"),
            service: json!({"desiredCount": 3}),
            ..case("ports-udp", taken, "RESOURCE:PORTS_UDP 9123/udp is taken by explain/ports-udp-")
        },
        Case {
            node: |node| SimulatedNode { gpu: 1, ..node },
            container: json!({"resourceRequirements": [{"type": "GPU", "value": "2"}]}),
            ..case("gpu", "encountered error \"RESOURCE:GPU\".", "RESOURCE:GPU needs 2, has 1")
        },
        Case {
            node: |node| SimulatedNode { pods: 0, ..node },
            ..case(
                "eni",
                "encountered error \"RESOURCE:ENI\".",
                "RESOURCE:ENI needs a place for a pod, has none",
            )
        },
        Case {
            definition: json!({"runtimePlatform": {"cpuArchitecture": "ARM64"}}),
            ..case(
                "attribute",
                "is missing an attribute required by your task.",
                "ATTRIBUTE attribute:ecs.cpu-architecture == arm64",
            )
        },
        Case {
            node: |node| node.label("attribute.ecs.berth.dev/stack", "dev"),
            service: json!({"placementConstraints": [
                {"type": "memberOf", "expression": "attribute:stack equals 'prod'"},
            ]}),
            ..case(
                "memberof",
                unsatisfied,
                "MemberOf placement constraint unsatisfied: attribute:stack equals 'prod'",
            )
        },
        Case {
            twin: true,
            service: json!({"desiredCount": 3, "placementConstraints": [{"type": "distinctInstance"}]}),
            ..case(
                "distinct",
                "encountered error \"DistinctInstance placement constraint unsatisfied.\".",
                "DistinctInstance placement constraint unsatisfied: distinct-",
            )
        },
        Case {
            kubectl: &["cordon", "NODE"],
            ..case("draining", "encountered error \"DRAINING\".", "DRAINING takes no new tasks (cordoned)")
        },
        Case {
            kubectl: &["taint", "node", "NODE", "dedicated=gpu:NoSchedule"],
            ..case("taint", "encountered error \"TAINT\".", "TAINT dedicated=gpu:NoSchedule")
        },
    ]
}

fn merge(into: &mut Value, from: &Value) {
    from.as_object().unwrap().iter().for_each(|(key, value)| into[key] = value.clone());
}

/// The nodes of a case.
fn nodes(case: &Case) -> Vec<SimulatedNode> {
    let node = |letter: &str| SimulatedNode::new(format!("{}-{letter}", case.name)).label("pool", case.name);
    let mut far = (case.node)(node("b"));
    if !case.twin {
        far.memory_mib = 4;
    }
    vec![(case.node)(node("a")), far]
}

/// A cluster of the nodes of that pool, whose tasks may take ports of nodes.
fn cluster(name: &str) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": format!("explain-{name}")},
        "spec": {"kubernetes": {
            "nodeSelector": {"pool": name},
            "grants": [{"namespaces": ["explain"], "permissions": ["HostPorts"]}],
        }},
    })
}

fn service(name: &str) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service", "metadata": {"name": name},
        "spec": {"cluster": format!("explain-{name}"), "taskDefinition": name, "desiredCount": 1},
    })
}

/// `berth explain`: how it ended, and what it printed.
async fn explained(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_berth"))
        .arg("explain")
        .args(arguments)
        .args(["--namespace", &stage.namespace, "--kubeconfig"])
        .arg(stage.bed.kubeconfig())
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

/// Waits for the event about `name`, and that `berth explain` names the same node first with this lack.
async fn told(stage: &Stage, name: &str, (sentence, lack): (&str, &str)) {
    let event = stage.event(name, "ServiceTaskPlacementFailure").await;
    let words = format!(
        "(service {name}) was unable to place a task because no container instance met all of its requirements. The \
         closest matching (container-instance {name}-a) {sentence} ("
    );
    assert!(event.starts_with(&words), "{event}");
    assert!(event.contains("nodes are available"), "{event}");
    let (code, text) = explained(stage, &[&format!("service/{name}")]).await;
    assert_eq!(code, Some(1), "{text}");
    let nearest = text.lines().skip_while(|line| !line.starts_with("NODE ")).nth(1).unwrap_or_default();
    assert!(nearest.starts_with(&format!("{name}-a ")) && nearest.contains(lack), "{text}");
    assert!(text.contains("What would help, each alone:"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reason_of_ecs_is_told_with_the_right_node() {
    let stage = Stage::new("explain").await;
    let cases = cases();
    stage.bed.add_simulated_nodes(cases.iter().flat_map(nodes).collect()).await.unwrap();
    for case in &cases {
        for node in ["a", "b"].iter().filter(|_| !case.kubectl.is_empty()) {
            let node = format!("{}-{node}", case.name);
            let arguments: Vec<&str> =
                case.kubectl.iter().map(|word| if *word == "NODE" { &node } else { *word }).collect();
            stage.bed.kubectl(&arguments).await.unwrap();
        }
    }
    let mut documents = vec![cluster("agent"), cluster("none")];
    documents.extend(cases.iter().map(|case| cluster(case.name)));
    stage.apply(&documents.iter().collect::<Vec<_>>()).await;
    silent(&stage).await;
    let mut documents = vec![
        definition("agent", "nginx:1"),
        service("agent"),
        definition("none", "nginx:1"),
        service("none"),
    ];
    for case in &cases {
        let mut definition = definition(case.name, "nginx:1");
        // A port of the node is one only where the task has the node's.
        definition["spec"]["networkMode"] = json!("bridge");
        merge(&mut definition["spec"], &case.definition);
        merge(&mut definition["spec"]["containerDefinitions"][0], &case.container);
        let mut service = service(case.name);
        merge(&mut service["spec"], &case.service);
        documents.extend([definition, service]);
    }
    stage.apply(&documents.iter().collect::<Vec<_>>()).await;
    for case in &cases {
        told(&stage, case.name, (case.sentence, case.lack)).await;
    }
    told(&stage, "agent", ("encountered error \"AGENT\".", "AGENT is not connected")).await;

    let event = stage.event("none", "ServiceTaskPlacementFailure").await;
    assert!(event.contains("Reason: No Container Instances were found in your cluster."), "{event}");
    let (code, text) = explained(&stage, &["service/none"]).await;
    assert!(code == Some(1) && text.contains("the label pool=none"), "{text}");
    rests(&stage).await;
    answers(&stage).await;
}

/// A node whose kubelet says that it is not ready.
async fn silent(stage: &Stage) {
    let node = SimulatedNode::new("agent-a").label("pool", "agent");
    stage.bed.add_simulated_nodes(vec![node]).await.unwrap();
    stage.bed.silence_node("agent-a").await.unwrap();
    let status =
        r#"{"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "KubeletNotReady"}]}}"#;
    stage.bed.kubectl(&["patch", "node", "agent-a", "--subresource=status", "-p", status]).await.unwrap();
    stage
        .until("the node is kept from tasks", async || {
            let taints = ["get", "node", "agent-a", "-o", "jsonpath={.spec.taints}"];
            stage.bed.kubectl(&taints).await.ok()?.contains("not-ready").then_some(())
        })
        .await;
}

/// The condition says the same as long as the scheduler does, whatever other tasks come and go.
async fn rests(stage: &Stage) {
    let service = stage.service("cpu").await;
    let (status, reason, message) = condition(&service, "Placed").unwrap();
    assert_eq!((status.as_str(), reason.as_str()), ("False", "PlacementFailed"));
    assert!(
        message.starts_with("1 task(s) find no container instance that meets all of their requirements. ")
    );
    assert!(
        message.contains("(container-instance cpu-a) has insufficient CPU units available. ("),
        "{message}"
    );
    stage.kubectl(&["scale", "ecssvc/ports", "--replicas=2"]).await;
    stage.kubectl(&["scale", "ecssvc/ports", "--replicas=3"]).await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let later = stage.service("cpu").await;
    assert_eq!(condition(&later, "Placed"), condition(&service, "Placed"));
    assert_eq!(later.metadata.resource_version, service.metadata.resource_version);
}

/// What fits ends with 0, what is not there with 2; a task is explained like its service.
async fn answers(stage: &Stage) {
    let task = stage.live("cpu").await.remove(0).metadata.name.unwrap();
    let (code, text) = explained(stage, &[&format!("task/{task}")]).await;
    assert!(code == Some(1) && text.starts_with(&format!("Task {task} asks for 4096 CPU units")), "{text}");
    let (code, text) = explained(stage, &["service/nobody"]).await;
    assert!(code == Some(2) && text.contains("service/nobody: MISSING"), "{text}");
    stage.bed.kubectl(&["uncordon", "draining-a"]).await.unwrap();
    stage
        .until_service("draining", "its task runs", |it| it.status.as_ref().unwrap().running_count == 1)
        .await;
    let (code, text) = explained(stage, &["service/draining", "--map"]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 of 2 container instances would take it."), "{text}");
    assert!(text.contains("draining x1"), "{text}");
}
