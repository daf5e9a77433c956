//! Queries that people published parse, print and select; what is none is refused with a column.
//!
//! They lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`. Without them these tests say so and pass.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use berth::placement::expression::parse;
use berth::placement::{NodeView, matches};
use std::path::PathBuf;

/// A row: the text, and whether it is a query (`yes`, `no`, `template` or `unknown`).
fn corpus() -> Vec<(String, String)> {
    let root = std::env::var_os("BERTH_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    let file = root.join("expressions.tsv");
    let Ok(table) = std::fs::read_to_string(&file) else {
        println!("SKIPPED: no corpus at {}", file.display());
        return Vec::new();
    };
    let row = |line: &str| {
        let mut columns = line.split('\t');
        Some((columns.next()?.to_owned(), columns.next()?.to_owned()))
    };
    table.lines().skip(1).filter_map(row).collect()
}

/// Instances that differ in all that queries ask for.
fn instances() -> Vec<NodeView> {
    let labels = [
        ("topology.kubernetes.io/zone", "us-east-1a"),
        ("node.kubernetes.io/instance-type", "t2.small"),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("attribute.ecs.berth.dev/stack", "prod"),
    ];
    let full = NodeView {
        name: "full".into(),
        labels: labels.map(|(key, value)| (key.into(), value.into())).into(),
        provider_id: Some("aws:///us-east-1a/i-abcd1234".into()),
        ready: true,
        version: Some("v1.37.1".into()),
        groups: ["service:production".into()].into(),
        running_tasks: 1,
        registered_at: "2018-02-12T10:00:00Z".parse().ok(),
        ..NodeView::default()
    };
    vec![full, NodeView { name: "bare".into(), ..NodeView::default() }]
}

#[test]
fn queries_parse_print_and_select_and_others_are_refused_with_a_column() {
    let (corpus, instances) = (corpus(), instances());
    let (mut valid, mut invalid) = (0, 0);
    for (text, kind) in &corpus {
        match (parse(text), kind.as_str()) {
            (Ok(query), "yes") => {
                assert_eq!(parse(&query.to_string()).unwrap(), query, "{text}");
                let chosen = instances.iter().filter(|instance| matches(&query, instance)).count();
                assert!(chosen <= instances.len());
                valid += 1;
            }
            (Err(error), "no") => {
                assert!((1..=text.chars().count() + 1).contains(&error.column), "{text}: {error}");
                invalid += 1;
            }
            (parsed, "yes" | "no") => panic!("{text}: {parsed:?}"),
            // Nobody knows what ECS makes of it: it is enough that it is answered.
            (Err(error), _) => assert!(error.pointed(text).contains('^'), "{text}"),
            (Ok(_), _) => {}
        }
    }
    if !corpus.is_empty() {
        println!("{valid} queries parsed, {invalid} texts refused, of {} in all", corpus.len());
        assert!(valid > 80 && invalid >= 5, "{valid} and {invalid}");
    }
}

#[test]
fn what_the_documentation_selects_is_selected() {
    let instances = instances();
    let chosen = |text: &str| -> Vec<String> {
        let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        instances.iter().filter(|one| matches(&query, one)).map(|one| one.name.clone()).collect()
    };
    for (text, names) in [
        ("attribute:stack != dev", &["full"][..]),
        ("not(attribute:stack == prod)", &["bare"]),
        ("not(task:group == database)", &["full", "bare"]),
        ("task:group == service:production", &["full"]),
        ("runningTasksCount < 1", &["bare"]),
        ("registeredAt < 2018-02-13", &["full"]),
        ("registeredAt >= 2018-02-12T10:00:00+00:00", &["full"]),
        ("registeredAt >= 2018-02-12T10:00:01", &[]),
        ("agentVersion > 1.9.0", &["full"]),
        ("agentConnected == false", &["bare"]),
        ("ec2InstanceId in ['i-abcd1234', bare]", &["full", "bare"]),
        ("attribute:ecs.os-family == LINUX", &["full"]),
        (
            "attribute:ecs.instance-type =~ t(2|3)\\..+ && !(attribute:ecs.availability-zone =~ us-west.*)",
            &["full"],
        ),
    ] {
        assert_eq!(chosen(text), names, "{text}");
    }
}
