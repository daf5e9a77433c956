use super::*;
use crate::placement::evaluate::matches;
use crate::placement::expression::parse;
use k8s_openapi::api::core::v1::NodeSelectorRequirement;
use proptest::prelude::*;

fn node(name: &str, labels: &[(&str, &str)]) -> NodeView {
    let labels = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    NodeView { name: name.into(), labels, ready: true, ..NodeView::default() }
}

fn typed(name: &str, instance_type: &str) -> NodeView {
    node(name, &[("node.kubernetes.io/instance-type", instance_type)])
}

/// Terms in short: alternatives apart by `|`, requirements by `&`.
fn short(terms: &[Term]) -> String {
    let requirement = |one: &NodeSelectorRequirement| {
        let values = one.values.as_ref().map(|values| values.join(",")).unwrap_or_default();
        format!("{} {} {values}", one.key, one.operator).trim_end().to_owned()
    };
    let term = |term: &Term| {
        let all = term.match_expressions.iter().chain(&term.match_fields).flatten();
        all.map(requirement).collect::<Vec<_>>().join(" & ")
    };
    terms.iter().map(term).collect::<Vec<_>>().join(" | ")
}

fn compiled(text: &str, nodes: &[NodeView]) -> String {
    node_affinity(&parse(text).unwrap(), nodes).map_or_else(|error| error.to_string(), |terms| short(&terms))
}

#[test]
fn what_labels_can_say_is_said_by_labels() {
    let cases = [
        ("attribute:ecs.instance-type == t2.small", "node.kubernetes.io/instance-type In t2.small"),
        ("attribute:ecs.availability-zone in [a, b]", "topology.kubernetes.io/zone In a,b"),
        ("attribute:ecs.cpu-architecture == x86_64", "kubernetes.io/arch In amd64"),
        ("attribute:ecs.os-type != windows", "kubernetes.io/os NotIn windows & kubernetes.io/os Exists"),
        ("not(attribute:ecs.os-type == windows)", "kubernetes.io/os NotIn windows"),
        ("attribute:stack exists", "attribute.ecs.berth.dev/stack Exists"),
        ("not(attribute:stack exists)", "attribute.ecs.berth.dev/stack DoesNotExist"),
        ("attribute:ram > 5", "attribute.ecs.berth.dev/ram Gt 5"),
        ("attribute:ram <= 5", "attribute.ecs.berth.dev/ram Lt 6"),
        ("attribute:ram < -5", "ecs.berth.dev/no-node Exists & ecs.berth.dev/no-node DoesNotExist"),
        ("ec2InstanceId in [node-1, node-2]", "metadata.name In node-1 | metadata.name In node-2"),
        ("ec2InstanceId != node-1", "metadata.name NotIn node-1"),
        ("agentConnected == true", ""),
        ("agentConnected == true and attribute:a == x", "attribute.ecs.berth.dev/a In x"),
        (
            "not(attribute:a == x or attribute:b != y)",
            "attribute.ecs.berth.dev/a NotIn x & attribute.ecs.berth.dev/b In y | \
          attribute.ecs.berth.dev/a NotIn x & attribute.ecs.berth.dev/b DoesNotExist",
        ),
    ];
    for (text, terms) in cases {
        assert_eq!(compiled(text, &[]), terms, "{text}");
    }
}

#[test]
fn a_pattern_becomes_the_values_that_match() {
    let nodes =
        [typed("a", "t2.small"), typed("b", "t2.large"), typed("c", "m5.large"), typed("d", "t2.small")];
    let key = "node.kubernetes.io/instance-type";
    assert_eq!(
        compiled("attribute:ecs.instance-type =~ t2.*", &nodes),
        format!("{key} In t2.large,t2.small")
    );
    assert_eq!(compiled("attribute:ecs.instance-type !~ t2.*", &nodes), format!("{key} In m5.large"));
    let absent_too = format!("{key} In m5.large | {key} DoesNotExist");
    assert_eq!(compiled("not(attribute:ecs.instance-type =~ t2.*)", &nodes), absent_too);
}

#[test]
fn a_pattern_that_nothing_matches_lets_the_task_wait() {
    let nothing = "ecs.berth.dev/no-node Exists & ecs.berth.dev/no-node DoesNotExist";
    assert_eq!(compiled("attribute:ecs.instance-type =~ p5.*", &[typed("a", "t2.small")]), nothing);
    assert_eq!(compiled("agentConnected == false", &[]), nothing);
}

