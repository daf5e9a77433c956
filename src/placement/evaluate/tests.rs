use super::*;
use crate::placement::expression::parse;

fn node() -> NodeView {
    let labels = [
        ("node.kubernetes.io/instance-type", "t2.small"),
        ("topology.kubernetes.io/zone", "us-east-1a"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("attribute.ecs.berth.dev/stack", "prod"),
        ("attribute.ecs.berth.dev/cores", "10"),
        ("attribute.ecs.berth.dev/flag", ""),
    ];
    NodeView {
        name: "node-1".into(),
        labels: labels.map(|(key, value)| (key.into(), value.into())).into(),
        provider_id: Some("aws:///us-east-1a/i-abcd1234".into()),
        ready: true,
        version: Some("v1.37.1".into()),
        groups: ["service:production".into(), "family:batch".into()].into(),
        running_tasks: 1,
        registered_at: "2018-02-12T10:00:00Z".parse().ok(),
        ..NodeView::default()
    }
}

#[test]
fn every_documented_example_selects_what_ecs_selects() {
    let cases = [
        ("attribute:ecs.instance-type == t2.small", true),
        ("attribute:ecs.instance-type =~ t2.*", true),
        ("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]", true),
        ("attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d", false),
        ("task:group == service:production", true),
        ("not(task:group == database)", true),
        ("(attribute:stack == x or attribute:stack == prod) and attribute:ecs.os-type == linux", true),
        ("runningTasksCount == 1", true),
        ("agentVersion < 1.14.5", false),
        ("agentVersion >= 1.9.0", true),
        ("registeredAt < 2018-02-13", true),
        ("ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']", true),
        ("attribute:ecs.os-family == WINDOWS_SERVER_2019_FULL", false),
        ("attribute:ecs.os-family == LINUX", true),
        ("attribute:ecs.cpu-architecture == x86_64", true),
        ("attribute:ecs.cpu-architecture =~ x86.*", true),
        ("agentConnected == true", true),
    ];
    for (text, selected) in cases {
        assert_eq!(matches(&parse(text).unwrap(), &node()), selected, "{text}");
    }
}

#[test]
fn a_comparison_with_what_is_absent_is_false() {
    let comparisons = ["== x", "!= x", "in [x]", "!in [x]", "=~ .*", "!~ x", "< 5", "> 5", "exists"];
    for comparison in comparisons {
        let text = format!("attribute:absent {comparison}");
        assert!(!matches(&parse(&text).unwrap(), &node()), "{text}");
    }
    assert!(matches(&parse("attribute:absent !exists").unwrap(), &node()));
    assert!(matches(&parse("not(attribute:absent == x)").unwrap(), &node()));
}

#[test]
fn an_empty_value_is_there() {
    assert!(matches(&parse("attribute:flag exists and attribute:flag == ''").unwrap(), &node()));
}

#[test]
fn numbers_are_ordered_as_numbers_and_texts_as_texts() {
    assert!(matches(&parse("attribute:cores > 9").unwrap(), &node()));
    assert!(matches(&parse("attribute:stack > dev").unwrap(), &node()));
}
