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

#[test]
fn a_wrong_command_line_ends_with_two() {
    for wrong in [&["rendr"][..], &["render"], &["completion", "tcsh"]] {
        assert_eq!(berth(wrong, "").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn shells_complete_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let script = berth(&["completion", shell], "");
        assert_eq!(script.status.code(), Some(0), "{shell}");
        for verb in ["controller", "crds", "render", "validate"] {
            assert!(text(&script.stdout).contains(verb), "{shell}: {verb}");
        }
    }
}
