//! The command line: its page, its exit codes, its completions.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

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

const SOUND: &str = "{apiVersion: ecs.berth.dev/v1alpha1, kind: TaskDefinition, metadata: {name: web}, spec: \
                     {executionRoleArn: role, containerDefinitions: [{name: a, image: a, memory: 8}]}}";
const BROKEN: &str = "{apiVersion: ecs.berth.dev/v1alpha1, kind: TaskDefinition, metadata: {name: web}, spec: \
                      {containerDefinitions: [{name: a, image: a, memory: 8, dependsOn: [{containerName: b, condition: \
                      START}], imag: b}]}}";

#[test]
fn the_page_says_what_the_command_line_takes() {
    generated::hold("docs/cli.md", &berth::cli::help::markdown());
}

#[test]
fn what_grants_lack_is_one_cluster_beside_the_output() {
    let documents = "{apiVersion: ecs.berth.dev/v1alpha1, kind: TaskDefinition, metadata: {name: web}, spec: {networkMode: host, \
                     containerDefinitions: [{name: a, image: a, memory: 8, privileged: true, secrets: [{name: K, valueFrom: /k}]}]}}\n\
                     ---\n{apiVersion: ecs.berth.dev/v1alpha1, kind: Service, metadata: {name: web}, spec: {taskDefinition: web}}";
    for verb in ["render", "validate"] {
        let told = berth(&[verb, "-"], documents);
        assert_eq!(told.status.code(), Some(1));
        assert!(!text(&told.stdout).contains("kind: Cluster"), "it could be applied unseen");
        let (lines, cluster) = text(&told.stderr).split_once("\n\n").unwrap();
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(!lines.contains("grants: ["), "{lines}");
        let read: serde_json::Value = serde_saphyr::from_str(cluster).unwrap();
        let grant = serde_json::json!([{
            "namespaces": ["default"], "permissions": ["HostNetwork", "Privileged"],
            "secrets": [{"arn": "/k", "secretName": "k"}],
        }]);
        assert_eq!(read["spec"]["kubernetes"]["grants"], grant, "{cluster}");
        // With it in the files nothing is lacking.
        let granted = berth(&[verb, "-"], &format!("{documents}\n---\n{cluster}"));
        assert_eq!(granted.status.code(), Some(0), "{}", text(&granted.stderr));
    }
}

#[test]
fn render_prints_objects_or_all_that_is_wrong() {
    for files in [&["render", "-", "-n", "shop"][..], &["render", "-f", "-", "-n", "shop"]] {
        let sound = berth(files, SOUND);
        assert_eq!(sound.status.code(), Some(0), "{}", text(&sound.stderr));
        assert!(text(&sound.stdout).contains("namespace: shop"));
        assert_eq!(text(&sound.stderr), "");
    }
    let broken = berth(&["render", "-"], BROKEN);
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(text(&broken.stdout), "");
    let told = text(&broken.stderr);
    assert!(
        told.contains("-: spec.containerDefinitions[0].dependsOn[0].containerName: there is no container"),
        "{told}"
    );
    assert!(told.contains("containerDefinitions[0].imag: unknown member; did you mean image?"), "{told}");
    // Where a file has several objects, each line says which one it is about.
    let several = format!("{SOUND}\n---\n{}", BROKEN.replacen("web", "other", 1));
    let told = berth(&["render", "-"], &several);
    assert!(
        text(&told.stderr).contains("did you mean image? (TaskDefinition/other)\n"),
        "{}",
        text(&told.stderr)
    );
}

#[test]
fn render_prints_a_list_in_json_that_has_what_the_yaml_has() {
    let yaml = berth(&["render", "-"], SOUND);
    let documents = berth::render::documents(text(&yaml.stdout)).unwrap();
    let json = berth(&["render", "-", "--output", "json"], SOUND);
    let list: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&"v1".into(), &"List".into()));
    assert_eq!(list["items"].as_array().unwrap(), &documents);
}