#[test]
fn the_first_label_that_a_node_has_tells_its_image() {
    let (own, eks, karpenter) = (
        "attribute.ecs.berth.dev/ecs.ami-id",
        "eks.amazonaws.com/nodegroup-image",
        "karpenter.k8s.aws/instance-ami-id",
    );
    assert_eq!(
        compiled("attribute:ecs.ami-id == ami-1", &[]),
        format!(
            "{own} In ami-1 | {own} DoesNotExist & {eks} In ami-1 | {own} DoesNotExist & {eks} DoesNotExist & {karpenter} In ami-1"
        )
    );
    assert_eq!(
        compiled("attribute:ecs.os-family == WINDOWS_SERVER_2022_FULL", &[]),
        "attribute.ecs.berth.dev/ecs.os-family In WINDOWS_SERVER_2022_FULL"
    );
}

#[test]
fn a_node_whose_annotation_says_more_than_its_labels_is_named() {
    let mut one = node("one", &[]);
    one.annotated.insert("team".into(), "blue: first".into());
    let label = "attribute.ecs.berth.dev/team";
    let form = crate::placement::attribute::carriers("team")[0].to_label("blue: first").unwrap();
    let text = "attribute:team == 'blue: first'";
    assert_eq!(compiled(text, &[one.clone()]), format!("{label} In {form} | metadata.name In one"));
    one.labels.insert(label.into(), form.clone());
    assert_eq!(compiled(text, &[one.clone()]), format!("{label} In {form}"));
    assert_eq!(compiled("attribute:team =~ blue.*", &[one]), format!("{label} In {form}"));
}

#[test]
fn an_instance_is_found_by_its_provider_id() {
    let provider_id = Some("aws:///eu-west-1a/i-0abc".to_owned());
    let nodes = [NodeView { provider_id, ..node("ip-10-0-0-1", &[]) }];
    assert_eq!(compiled("ec2InstanceId == i-0abc", &nodes), "metadata.name In ip-10-0-0-1");
    assert!(compiled("ec2InstanceId == ip-10-0-0-1", &nodes).contains("no-node"), "the name is not its id");
    assert!(compiled("ec2InstanceId == 'No Name'", &nodes).contains("no-node"));
}

#[test]
fn a_group_is_required_or_kept_away_from_where_it_stands_alone() {
    let query =
        parse("task:group == service:db and not(task:group in [a, b]) and attribute:x exists").unwrap();
    let required = Required::of([&query], &[]).unwrap();
    assert_eq!(required.together, ["service:db"]);
    assert_eq!(required.apart, ["a", "b"]);
    assert_eq!(short(&required.nodes), "attribute.ecs.berth.dev/x Exists");
    for text in ["task:group == a or attribute:x exists", "task:group != a", "task:group =~ a.*"] {
        let error = Required::of([&parse(text).unwrap()], &[]).unwrap_err();
        assert!(error.to_string().contains("task:group =="), "{error}");
    }
}

#[test]
fn what_has_no_form_is_named() {
    for text in ["runningTasksCount == 1", "registeredAt < 2018-02-13", "not(agentVersion < 1.14.5)"] {
        let error = node_affinity(&parse(text).unwrap(), &[]).unwrap_err();
        assert!(error.to_string().contains("cannot be placed by"), "{error}");
    }
}

#[test]
fn too_many_alternatives_are_refused_instead_of_written() {
    let pair = |n: usize| format!("(attribute:a{n} == x or attribute:b{n} == x)");
    let text = (0..9).map(pair).collect::<Vec<_>>().join(" and ");
    assert!(compiled(&text, &[]).contains("alternatives"));
}

/// What the scheduler makes of a requirement.
fn requirement_holds(one: &NodeSelectorRequirement, value: Option<&String>) -> bool {
    let values = one.values.clone().unwrap_or_default();
    let number = |text: &String| text.parse::<i64>().ok();
    match (one.operator.as_str(), value) {
        ("Exists", value) => value.is_some(),
        ("DoesNotExist", value) => value.is_none(),
        ("In", value) => value.is_some_and(|value| values.contains(value)),
        ("NotIn", value) => value.is_none_or(|value| !values.contains(value)),
        ("Gt", Some(value)) => number(value).is_some_and(|value| value > number(&values[0]).unwrap()),
        ("Lt", Some(value)) => number(value).is_some_and(|value| value < number(&values[0]).unwrap()),
        _ => false,
    }
}

fn scheduler_takes(terms: &[Term], node: &NodeView) -> bool {
    let term_holds = |term: &Term| {
        let mut labels = term.match_expressions.iter().flatten();
        let mut fields = term.match_fields.iter().flatten();
        labels.all(|one| requirement_holds(one, node.labels.get(&one.key)))
            && fields.all(|one| {
                one.values.as_ref().unwrap().len() == 1 && requirement_holds(one, Some(&node.name))
            })
    };
    terms.is_empty() || terms.iter().any(term_holds)
}

