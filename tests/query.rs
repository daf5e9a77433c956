//! `berth query` and `berth instances` over a file of nodes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

#[path = "support/generated.rs"]
mod generated;

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn berth(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever does not read its input may have ended already.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn example() -> String {
    std::fs::read_to_string(generated::path("tests/query/nodes.in.yaml")).unwrap()
}

fn selected(expression: &str, nodes: &str) -> String {
    let output = berth(&["query", expression, "--nodes", "-"], nodes);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{expression}");
    text(&output.stdout).to_owned()
}

/// Queries that the page on queries explains, and some that it leads to.
const QUERIES: [&str; 24] = [
    "attribute:ecs.instance-type == m5.large",
    "attribute:ecs.instance-type =~ m[57].*",
    "attribute:ecs.instance-type !~ m.*",
    "attribute:ecs.availability-zone in [eu-west-1a, eu-west-1b]",
    "attribute:ecs.cpu-architecture == x86_64 and attribute:stack exists",
    "attribute:ecs.os-family == LINUX",
    "attribute:ecs.ami-id == ami-0aa11",
    "attribute:stack != prod",
    "not(attribute:stack == prod)",
    "attribute:stack !exists",
    "attribute:team == 'blue: first floor'",
    "attribute:team matches \"blue.*\"",
    "attribute:ecs.cpu-architecture == arm64 or ec2InstanceId == i-0cc33dd44ee55ff66",
    "ec2InstanceId in ['i-0aa11bb22cc33dd44', rack-7]",
    "agentConnected == true",
    "agentConnected == false",
    "agentVersion < 1.37",
    "registeredAt < 2026-01-01",
    "registeredAt >= 2026-03-02T09:31:00+00:00",
    "runningTasksCount == 0",
    "runningTasksCount greater_than_equal 2",
    "task:group == service:web",
    "not(task:group == service:web) && (attribute:stack == test || attribute:ecs.instance-type =~ t3.*)",
    "attribute:ecs.instance-type exists and !(agentConnected == false)",
];

#[test]
fn queries_print_the_names_of_the_instances_that_match() {
    let nodes = example();
    let mut page = String::new();
    for query in QUERIES {
        page.push_str(&format!("$ berth query {query:?}\n{}\n", selected(query, &nodes)));
    }
    generated::hold("tests/query/queries.out.txt", &page);
}

#[test]
fn instances_are_shown_as_a_table_and_as_describe_container_instances_has_them() {
    let nodes = example();
    for (flags, file) in [
        (&[][..], "instances.out.txt"),
        (&["-o", "wide"], "instances-wide.out.txt"),
        (&["-o", "name", "--filter", "agentConnected == true"], "instances-name.out.txt"),
        (&["-o", "json", "ip-10-0-1-11", "rack-7"], "instances.out.json"),
    ] {
        let output = berth(&[&["instances", "--nodes", "-"], flags].concat(), &nodes);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{flags:?}");
        generated::hold(&format!("tests/query/{file}"), text(&output.stdout));
    }
    let yaml = berth(&["instances", "--nodes", "-", "-o", "yaml", "i-0aa11bb22cc33dd44"], &nodes);
    let read = &berth::render::documents(text(&yaml.stdout)).unwrap()[0];
    assert_eq!(read["containerInstances"][0]["containerInstanceArn"], "ip-10-0-1-11");
    let missing = berth(&["instances", "--nodes", "-", "i-404"], &nodes);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("no container instance i-404"), "{}", text(&missing.stderr));
}

#[test]
fn what_is_no_query_is_printed_with_a_caret_below_and_ends_with_two() {
    for arguments in [
        &["query", "attribute:stack = prod", "--nodes", "-"][..],
        &["instances", "--filter", "attribute:stack = prod", "--nodes", "-"],
        // Nobody is asked for nodes: not even a file that is not there.
        &["query", "attribute:stack = prod", "--nodes", "no-such-file.yaml"],
    ] {
        let refused = berth(arguments, &example());
        assert_eq!((refused.status.code(), text(&refused.stdout)), (Some(2), ""));
        let told = "berth: column 17: write `==`\nattribute:stack = prod\n                ^\n";
        assert_eq!(text(&refused.stderr), told);
    }
}

#[test]
fn nodes_are_read_in_every_form_and_what_holds_none_is_no_answer() {
    let all = "agentConnected in [true, false]";
    let json = r#"{"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}]}"#;
    assert_eq!(selected(all, json), "a\nb\n");
    let documents = "kind: Node\nmetadata: {name: b}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n";
    assert_eq!(selected(all, documents), "a\nb\n");
    assert_eq!(selected("attribute:stack exists", documents), "");
    for (input, words) in [
        ("", "-: there is no Node in it"),
        ("kind: Pod\nmetadata: {name: web}", "-: there is no Node in it"),
        ("a: [", "-: is neither YAML nor JSON"),
        ("kind: Node\nmetadata: {name: a}\nspec: 3", "-: Node a cannot be read"),
        ("kind: Node", "-: there is a Node without metadata.name"),
    ] {
        for verb in [&["query", all][..], &["instances"]] {
            let output = berth(&[verb, &["--nodes", "-"]].concat(), input);
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{input}");
            assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("a", "a.yaml"), ("b", "b.json")] {
        let node = format!("{{\"kind\": \"Node\", \"metadata\": {{\"name\": \"{name}\"}}}}");
        std::fs::write(folder.path().join(file), node).unwrap();
    }
    let (a, b) = (folder.path().join("a.yaml"), folder.path().join("b.json"));
    let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
    let both = berth(&["query", all, "--nodes", a, "--nodes", b], "");
    assert_eq!(text(&both.stdout), "a\nb\n", "{}", text(&both.stderr));
    let missing = berth(&["query", all, "--nodes", "no-such-file.yaml"], "");
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn a_cluster_that_cannot_be_asked_is_said_to_be_so() {
    for arguments in [&["query", "agentConnected == true"][..], &["instances"]] {
        let refused = berth(&[arguments, &["--kubeconfig", "no-such-file"]].concat(), "");
        assert_ne!(refused.status.code(), Some(0));
        assert!(text(&refused.stderr).contains("no-such-file"), "{}", text(&refused.stderr));
    }
}