#[test]
fn nodes_answer_constraints_that_ask_for_values() {
    let service = "{apiVersion: ecs.berth.dev/v1alpha1, kind: Service, metadata: {name: web}, spec: {taskDefinition: \
                   web, placementConstraints: [{type: memberOf, expression: 'attribute:ecs.instance-type =~ m5.*'}]}}";
    let documents = format!("{SOUND}\n---\n{service}");
    let folder = tempfile::tempdir().unwrap();
    let (nodes, web) = (folder.path().join("nodes.yaml"), folder.path().join("web.yaml"));
    let node = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Node, metadata: {name: one, labels: \
                {kubernetes.io/hostname: one, node.kubernetes.io/instance-type: m5.large}}}]}";
    std::fs::write(&nodes, node).unwrap();
    std::fs::write(&web, documents).unwrap();
    let (nodes, web) = (nodes.to_str().unwrap(), web.to_str().unwrap());
    let without = berth(&["render", web], "");
    assert!(
        text(&without.stderr).contains("no known node meets the constraints"),
        "{}",
        text(&without.stderr)
    );
    let with = berth(&["render", web, "--nodes", nodes], "");
    assert_eq!((with.status.code(), text(&with.stderr)), (Some(0), ""));
    assert!(text(&with.stdout).contains("m5.large"), "{}", text(&with.stdout));
    let none = berth(&["render", web, "--nodes", web], "");
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("web.yaml: there is no Node in it"), "{}", text(&none.stderr));
}

#[test]
fn validate_prints_each_broken_rule_and_what_changes_nothing() {
    let sound = berth(&["validate", "-"], SOUND);
    assert_eq!(sound.status.code(), Some(0));
    assert!(text(&sound.stderr).starts_with("note: -: spec.executionRoleArn: "), "{}", text(&sound.stderr));
    assert_eq!(text(&berth(&["validate", "-q", "-"], SOUND).stderr), "");
    let broken = berth(&["validate", "-f", "-"], BROKEN);
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(text(&broken.stderr).lines().count(), 2, "{}", text(&broken.stderr));
    assert!(text(&broken.stderr).lines().all(|line| line.starts_with("-: spec.containerDefinitions[0]")));
    assert_eq!(text(&broken.stdout), "objects: 1, broken rules: 2\n");
}

#[test]
fn a_folder_is_read_file_by_file_and_a_missing_file_is_a_wrong_command_line() {
    let folder = generated::path("examples/web");
    let rendered = berth(&["render", folder.to_str().unwrap()], "");
    assert_eq!(rendered.status.code(), Some(0), "{}", text(&rendered.stderr));
    assert!(text(&rendered.stdout).contains("kind: PodDisruptionBudget"));
    for verb in ["render", "validate", "convert", "export", "activate"] {
        let missing = berth(&[verb, "no-such-file.yaml"], "");
        assert_eq!(missing.status.code(), Some(2));
        assert!(text(&missing.stderr).starts_with("berth: cannot read no-such-file.yaml: "));
    }
}

/// Two revisions, the older of which was deregistered, a service that runs it and one of its tasks.
const HISTORY: &str = r#"
{apiVersion: v1, kind: List, items: [
{apiVersion: apps/v1, kind: ControllerRevision, revision: 2, metadata: {name: web-2, namespace: shop,
  creationTimestamp: "2026-11-25T12:00:00Z", labels: {ecs.berth.dev/revision-status: ACTIVE}},
  data: {family: web, spec: {cpu: "1 vCPU", containerDefinitions: [{name: app, image: "nginx:2", essential: true}]}}},
{apiVersion: apps/v1, kind: ControllerRevision, revision: 1, metadata: {name: web-1, namespace: shop,
  creationTimestamp: "2026-11-24T12:00:00Z", labels: {ecs.berth.dev/revision-status: INACTIVE},
  annotations: {ecs.berth.dev/deregistered-at: "2026-11-25T13:00:00Z"}},
  data: {family: web, spec: {cpu: "1024", containerDefinitions: [{name: app, image: "nginx:1"}]}}},
{apiVersion: apps/v1, kind: ControllerRevision, revision: 2, metadata: {name: web-counter, namespace: shop}, data: {}},
{apiVersion: ecs.berth.dev/v1alpha1, kind: Service, metadata: {name: front, namespace: shop}, spec: {taskDefinition: "web:1"}},
{apiVersion: v1, kind: Pod, metadata: {name: front-1, namespace: shop,
  labels: {ecs.berth.dev/family: web, ecs.berth.dev/revision: "1"}}}]}
