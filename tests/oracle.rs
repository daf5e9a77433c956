//! The model of ECS's placement that others are measured against, held against what ECS documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests")]

#[path = "support/oracle.rs"]
mod oracle;

use berth::placement::expression::parse;
use berth::placement::{NodeView, attribute, matches};
use oracle::scenario::{Scenario, Step};
use oracle::{Cluster, Constraint, Instance, Request, Resource, Rule, Size, Strategy, ZONE};
use std::collections::BTreeSet;

fn instance(name: &str, zone: &str, cpu: u32) -> Instance {
    let attributes = [(ZONE.to_owned(), zone.to_owned())].into();
    Instance { name: name.into(), attributes, size: Size { cpu, memory: 4096, gpus: 0 }, takes_tasks: true }
}

fn request(group: &str, strategies: Vec<Strategy>) -> Request {
    let size = Size { cpu: 512, memory: 512, gpus: 0 };
    Request { group: group.into(), size, ports: BTreeSet::new(), constraints: Vec::new(), strategies }
}

fn zone() -> Strategy {
    Strategy::SpreadAttribute(ZONE.into())
}

fn cluster() -> Cluster {
    Cluster::new(vec![instance("a1", "a", 2048), instance("a2", "a", 1024), instance("b1", "b", 2048)])
}

fn picks(cluster: &Cluster, request: &Request) -> Vec<String> {
    cluster.picks(request).into_iter().collect()
}

#[test]
fn what_has_no_room_no_port_or_no_agent_is_no_candidate() {
    let mut cluster = cluster();
    cluster.instances[2].takes_tasks = false;
    let mut large = request("family:x", vec![]);
    large.size.cpu = 1025;
    assert_eq!(picks(&cluster, &large), ["a1"]);
    let mut with_port = request("family:x", vec![]);
    with_port.ports.insert((80, "tcp"));
    cluster.put(&with_port, "a1");
    assert_eq!(picks(&cluster, &with_port), ["a2"]);
    with_port.ports = [(80, "udp")].into();
    assert_eq!(picks(&cluster, &with_port), ["a1", "a2"]);
}

#[test]
fn a_service_is_spread_over_zones_and_then_instances_where_it_says_nothing() {
    let mut cluster = cluster();
    let web = request("service:web", vec![]);
    cluster.put(&web, "a1");
    assert_eq!(picks(&cluster, &web), ["b1"]);
    cluster.put(&web, "b1");
    assert_eq!(picks(&cluster, &web), ["a2"]);
    assert_eq!(picks(&cluster, &request("family:web", vec![])), ["a1", "a2", "b1"]);
    assert_eq!(picks(&cluster, &request("service:web", vec![Strategy::Random])), ["a1", "a2", "b1"]);
}

#[test]
fn a_strategy_decides_what_the_one_before_left_open() {
    let mut cluster = cluster();
    let packed = request("service:web", vec![zone(), Strategy::Binpack(Resource::Cpu)]);
    assert_eq!(picks(&cluster, &packed), ["a2"], "the fullest of the zones that tie");
    cluster.put(&packed, "a2");
    assert_eq!(picks(&cluster, &packed), ["b1"]);
    cluster.put(&packed, "b1");
    assert_eq!(picks(&cluster, &packed), ["a2"]);
    cluster.put(&packed, "a2");
    assert_eq!(picks(&cluster, &packed), ["b1"], "the zone with the fewest tasks, although a1 is empty");
    cluster.put(&packed, "b1");
    assert_eq!(picks(&cluster, &packed), ["b1"], "the zones tie, a2 is full, and b1 has less left than a1");
}

#[test]
fn constraints_bind_and_distinct_instances_are_counted_by_desired_status() {
    let mut cluster = cluster();
    let mut web = request("service:web", vec![]);
    web.constraints = vec![Constraint::DistinctInstance];
    for _ in 0..3 {
        cluster.place(&web, |_| 0).unwrap();
    }
    assert_eq!(cluster.used("service:web"), 3);
    assert_eq!(cluster.place(&web, |_| 0), None);
    cluster.tasks[0].desired_running = false;
    let stopping = cluster.tasks[0].instance.clone();
    assert_eq!(picks(&cluster, &web), [stopping]);
    let mut apart = request("service:db", vec![]);
    apart.constraints = vec![Constraint::MemberOf(Rule::Not(Box::new(Rule::Together("service:web".into()))))];
    assert_eq!(cluster.picks(&apart).len(), 1);
}

