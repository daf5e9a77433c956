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
                     {tags: [{key: a, value: b}], containerDefinitions: [{name: a, image: a, memory: 8}]}}";
const BROKEN: &str = "{apiVersion: ecs.berth.dev/v1alpha1, kind: TaskDefinition, metadata: {name: web}, spec: \
                      {containerDefinitions: [{name: a, image: a, memory: 8, dependsOn: [{containerName: b, condition: \
                      START}], imag: b}]}}";

#[test]
fn the_page_says_what_the_command_line_takes() {
    generated::hold("docs/cli.md", &berth::cli::help::markdown());
}

#[test]
fn render_prints_objects_or_all_that_is_wrong() {
    let sound = berth(&["render", "-f", "-", "-n", "shop"], SOUND);
    assert_eq!(sound.status.code(), Some(0));
    assert!(text(&sound.stdout).contains("namespace: shop"));
    assert_eq!(text(&sound.stderr), "");
    let broken = berth(&["render", "-f", "-"], BROKEN);
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(text(&broken.stdout), "");
    let told = text(&broken.stderr);
    assert!(told.contains("-: TaskDefinition/web: spec.containerDefinitions[0].dependsOn: "), "{told}");
    assert!(told.contains("containerDefinitions[0].imag: unknown member; did you mean image?"), "{told}");
}

#[test]
fn validate_prints_each_broken_rule_and_what_changes_nothing() {
    let sound = berth(&["validate", "-f", "-"], SOUND);
    assert_eq!(sound.status.code(), Some(0));
    assert!(text(&sound.stdout).starts_with("note: -: TaskDefinition/web: spec.tags: "));
    assert_eq!(text(&berth(&["validate", "-q", "-f", "-"], SOUND).stdout), "");
    let broken = berth(&["validate", "-f", "-"], BROKEN);
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(text(&broken.stdout).lines().count(), 2, "{}", text(&broken.stdout));
    assert_eq!(text(&broken.stderr), "objects: 1, broken rules: 2\n");
}

#[test]
fn a_folder_is_read_file_by_file_and_a_missing_file_is_told() {
    let folder = generated::path("examples/web");
    let rendered = berth(&["render", "-f", folder.to_str().unwrap()], "");
    assert_eq!(rendered.status.code(), Some(0), "{}", text(&rendered.stderr));
    assert!(text(&rendered.stdout).contains("kind: PodDisruptionBudget"));
    let missing = berth(&["render", "-f", "no-such-file.yaml"], "");
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).starts_with("berth: cannot read no-such-file.yaml: "));
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
        for verb in ["controller", "crds", "convert", "export", "diff", "render", "validate"] {
            assert!(text(&script.stdout).contains(verb), "{shell}: {verb}");
        }
    }
}