"#;

#[test]
fn revisions_shows_history_users_and_what_differs() {
    let shown = |arguments: &[&str]| {
        let output = berth(&[&["revisions", "-f", "-"], arguments].concat(), HISTORY);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let table = "REVISION   STATUS     REGISTERED             IN USE BY\n\
                 web:1      INACTIVE   2026-11-24T12:00:00Z   ecsservice/front, 1 task\n\
                 web:2      ACTIVE     2026-11-25T12:00:00Z   <none>\n";
    assert_eq!(shown(&["web"]), table);
    assert!(shown(&["web", "-o", "wide"]).contains("2026-11-25T13:00:00Z   nginx:1\n"));
    assert_eq!(
        shown(&["web", "-o", "name"]),
        "controllerrevision.apps/web-1\ncontrollerrevision.apps/web-2\n"
    );
    let all: serde_json::Value = serde_json::from_str(&shown(&["web", "-o", "json"])).unwrap();
    assert_eq!(all["revisions"][0]["status"], "INACTIVE");
    assert_eq!(all["revisions"][1]["containerDefinitions"][0]["image"], "nginx:2");
    assert!(shown(&["web:2"]).contains("image: nginx:2"));
    let changed = shown(&["web", "--diff"]);
    assert!(changed.starts_with("--- web:1\n+++ web:2\n"), "{changed}");
    assert!(changed.contains("nginx:1\n+") && changed.lines().count() < 8, "{changed}");
    assert!(!changed.contains('\u{1b}') && !changed.contains("essential"), "{changed}");
    assert_eq!(shown(&["web", "--diff", "2", "2"]), "web:2 and web:2 are the same definition\n");
}

#[test]
fn files_without_a_document_and_versions_that_there_are_not_are_no_success() {
    for blank in ["", "# a comment\n", "---\n---\n"] {
        for verb in ["validate", "render"] {
            let told = berth(&[verb, "-"], blank);
            assert_eq!(told.status.code(), Some(2), "{verb} {blank:?}");
            assert!(text(&told.stderr).contains("there is no document"), "{}", text(&told.stderr));
        }
    }
    let other = berth(&["validate", "-"], &SOUND.replace("v1alpha1", "v1"));
    assert_eq!(other.status.code(), Some(1));
    assert!(
        text(&other.stderr).contains("apiVersion: there is no ecs.berth.dev/v1"),
        "{}",
        text(&other.stderr)
    );
}

#[test]
fn what_is_no_revision_is_told_in_ecs_words() {
    for (arguments, words) in [
        (&["revisions", "-f", "-", "other"][..], "Unable to describe task definition."),
        (&["revisions", "-f", "-", "web:7"], "Unable to describe task definition."),
        (&["revisions", "-f", "-", "web:x"], "Invalid revision number. Number: "),
        (&["revisions", "-f", "-", "web", "--diff", "1", "9"], "Unable to describe task definition."),
        (&["deregister", "web"], "Revision is missing."),
        (&["deregister", "web:x"], "Invalid revision number. Number: x"),
    ] {
        let refused = berth(arguments, HISTORY);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(text(&refused.stderr).contains(words), "{arguments:?}: {}", text(&refused.stderr));
    }
}

const REQUEST: &str = "{\"family\": \"Web_App\", \"containerDefinitions\": [{\"name\": \"a\", \"image\": \"a\", \"memory\": 8}]}";

#[test]
fn convert_prints_objects_and_says_what_is_open() {
    let sound = berth(&["convert", "-", "-n", "shop"], REQUEST);
    assert_eq!(sound.status.code(), Some(0), "{}", text(&sound.stderr));
    assert!(
        text(&sound.stdout).contains("namespace: shop") && text(&sound.stdout).contains("family: Web_App")
    );
    assert_eq!(text(&sound.stderr), "");
    assert_eq!(berth(&["validate", "-f", "-"], text(&sound.stdout)).status.code(), Some(0));
    let list = berth(&["convert", "-", "--output", "json"], REQUEST);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list.pointer("/items/0/kind"), Some(&"TaskDefinition".into()));

    let template = "{Resources: {A: {Type: 'AWS::ECS::Service', Properties: {TaskDefinition: !Ref Given, DesiredCount: !Ref N}}}}";
    let open = berth(&["convert", "-", "--param", "N=2"], template);
    assert_eq!(open.status.code(), Some(1));
    let told = text(&open.stderr);
    let wanted =
        "-: Resources.A.Properties.TaskDefinition: ${Given} has no value: give --param 'Given=VALUE'";
    assert!(told.lines().any(|line| line == wanted), "{told}");
    assert!(text(&open.stdout).contains("desiredCount: 2"));
    let closed = berth(&["convert", "-", "--param", "N=2", "--param", "Given=web:1"], template);
    assert_eq!(closed.status.code(), Some(0), "{}", text(&closed.stderr));
    assert_eq!(berth(&["convert", "-"], "version: 3").status.code(), Some(1));
}

