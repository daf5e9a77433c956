use super::*;
use Condition::{Complete, Create, Healthy, Start, Success};

fn one(name: &str, waits: &[(&str, Condition)]) -> Container {
    let depends_on =
        waits.iter().map(|(name, condition)| Dependency { container: (*name).into(), condition: *condition });
    Container {
        name: name.into(),
        image: format!("{name}:1"),
        depends_on: depends_on.collect(),
        stop_timeout: 30,
        ..Container::default()
    }
}

fn definition(containers: Vec<Container>) -> TaskDefinition {
    TaskDefinition { containers, ..super::super::golden::cases::minimal().task_definition }
}

fn newest() -> Capabilities {
    Capabilities { pod_level_resources: true, container_restart_rules: true }
}

/// The init containers, the gated ones.
fn shape(containers: Vec<Container>) -> (String, String) {
    let definition = definition(containers);
    let order = Order::of(&definition, newest());
    let names = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(" ");
    (names(&order.inits), names(&order.gated))
}

fn strings(inits: &str, gated: &str) -> (String, String) {
    (inits.to_owned(), gated.to_owned())
}

#[test]
fn a_chain_of_successes_is_a_row_of_init_containers() {
    let chain =
        vec![one("a", &[]), one("b", &[("a", Success)]), one("c", &[("b", Success), ("a", Complete)])];
    assert_eq!(shape(chain), strings("a b", ""));
}

#[test]
fn what_needs_a_running_container_is_no_init_container_and_neither_is_who_needs_it() {
    let behind = vec![
        one("db", &[]),
        one("schema", &[("db", Start)]),
        one("seed", &[("schema", Success)]),
        one("app", &[("seed", Success)]),
    ];
    assert_eq!(shape(behind), strings("", "app seed"));
}

#[test]
fn a_container_that_others_meet_while_it_runs_is_no_init_container() {
    for condition in [Start, Healthy] {
        let met = vec![one("a", &[]), one("b", &[("a", condition)]), one("c", &[("a", Success)])];
        assert_eq!(shape(met).0, "", "{condition:?}");
    }
    let found = vec![one("a", &[]), one("b", &[("a", Create)]), one("c", &[("a", Success)])];
    assert_eq!(shape(found), strings("a", ""));
    let ended = vec![one("a", &[]), one("b", &[("a", Complete)])];
    assert_eq!(shape(ended), strings("", "b"));
}

#[test]
fn order_alone_gates_nobody_but_those_behind_a_gate() {
    let row = vec![one("a", &[]), one("b", &[("a", Start)]), one("c", &[("b", Start)])];
    assert_eq!(shape(row), strings("", ""));
    let behind = vec![one("a", &[]), one("b", &[("a", Healthy)]), one("c", &[("b", Start)])];
    let definition = definition(behind.clone());
    let order = Order::of(&definition, newest());
    assert_eq!(order.gate(&behind[1]).as_deref(), Some("waiting for a to be HEALTHY"));
    assert_eq!(order.gate(&behind[2]).as_deref(), Some("waiting for b to START"));
}

#[test]
fn without_sizes_of_pods_a_success_is_waited_for_at_a_gate() {
    let definition = definition(vec![one("a", &[]), one("b", &[("a", Success)])]);
    let order = Order::of(&definition, Capabilities::default());
    assert_eq!(order.gate(&definition.containers[1]).as_deref(), Some("waiting for a to be SUCCESS"));
}

#[test]
fn a_container_outlives_the_longest_chain_of_those_that_need_it() {
    let mut containers = vec![
        one("proxy", &[]),
        one("cache", &[]),
        one("app", &[("proxy", Healthy), ("cache", Start)]),
        one("web", &[("app", Start), ("proxy", Start)]),
    ];
    containers[2].stop_timeout = 20;
    containers[1].stop_timeout = 120;
    let definition = definition(containers);
    let order = Order::of(&definition, newest());
    let seconds: Vec<u32> = definition.containers.iter().map(|one| order.outlives(one)).collect();
    assert_eq!((seconds, order.stop_seconds()), (vec![50, 50, 30, 0], 170));
}

#[test]
fn the_pod_tells_what_is_waited_for_and_for_how_long() {
    let mut containers =
        vec![one("init", &[]), one("My_Db", &[]), one("app", &[("init", Success), ("My_Db", Healthy)])];
    (containers[0].start_timeout, containers[1].start_timeout) = (Some(5), Some(60));
    let definition = definition(containers);
    let told = serde_json::to_string(&Order::of(&definition, newest()).annotation()).unwrap();
    let db = names::legal("My_Db");
    let expected = format!(
        r#"{{"app":{{"image":"app:1","after":[{{"container":"init","condition":"SUCCESS","timeout":5}},{{"container":"{db}","condition":"HEALTHY","timeout":60}}]}}}}"#
    );
    assert_eq!(told, expected);
}
