use super::*;
use crate::model::label;
use crate::model::placement::{Resource, Scheduler, Strategy};
use crate::placement::expression::parse;

const GROUP: &str = "service:web";

fn zone() -> Strategy {
    Strategy::SpreadAttribute("ecs.availability-zone".into())
}

fn with(constraints: Vec<Constraint>, strategies: Vec<Strategy>) -> Rules {
    let placement = Placement { constraints, strategies, ..Placement::default() };
    let demand = Demand { placement: &placement, group: GROUP, architecture: None, operating_system: None };
    rules(&demand, &[]).unwrap()
}

/// Keys of the spread in order, with `!` for hard ones.
fn keys(rules: &Rules) -> Vec<String> {
    let key = |one: &corev1::TopologySpreadConstraint| {
        let hard = if one.when_unsatisfiable == "DoNotSchedule" { "!" } else { "" };
        format!("{hard}{}", one.topology_key.rsplit('/').next().unwrap())
    };
    rules.spread.iter().map(key).collect()
}

#[test]
fn every_strategy_has_its_carrier() {
    let binpack = || Strategy::Binpack(Resource::Memory);
    let cases = [
        (vec![], vec!["zone", "hostname"], false),
        (vec![zone()], vec!["zone", "hostname"], false),
        (vec![zone(), Strategy::SpreadInstance], vec!["zone", "hostname"], false),
        (vec![Strategy::SpreadInstance, zone(), zone()], vec!["hostname", "zone"], false),
        (vec![Strategy::SpreadAttribute("rack".into())], vec!["rack"], false),
        (vec![zone(), binpack(), Strategy::Binpack(Resource::Cpu)], vec!["zone"], true),
        (vec![Strategy::SpreadInstance, binpack()], vec!["hostname"], false),
        (vec![Strategy::Random], vec![], false),
        (vec![Strategy::Random, zone()], vec![], false),
    ];
    for (strategies, spread, packed) in cases {
        let rules = with(vec![], strategies.clone());
        assert_eq!(keys(&rules), spread, "{strategies:?}");
        assert_eq!(rules.affinity.is_some(), packed, "{strategies:?}");
        let decides_nothing = strategies.first() == Some(&Strategy::Random);
        assert_eq!(rules.exactness == Exactness::Exact, decides_nothing, "{strategies:?}");
    }
}

#[test]
fn no_pair_of_key_and_strictness_comes_twice() {
    let rules = with(vec![Constraint::DistinctInstance], vec![zone(), Strategy::SpreadInstance]);
    assert_eq!(keys(&rules), ["!hostname", "zone"]);
}

#[test]
fn distinct_instances_never_count_a_node_out() {
    let rules = with(vec![Constraint::DistinctInstance; 2], vec![Strategy::Random]);
    let [hard] = rules.spread.as_slice() else { panic!("{rules:?}") };
    assert_eq!((hard.max_skew, hard.min_domains), (1, Some(i32::MAX)));
    assert_eq!(hard.node_affinity_policy.as_deref(), Some("Ignore"));
    let selector = hard.label_selector.clone().unwrap();
    assert_eq!(selector.match_expressions.unwrap()[0].key, label::group(GROUP));
}

#[test]
fn constraints_and_platform_hold_together() {
    let placement = Placement {
        constraints: vec![
            Constraint::MemberOf(parse("attribute:stack == prod or task:group == x").unwrap()),
            Constraint::MemberOf(parse("attribute:stack == prod").unwrap()),
        ],
        ..Placement::default()
    };
    let mut demand = Demand {
        placement: &placement,
        group: GROUP,
        architecture: Some("arm64"),
        operating_system: Some("linux"),
    };
    assert!(rules(&demand, &[]).is_err());
    let twice = vec![placement.constraints[1].clone(); 2];
    let allowed = Placement { constraints: twice, ..Placement::default() };
    demand.placement = &allowed;
    let affinity = rules(&demand, &[]).unwrap().affinity.unwrap();
    let terms = affinity.node_affinity.unwrap().required_during_scheduling_ignored_during_execution.unwrap();
    let [term] = terms.node_selector_terms.as_slice() else { panic!("{terms:?}") };
    let keys: Vec<_> = term.match_expressions.iter().flatten().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["kubernetes.io/arch", "kubernetes.io/os", "attribute.ecs.berth.dev/stack"]);
}

#[test]
fn a_group_becomes_pod_affinity_by_its_label() {
    let apart = Constraint::MemberOf(parse("not(task:group == database)").unwrap());
    let rules = with(vec![apart], vec![Strategy::Random]);
    let terms = rules
        .affinity
        .unwrap()
        .pod_anti_affinity
        .unwrap()
        .required_during_scheduling_ignored_during_execution;
    let selector = terms.unwrap()[0].label_selector.clone().unwrap();
    assert_eq!(selector.match_expressions.unwrap()[0].key, label::group("database"));
}

#[test]
fn a_query_without_a_form_is_found_before_a_task_is_made() {
    assert!(check(&parse("runningTasksCount == 0").unwrap()).is_err());
    assert!(check(&parse("attribute:ecs.instance-type =~ t3.*").unwrap()).is_ok());
}

#[test]
fn what_a_scheduler_of_the_admin_does_is_not_promised() {
    let placement = Placement { scheduler: Scheduler::Named("packer".into()), ..Placement::default() };
    let demand = Demand { placement: &placement, group: GROUP, architecture: None, operating_system: None };
    let Exactness::BestEffort { reason } = rules(&demand, &[]).unwrap().exactness else { panic!() };
    assert!(reason.contains("packer"), "{reason}");
}
