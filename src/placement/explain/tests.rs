use super::*;
use crate::placement::expression;
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Value, json};

/// A node with 2 processors, 4 GiB and places for 10 pods, with `more` of it merged in.
fn node(name: &str, more: Value) -> Node {
    let mut node = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64"}},
        "status": {
            "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    });
    merge(&mut node, more);
    serde_json::from_value(node).unwrap()
}

/// A task with 1024 CPU units and 1 GiB.
fn task(name: &str, more: Value) -> Pod {
    let mut pod = json!({
        "metadata": {
            "name": name, "namespace": "shop",
            "labels": {label::group("service:web"): ""}, "annotations": {label::GROUP: "service:web"},
        },
        "spec": {"containers": [
            {"name": "app", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
        ]},
    });
    merge(&mut pod, more);
    serde_json::from_value(pod).unwrap()
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

fn asked(words: &str) -> Vec<Asked> {
    vec![Asked { words: words.to_owned(), query: expression::parse(words).unwrap() }]
}

fn ports(ports: Value) -> Value {
    json!({"spec": {"containers": [{"name": "app", "ports": ports}]}})
}

/// What the only node lacks for the task, as it is told.
fn told(need: &Need, node: &Node, pods: &[Pod]) -> Vec<String> {
    let rooms = rooms([node], pods);
    explain(need, &rooms)[0].lacks.iter().map(ToString::to_string).collect()
}

#[test]
fn resources_are_told_in_the_units_of_ecs() {
    let there = task(
        "old",
        json!({"spec": {"nodeName": "one", "containers": [
            {"name": "app", "resources": {"requests": {"cpu": "1500m", "memory": "3500Mi"}}},
        ]}}),
    );
    let need = Need::of(&task("new", json!({})), Vec::new());
    let node = node("one", json!({}));
    let lacks = told(&need, &node, &[there]);
    assert_eq!(lacks, ["RESOURCE:CPU needs 1024, has 512", "RESOURCE:MEMORY needs 1024 MiB, has 596 MiB"]);
    let ended = task("old", json!({"spec": {"nodeName": "one"}, "status": {"phase": "Failed"}}));
    assert_eq!(told(&need, &node, &[ended]), Vec::<String>::new());
}

#[test]
fn devices_and_places_for_pods_are_resources_too() {
    let gpu = json!({"spec": {"containers": [{"name": "app", "resources": {"requests": {"nvidia.com/gpu": "1"}}}]}});
    let need = Need::of(&task("new", gpu), Vec::new());
    assert_eq!(told(&need, &node("one", json!({})), &[]), ["RESOURCE:GPU needs 1, has 0"]);
    let full = node("one", json!({"status": {"allocatable": {"pods": "0"}}}));
    let need = Need::of(&task("new", json!({})), Vec::new());
    assert_eq!(told(&need, &full, &[]), ["RESOURCE:ENI needs a place for a pod, has none"]);
}

#[test]
fn a_port_is_had_once_per_node_and_protocol() {
    let port = |protocol: &str| json!([{"containerPort": 80, "hostPort": 80, "protocol": protocol}]);
    let there = task("old", json!({"spec": {"nodeName": "one"}}));
    let mut udp: Value = serde_json::to_value(&there).unwrap();
    merge(&mut udp, ports(port("UDP")));
    let there: Pod = serde_json::from_value(udp).unwrap();
    let need = |protocol| Need::of(&task("new", ports(port(protocol))), Vec::new());
    let node = node("one", json!({}));
    assert_eq!(told(&need("TCP"), &node, std::slice::from_ref(&there)), Vec::<String>::new());
    assert_eq!(
        told(&need("UDP"), &node, std::slice::from_ref(&there)),
        ["RESOURCE:PORTS_UDP 80/udp is taken by shop/old"]
    );
    // On the node's own network a port is the node's without saying so.
    let mut on_node = task("new", ports(json!([{"containerPort": 80, "protocol": "UDP"}])));
    on_node.spec.as_mut().unwrap().host_network = Some(true);
    assert_eq!(told(&Need::of(&on_node, Vec::new()), &node, &[there]).len(), 1);
}

/// A required label of the node.
fn requires(key: &str, value: &str) -> Value {
    let terms = json!([{"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}]);
    json!({"spec": {"affinity": {"nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms},
    }}}})
}

#[test]
fn a_constraint_is_told_in_its_users_words_and_a_platform_as_an_attribute() {
    let one = node("one", json!({}));
    let pod = task("new", requires("attribute.ecs.berth.dev/stack", "prod"));
    let need = Need::of(&pod, asked("attribute:stack equals 'prod'"));
    assert_eq!(
        told(&need, &one, &[]),
        ["MemberOf placement constraint unsatisfied: attribute:stack equals 'prod'"]
    );
    let need = Need::of(&task("new", requires("kubernetes.io/arch", "arm64")), Vec::new());
    assert_eq!(told(&need, &one, &[]), ["ATTRIBUTE attribute:ecs.cpu-architecture == arm64"]);
    // A constraint that holds keeps nothing off, but the pod was made when its node was not known.
    let prod = node("two", json!({"metadata": {"labels": {"attribute.ecs.berth.dev/stack": "prod"}}}));
    let pod = task("new", requires("attribute.ecs.berth.dev/stack", "production"));
    let need = Need::of(&pod, asked("attribute:stack =~ prod.*"));
    assert_eq!(told(&need, &prod, &[]), ["ATTRIBUTE attribute:stack == production"]);
}

#[test]
fn groups_are_looked_for_in_the_tasks_own_namespace() {
    let term = json!([{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchExpressions": [
        {"key": label::group("service:db"), "operator": "Exists"},
    ]}}]);
    let near = json!({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}}});
    let need = Need::of(&task("new", near), asked("task:group == service:db"));
    let db = |namespace: &str| {
        task(
            "db",
            json!({
                "metadata": {
                    "namespace": namespace, "labels": {label::group("service:db"): ""},
                    "annotations": {label::GROUP: "service:db"},
                },
                "spec": {"nodeName": "one"},
            }),
        )
    };
    let one = node("one", json!({}));
    let lack = "MemberOf placement constraint unsatisfied: task:group == service:db";
    assert_eq!(told(&need, &one, &[]), [lack]);
    assert_eq!(told(&need, &one, &[db("other")]), [lack]);
    assert_eq!(told(&need, &one, &[db("shop")]), Vec::<String>::new());
}

#[test]
fn distinct_instance_names_the_task_that_is_there() {
    let spread = json!({"spec": {"topologySpreadConstraints": [{
        "topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "minDomains": i32::MAX,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchExpressions": [{"key": label::group("service:web"), "operator": "Exists"}]},
    }]}});
    let need = Need::of(&task("new", spread), Vec::new());
    let one = node("one", json!({}));
    let there = task("web-1", json!({"spec": {"nodeName": "one"}}));
    let lack = "DistinctInstance placement constraint unsatisfied: web-1 is there";
    assert_eq!(told(&need, &one, std::slice::from_ref(&there)), [lack]);
    let mut going = there.clone();
    going.metadata.deletion_timestamp = Some(serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap());
    assert_eq!(told(&need, &one, &[going]), Vec::<String>::new());
}