fn comparison() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("x"),
        Just("y"),
        Just("5"),
        Just("10"),
        Just("'a b'"),
        Just("n1"),
        Just("amd64"),
        Just("LINUX")
    ];
    let operator = prop_oneof![
        Just("=="),
        Just("!="),
        Just(">"),
        Just(">="),
        Just("<"),
        Just("<="),
        Just("=~"),
        Just("!~")
    ];
    let subject = prop_oneof![
        Just("attribute:a"),
        Just("attribute:b"),
        Just("attribute:n"),
        Just("attribute:ecs.cpu-architecture"),
        Just("attribute:ecs.os-family"),
        Just("attribute:ecs.ami-id"),
    ];
    let compared = (subject.clone(), operator, value.clone()).prop_map(|(s, o, v)| format!("{s} {o} {v}"));
    let listed = (subject.clone(), prop_oneof![Just("in"), Just("!in")], value.clone(), value)
        .prop_map(|(s, o, one, other)| format!("{s} {o} [{one}, {other}]"));
    let present =
        (subject, prop_oneof![Just("exists"), Just("!exists")]).prop_map(|(s, o)| format!("{s} {o}"));
    let instance = prop_oneof![
        Just("ec2InstanceId == n1"),
        Just("ec2InstanceId != n2"),
        Just("ec2InstanceId in [n1, n9]"),
        Just("ec2InstanceId !in [n1, n2]"),
        Just("ec2InstanceId =~ 'n[12]'"),
        Just("ec2InstanceId !~ n1"),
        Just("agentConnected == true"),
        Just("agentConnected != true"),
        Just("ec2InstanceId exists"),
    ];
    prop_oneof![4 => compared, 2 => listed, 1 => present, 1 => instance.prop_map(str::to_owned)]
}

fn query() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not({part})")),
        ]
    })
}

fn some_nodes() -> impl Strategy<Value = Vec<NodeView>> {
    let value = prop_oneof![Just("x"), Just("y"), Just("5"), Just("10"), Just("7")];
    let label = prop_oneof![
        (Just("attribute.ecs.berth.dev/a"), value.clone()),
        (Just("attribute.ecs.berth.dev/b"), value.clone()),
        (Just("attribute.ecs.berth.dev/n"), prop_oneof![Just("3"), Just("5"), Just("12")]),
        (Just("kubernetes.io/arch"), prop_oneof![Just("amd64"), Just("arm64")]),
        (Just("kubernetes.io/os"), prop_oneof![Just("linux"), Just("windows")]),
        (Just("attribute.ecs.berth.dev/ecs.os-family"), prop_oneof![Just("x"), Just("LINUX")]),
        (Just("attribute.ecs.berth.dev/ecs.ami-id"), value.clone()),
        (Just("eks.amazonaws.com/nodegroup-image"), value.clone()),
        (Just("karpenter.k8s.aws/instance-ami-id"), value.clone()),
    ];
    let annotation =
        (prop_oneof![Just("a"), Just("n"), Just("ecs.ami-id")], prop_oneof![2 => value, 1 => Just("a b")]);
    let annotations = prop::collection::vec((annotation, any::<bool>()), 0..2);
    let nodes = prop::collection::vec((prop::collection::vec(label, 0..5), annotations), 1..4);
    nodes.prop_map(|nodes| {
        let view = |(at, (labels, annotations)): (usize, &Described)| {
            let mut view = node(&format!("n{}", at + 1), labels);
            for ((name, value), labelled) in annotations {
                view.annotated.insert((*name).into(), (*value).into());
                if *labelled {
                    let carrier = &crate::placement::attribute::carriers(name)[0];
                    view.labels.insert(carrier.key.to_string(), carrier.to_label(value).unwrap());
                }
            }
            view
        };
        nodes.iter().enumerate().map(view).collect()
    })
}

/// Labels of a node, and its annotated attributes, each with whether it bears their label too.
type Described = (Vec<(&'static str, &'static str)>, Vec<((&'static str, &'static str), bool)>);

proptest! {
    #[test]
    fn the_scheduler_takes_exactly_the_nodes_that_the_query_matches(text in query(), nodes in some_nodes()) {
        let query = parse(&text).unwrap();
        if let Ok(terms) = node_affinity(&query, &nodes) {
            for node in &nodes {
                prop_assert_eq!(
                    scheduler_takes(&terms, node), matches(&query, node), "{} on {:?}: {}", text, node, short(&terms)
                );
            }
        }
    }
}