#[test]
fn what_was_converted_is_exported_as_it_was() {
    let objects = berth(&["convert", "-"], REQUEST);
    let requests = berth(&["export", "-"], text(&objects.stdout));
    assert_eq!(requests.status.code(), Some(0));
    let read: serde_json::Value = serde_json::from_slice(&requests.stdout).unwrap();
    assert_eq!(read, serde_json::from_str::<serde_json::Value>(REQUEST).unwrap());
}

#[test]
fn diff_tells_what_ecs_has_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.json");
    let described = "{\"taskDefinition\": {\"family\": \"Web_App\", \"revision\": 3, \"taskDefinitionArn\": \"arn:aws:ecs:r:1:task-definition/Web_App:3\", \
                     \"containerDefinitions\": [{\"name\": \"a\", \"image\": \"a\", \"memory\": 8, \"cpu\": 0, \"environment\": []}]}}";
    std::fs::write(&dump, described).unwrap();
    let dump = dump.to_str().unwrap();
    let same = berth(&["diff", "--ecs", dump, "-"], REQUEST);
    assert_eq!((same.status.code(), text(&same.stdout)), (Some(0), ""));
    let other = berth(&["diff", "--ecs", dump, "-"], &REQUEST.replace("8}", "16}"));
    assert_eq!(other.status.code(), Some(1));
    assert_eq!(
        text(&other.stdout),
        "TaskDefinition/Web_App: containerDefinitions[a].memory: 8 in ECS, 16 in files\n"
    );
}

#[test]
fn a_wrong_command_line_ends_with_two() {
    for wrong in [
        &["rendr"][..],
        &["render"],
        &["completion", "tcsh"],
        &["revisions"],
        &["deregister"],
        &["query"],
        &["query", "attribute:a =="],
        &["instances", "-o", "toml"],
        &["convert"],
        &["convert", "-", "--param", "name"],
        &["convert", "-", "--output", "toml"],
        &["export"],
        &["diff", "-"],
        &["diff", "--ecs", "-"],
        &["controller", "--concurrency", "0"],
        &["crds", "more"],
        &[],
    ] {
        assert_eq!(berth(wrong, "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn shells_complete_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let script = berth(&["completion", shell], "");
        assert_eq!(script.status.code(), Some(0), "{shell}");
        for verb in [
            "controller",
            "crds",
            "convert",
            "activate",
            "export",
            "diff",
            "render",
            "validate",
            "query",
            "instances",
            "revisions",
            "deregister",
        ] {
            assert!(text(&script.stdout).contains(verb), "{shell}: {verb}");
        }
    }
}
