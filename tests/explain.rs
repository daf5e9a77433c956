//! `berth explain` and `berth plan` on files: what they print, and how they end.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/generated.rs"]
mod generated;

use std::process::Command;

const CLUSTER: &str = "tests/golden/explain/cluster.yaml";
const RUNNING: &str = "tests/golden/explain/running.yaml";

/// How the command ended, and what it printed.
fn berth(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .current_dir(generated::path(""))
        .env("KUBECONFIG", "/dev/null")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

/// Holds what is printed against `tests/golden/explain/NAME.txt`.
fn golden(name: &str, code: i32, arguments: &[&str]) {
    let (ended, text) = berth(arguments);
    assert_eq!(ended, Some(code), "{name}: {text}");
    generated::hold(&format!("tests/golden/explain/{name}.txt"), &text);
}

#[test]
fn a_task_that_fits_nowhere_is_explained_node_by_node() {
    let web = "tests/golden/explain/web.yaml";
    let asked = ["explain", "service/web", "-n", "shop", "--nodes", CLUSTER, "-f", web];
    golden("nowhere", 1, &asked);
    golden("nowhere-map", 1, &[&asked[..], &["--map"]].concat());
    golden("nowhere-json", 1, &[&asked[..], &["-o", "json"]].concat());
}

#[test]
fn a_task_that_fits_is_told_where() {
    let small = "tests/golden/explain/small.yaml";
    golden("somewhere", 0, &["explain", "small", "-n", "shop", "--nodes", CLUSTER, "-f", small]);
    let task = ["explain", "task/small-01234-0001", "-n", "shop", "--nodes", CLUSTER, "--nodes", RUNNING];
    golden("task", 0, &task);
}

#[test]
fn a_plan_says_what_starts_and_what_does_not_fit() {
    let web = "tests/golden/explain/web.yaml";
    let small = "tests/golden/explain/small.yaml";
    golden("plan-first", 0, &["plan", small, "-n", "shop", "--nodes", CLUSTER]);
    golden("plan-short", 1, &["plan", web, small, "-n", "shop", "--nodes", CLUSTER]);
}

#[test]
fn a_plan_replaces_what_runs_step_by_step() {
    let small = "tests/golden/explain/small.yaml";
    let asked = ["plan", small, "-n", "shop", "--nodes", CLUSTER, "--nodes", RUNNING];
    golden("plan-waits", 1, &asked);
    let more = ["--nodes", "tests/golden/explain/node-5.yaml", "--map"];
    golden("plan-deploys", 0, &[&asked[..], &more].concat());
}

#[test]
fn what_cannot_be_answered_ends_with_two() {
    let small = "tests/golden/explain/small.yaml";
    for (arguments, words) in [
        (&["explain", "service/nobody", "-n", "shop", "--nodes", CLUSTER][..], "service/nobody: MISSING"),
        (&["explain", "task/nobody", "--nodes", CLUSTER], "task/nobody: MISSING"),
        (&["explain", "node/node-1", "--nodes", CLUSTER], "write service/NAME or task/POD"),
        (&["explain", "small", "--nodes", small], "there is no Node"),
        (&["explain", "small", "--nodes", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (&["explain"], "Usage"),
        (&["plan", "--nodes", CLUSTER], "required"),
    ] {
        let (code, text) = berth(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}