#[test]
fn what_a_node_says_of_itself_is_told() {
    let need = Need::of(&task("new", json!({})), Vec::new());
    let away = node(
        "one",
        json!({
            "spec": {"unschedulable": true, "taints": [
                {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
                {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
                {"key": "slow", "effect": "PreferNoSchedule"},
            ]},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]},
        }),
    );
    assert_eq!(
        told(&need, &away, &[]),
        [
            "AGENT is not connected (node not Ready)",
            "DRAINING takes no new tasks (cordoned)",
            "TAINT dedicated=gpu:NoSchedule"
        ]
    );
    let bears = json!({"spec": {"tolerations": [{"key": "dedicated", "operator": "Exists"}]}});
    assert_eq!(told(&Need::of(&task("new", bears), Vec::new()), &away, &[]).len(), 2);
}

#[test]
fn a_node_of_another_cluster_is_no_container_instance() {
    let need = Need::of(&task("new", json!({"spec": {"nodeSelector": {"pool": "a"}}})), Vec::new());
    let rooms = rooms([&node("one", json!({}))], &[]);
    assert!(explain(&need, &rooms).is_empty());
    assert_eq!(closest(&need, &rooms, "", ""), Some(NO_INSTANCES.to_owned()));
    assert_eq!(
        help(&need, &[]),
        ["add a node with 1024 CPU units, 1024 MiB of memory free, the label pool=a"]
    );
}