#[test]
fn what_is_stopped_keeps_the_balance_and_empties_instances() {
    let mut cluster = cluster();
    let web = request("service:web", vec![]);
    for name in ["a1", "a1", "a2", "b1"] {
        cluster.put(&web, name);
    }
    assert_eq!(cluster.stops("service:web", &[]), [1, 2].into(), "zone a has most, and a1 in it");
    assert_eq!(cluster.stops("service:web", &[zone()]), [1, 2, 3].into());
    // a1 has 1024 of 2048 left, a2 512 of 1024, b1 1536 of 2048: with its task gone, b1 has most.
    assert_eq!(cluster.stops("service:web", &[Strategy::Binpack(Resource::Cpu)]), [4].into());
    assert_eq!(cluster.stops("service:web", &[Strategy::Random]).len(), 4);
    cluster.tasks[0].protected = true;
    assert_eq!(cluster.stops("service:web", &[]), [2].into());
    cluster.tasks[3].goes_first = true;
    assert_eq!(cluster.stops("service:web", &[]), [4].into());
    for task in &mut cluster.tasks {
        task.protected = true;
    }
    assert!(cluster.stops("service:web", &[]).is_empty());
}

#[test]
fn a_seed_gives_one_scenario_and_many_seeds_many() {
    let (mut placed, mut waited, mut stopped) = (0, 0, 0);
    let mut shapes = BTreeSet::new();
    for seed in 0..500 {
        let scenario = Scenario::of(seed);
        assert_eq!(scenario, Scenario::of(seed));
        let outcome = scenario.run();
        assert_eq!(outcome, scenario.run());
        let wanted: u32 =
            scenario.steps.iter().map(|step| if let Step::Out(_, n) = step { *n } else { 0 }).sum();
        stopped += scenario.steps.iter().filter(|step| matches!(step, Step::In(..))).count();
        placed += outcome.tasks.len();
        waited += usize::from((outcome.tasks.len() as u32) < wanted);
        for service in &scenario.services {
            shapes.insert(format!("{:?}", service.strategies));
            if service.constraints.contains(&Constraint::DistinctInstance) {
                let tasks = outcome.tasks.iter().filter(|task| task.group == service.group).count();
                assert_eq!(tasks, outcome.used(&service.group), "seed {seed}");
            }
        }
        for instance in &outcome.instances {
            assert!(instance.takes_tasks || !outcome.tasks.iter().any(|task| task.instance == instance.name));
        }
    }
    assert!(placed > 3000 && waited > 20 && stopped > 100, "{placed} {waited} {stopped}");
    assert!(shapes.len() > 8, "{shapes:?}");
}

#[test]
fn the_rules_of_scenarios_mean_the_same_to_berth() {
    let mut compared = 0;
    for seed in 0..300 {
        let scenario = Scenario::of(seed);
        let cluster = scenario.run();
        for constraint in scenario.services.iter().flat_map(|service| &service.constraints) {
            let Constraint::MemberOf(rule) = constraint else { continue };
            let query = parse(&rule.text()).unwrap();
            for instance in &cluster.instances {
                let tasks = cluster.tasks.iter().filter(|task| task.instance == instance.name);
                let groups: BTreeSet<&str> = tasks.map(|task| task.group.as_str()).collect();
                let label =
                    |(name, value): (&String, &String)| (attribute::key(name).into_owned(), value.clone());
                let view = NodeView {
                    name: instance.name.clone(),
                    labels: instance.attributes.iter().map(label).collect(),
                    groups: groups.iter().map(|group| (*group).to_owned()).collect(),
                    ..NodeView::default()
                };
                let holds = rule.holds(&instance.attributes, &groups);
                assert_eq!(matches(&query, &view), holds, "seed {seed}: {query} on {instance:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}
