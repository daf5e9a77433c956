//! A dump of an account and a plan of Terraform in, custom resources and a report out.
//!
//! `UPDATE=1 cargo test --test import` rewrites what comes out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

#[path = "support/generated.rs"]
mod generated;

use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn berth(arguments: &[&str], input: &str) -> Output {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .current_dir(generated::path("tests/import"))
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

fn import(dump: &Path, more: &[&str]) -> (Output, tempfile::TempDir) {
    let out = tempfile::tempdir().unwrap();
    let (folder, report) = (out.path().join("out"), out.path().join("report.md"));
    let mut arguments =
        vec!["convert", "--from-dir", dump.to_str().unwrap(), "--out", folder.to_str().unwrap()];
    arguments.extend(["--report", report.to_str().unwrap()]);
    arguments.extend(more);
    (berth(&arguments, ""), out)
}

fn dump() -> PathBuf {
    generated::path("tests/import/dump")
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn a_dump_becomes_a_file_for_each_namespace_and_a_report() {
    let (output, out) = import(&dump(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    for file in ["clusters.yaml", "shop.yaml", "back-office-bfe3d28c.yaml"] {
        let found = read(out.path().join("out").join(file));
        generated::hold(&format!("tests/import/out/{file}"), &found);
    }
    generated::hold("tests/import/out/report.md", &read(out.path().join("report.md")));
    generated::hold("tests/import/out/stderr.txt", text(&output.stderr));
}

#[test]
fn what_leads_nowhere_is_told_with_its_arn() {
    let (output, _out) = import(&dump(), &[]);
    let told = text(&output.stderr);
    for lost in [
        "task-definition/lost:1 is not among what was read",
        "targetgroup/gone/0000000000000001 is not among what was read",
    ] {
        let lines = told
            .lines()
            .filter(|line| line.contains("arn:aws:ecs:eu-west-1:111122223333:service/shop/lost: "));
        assert!(lines.into_iter().any(|line| line.contains(lost)), "{lost}: {told}");
    }
}

#[test]
fn clusters_that_would_share_a_namespace_are_an_error_that_names_both() {
    let dump = tempfile::tempdir().unwrap();
    let cluster = |region: &str| json!({"clusterArn": format!("arn:aws:ecs:{region}:1:cluster/shop"), "clusterName": "shop"});
    let both = json!({"clusters": [cluster("eu-west-1"), cluster("us-east-1")]});
    std::fs::write(dump.path().join("clusters.json"), both.to_string()).unwrap();
    let (output, _out) = import(dump.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("arn:aws:ecs:us-east-1:1:cluster/shop would be namespace shop, and so is arn:aws:ecs:eu-west-1:1:cluster/shop"), "{told}");
}

#[test]
fn what_is_imported_validates_as_the_report_says() {
    let (_, out) = import(&dump(), &[]);
    let folder = out.path().join("out");
    let (clusters, shop) = (folder.join("clusters.yaml"), folder.join("shop.yaml"));
    let output = berth(&["validate", clusters.to_str().unwrap(), shop.to_str().unwrap()], "");
    let told = text(&output.stderr);
    let broken =
        |object: &str| told.lines().any(|line| !line.starts_with("note: ") && line.ends_with(object));
    let report = read(out.path().join("report.md"));
    assert!(report.contains("- **web**: runs as it is"), "{report}");
    assert!(!broken("(Service/web)") && broken("(Service/lost)"), "{told}");
    assert!(report.contains("- **lost**: refused"), "{report}");
}

#[test]
fn a_standby_rests_and_is_activated_as_it_was() {
    let (_, real) = import(&dump(), &[]);
    let (output, standby) = import(&dump(), &["--standby"]);
    let told = text(&output.stderr);
    assert!(told.contains("Service/agent: a DAEMON service has no count to set to 0"), "{told}");
    let file = standby.path().join("out/shop.yaml");
    let resting = read(file.clone());
    let documents: Vec<Value> = serde_saphyr::from_multiple(&resting).unwrap();
    let services: Vec<&Value> = documents.iter().filter(|one| one["kind"] == "Service").collect();
    assert!(services.len() >= 3 && services.iter().all(|one| one["spec"]["desiredCount"] == 0), "{resting}");
    let count = |name: &str| {
        let service = services.iter().find(|one| one["metadata"]["name"] == name).unwrap();
        service["metadata"]["annotations"]["ecs.berth.dev/standby-desired-count"].clone()
    };
    assert_eq!((count("orders"), count("web")), (json!("2"), json!("none")));
    let active = berth(&["activate", file.to_str().unwrap()], "");
    assert_eq!(active.status.code(), Some(0), "{}", text(&active.stderr));
    assert_eq!(text(&active.stdout), read(real.path().join("out/shop.yaml")));
    let again = berth(&["activate", "-"], text(&active.stdout));
    assert_eq!(again.stdout, active.stdout);
}

#[test]
fn plans_and_states_of_terraform_become_custom_resources() {
    for case in ["plan", "state"] {
        let file = format!("terraform/{case}.json");
        let output = berth(&["convert", &file], "");
        generated::hold(&format!("tests/import/terraform/{case}.out.yaml"), text(&output.stdout));
        generated::hold(&format!("tests/import/terraform/{case}.err.txt"), text(&output.stderr));
    }
}

#[test]
fn the_script_is_sound() {
    let output =
        Command::new("bash").arg("-n").arg(generated::path("examples/import/dump.sh")).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Documents like those of a dump, with anything in their members.
fn odd() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|number| json!(number)),
        prop_oneof![
            Just("arn:aws:ecs:r:1:service/shop/web"),
            Just("arn:aws:ecs:r:1:task-definition/web:7"),
            Just("web"),
            Just("aws_ecs_service"),
            Just("module.a[\"b.c\"].aws_ecs_cluster.main"),
            Just("[{\"name\": \"app\"}]"),
            Just(""),
        ]
        .prop_map(|text| json!(text)),
    ];
    let names = prop::sample::select(vec![
        "services",
        "clusters",
        "taskDefinition",
        "taskDefinitions",
        "tags",
        "Rules",
        "Targets",
        "Rule",
        "Attributes",
        "TargetGroupArn",
        "TargetGroups",
        "Services",
        "ScalableTargets",
        "ResourceId",
        "serviceName",
        "serviceArn",
        "clusterArn",
        "clusterName",
        "family",
        "revision",
        "containerDefinitions",
        "loadBalancers",
        "serviceRegistries",
        "targetGroupArn",
        "registryArn",
        "deployments",
        "format_version",
        "planned_values",
        "root_module",
        "resources",
        "child_modules",
        "values",
        "type",
        "name",
        "address",
        "index",
        "mode",
        "configuration",
        "expressions",
        "references",
        "module_calls",
        "module",
        "resource_changes",
        "change",
        "after_unknown",
        "cluster",
        "volume",
        "load_balancer",
        "container_definitions",
        "Arn",
        "Target",
        "EcsParameters",
        "TaskDefinitionArn",
    ]);
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_that_is_read_makes_it_panic(documents in prop::collection::vec(odd(), 1..4), as_plan in any::<bool>()) {
        let mut estate = berth::convert::import::Estate::default();
        for mut document in documents {
            if let (true, Value::Object(members)) = (as_plan, &mut document) {
                members.insert("format_version".into(), "1.2".into());
            }
            estate.add("f.json", &document.to_string());
        }
        let import = estate.import();
        let needs = berth::convert::import::needs(&import);
        let report = berth::convert::import::report(&import, &needs, &Default::default(), &import.notes);
        prop_assert!(report.starts_with("# Import"));
    }
}