/// Three nodes: one almost large enough, one cordoned, one with a taint and far too small.
fn three() -> Vec<Room> {
    let small = |cpu: &str| json!({"status": {"allocatable": {"cpu": cpu}}});
    let mut tainted = small("100m");
    merge(
        &mut tainted,
        json!({"spec": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}}),
    );
    let nodes = [
        node("tainted", tainted),
        node("cordoned", json!({"spec": {"unschedulable": true}})),
        node("small", small("500m")),
    ];
    rooms(&nodes, &[])
}

#[test]
fn the_nearest_comes_first_and_what_helps_is_said() {
    let need = Need::of(&task("new", json!({})), Vec::new());
    let rooms = three();
    let verdicts = explain(&need, &rooms);
    let names: Vec<&str> = verdicts.iter().map(|verdict| verdict.room.view.name.as_str()).collect();
    assert_eq!(names, ["small", "cordoned", "tainted"]);
    assert_eq!(
        help(&need, &verdicts),
        [
            "free 512 more CPU units on small",
            "let cordoned take tasks again: kubectl uncordon cordoned",
            "free 922 more CPU units on tainted, and remove the taint dedicated=gpu:NoSchedule from tainted",
            "add a node with 1024 CPU units, 1024 MiB of memory free",
        ]
    );
    assert_eq!(help(&need, &[]), ["add a node with 1024 CPU units, 1024 MiB of memory free"]);
    let only: Vec<Room> = rooms.into_iter().filter(|room| room.view.name == "small").collect();
    let ways = help(&need, &explain(&need, &only));
    assert!(
        ways[1].contains("none is large enough even when empty (most: 512 CPU units, 4096 MiB)"),
        "{ways:?}"
    );
}

#[test]
fn the_closest_is_named_where_the_scheduler_bears_it_out() {
    let need = Need::of(&task("new", json!({})), Vec::new());
    let rooms = three();
    let said = |words: &str| closest(&need, &rooms, words, "");
    let cpu = "The closest matching (container-instance small) has insufficient CPU units available.";
    assert_eq!(said("0/3 nodes are available: 3 Insufficient cpu."), Some(cpu.to_owned()));
    let cordoned = "The closest matching (container-instance cordoned) encountered error \"DRAINING\".";
    assert_eq!(said("0/3 nodes are available: 1 node(s) were unschedulable."), Some(cordoned.to_owned()));
    assert_eq!(said("0/3 nodes are available: 3 node(s) had volumes elsewhere."), None);
    let other = "The closest matching (container-instance tainted) has insufficient CPU units available.";
    let far = closest(&need, &rooms, "3 Insufficient cpu.", other);
    assert_eq!(far, Some(cpu.to_owned()), "it lacks more");
    let none = "Reason: No Container Instances were found in your cluster.";
    assert_eq!(closest(&need, &[], "no nodes available to schedule pods", ""), Some(none.to_owned()));
    // Pods that are not known here take what seems to be free.
    let free = super::rooms([&node("free", json!({}))], &[]);
    let memory = "The closest matching (container-instance free) has insufficient memory available.";
    assert_eq!(closest(&need, &free, "1 Insufficient memory.", ""), Some(memory.to_owned()));
    assert_eq!(closest(&need, &free, "1 Insufficient cpu, 1 Insufficient memory.", ""), None);
}

#[test]
fn every_reason_of_ecs_has_its_sentence() {
    let port = HostPort { protocol: "TCP".to_owned(), number: 80 };
    let resource = |name: &str| Lack::Resource { name: name.to_owned(), needs: 1, has: 0 };
    for (lack, words) in [
        (resource("cpu"), "has insufficient CPU units available."),
        (resource("memory"), "has insufficient memory available."),
        (resource("nvidia.com/gpu"), "encountered error \"RESOURCE:GPU\"."),
        (resource("pods"), "encountered error \"RESOURCE:ENI\"."),
        (Lack::Port { port, holder: "a/b".to_owned() }, "is already using a port required by your task."),
        (Lack::Attribute("x".to_owned()), "is missing an attribute required by your task."),
        (Lack::Agent, "encountered error \"AGENT\"."),
        (Lack::MemberOf("x".to_owned()), "encountered error \"MemberOf placement constraint unsatisfied.\"."),
    ] {
        assert_eq!(sentence(&lack), words);
    }
}

#[test]
fn the_schedulers_words_are_told_without_what_it_could_evict() {
    let said = "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are \
                available: 2 No preemption victims found for incoming pod.";
    assert_eq!(in_short(said), "0/2 nodes are available: 2 Insufficient cpu");
    assert_eq!(in_short("anything else."), "anything else");
    assert!(in_short(&"ä".repeat(1000)).ends_with("ä…"));
}
