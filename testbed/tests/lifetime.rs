//! How beds begin, go on and end.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::ListParams;
use testbed::process::MARK;
use testbed::{Bed, BedConfig};

/// The processes of the bed in this folder.
fn members(dir: &Path) -> Vec<String> {
    let mark = format!("{MARK}={}", dir.display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_member = |path: &PathBuf| {
        let environment = std::fs::read(path.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    processes.filter(is_member).map(|path| path.display().to_string()).collect()
}

fn wait_until(what: &str, test: impl Fn() -> bool) {
    let start = Instant::now();
    while !test() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never happened that {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn two_beds_run_side_by_side_and_leave_nothing() {
    let (first, second) = tokio::join!(
        Bed::start(BedConfig::simulated(2, 2)),
        Bed::start(BedConfig { simulated: false, ..BedConfig::default() })
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.kubectl(&["get", "nodes", "-o", "name"]).await.unwrap().lines().count(), 2);
    assert_eq!(second.kubectl(&["get", "nodes", "-o", "name"]).await.unwrap().lines().count(), 0);
    let dirs = [first.dir().to_owned(), second.dir().to_owned()];
    assert_eq!(members(&dirs[0]).len(), 5);
    assert_eq!(members(&dirs[1]).len(), 4);
    drop(first);
    assert!(!dirs[0].exists() && members(&dirs[0]).is_empty());
    second.kubectl(&["get", "namespaces"]).await.unwrap();
    second.stop().await.unwrap();
    assert!(!dirs[1].exists() && members(&dirs[1]).is_empty());
}

#[test]
fn a_bed_ends_with_its_parent_even_when_that_is_killed() {
    let note = tempfile::tempdir().unwrap();
    let note = note.path().join("dir");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "the_parent_that_is_killed"])
        .env("TEST_NOTE", &note)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the child has its bed", || note.exists());
    let dir = PathBuf::from(std::fs::read_to_string(&note).unwrap());
    assert_eq!(members(&dir).len(), 5);
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("the bed has ended", || members(&dir).is_empty() && !dir.exists());
}

#[tokio::test]
#[ignore = "started and killed by another test"]
async fn the_parent_that_is_killed() {
    let note = PathBuf::from(std::env::var_os("TEST_NOTE").unwrap());
    let bed = Bed::start(BedConfig::simulated(1, 1)).await.unwrap();
    // In one step, since the other side waits for the file.
    let draft = note.with_extension("draft");
    std::fs::write(&draft, bed.dir().as_os_str().as_encoded_bytes()).unwrap();
    std::fs::rename(draft, note).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn what_is_done_to_a_bed_from_below_is_seen_from_above() {
    let bed = Bed::start(BedConfig { simulated: false, ..BedConfig::default() }).await.unwrap();

    // A user has only the rights that it was given.
    let eve = bed.client_for("eve", &["nobodies", "strangers"]).await.unwrap();
    let pods = Api::<Pod>::default_namespaced(eve);
    let refused = pods.list(&ListParams::default()).await.unwrap_err();
    assert!(refused.to_string().contains("forbidden"), "{refused}");
    bed.kubectl(&["create", "rolebinding", "all", "--clusterrole=view", "--group=strangers"]).await.unwrap();
    let start = Instant::now();
    while let Err(error) = pods.list(&ListParams::default()).await {
        assert!(start.elapsed() < Duration::from_secs(10), "{error}");
    }

    // What nobody could write through the apiserver.
    bed.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {b: c}}").await.unwrap();
    let key = "/registry/configmaps/default/a";
    let stored = bed.etcd_get(key).await.unwrap().unwrap();
    let maps: Api<ConfigMap> = Api::default_namespaced(bed.client().unwrap());
    bed.etcd_put(key, b"k8s\0no protobuf\xff").await.unwrap();
    assert!(maps.get("a").await.is_err());
    bed.etcd_put(key, &stored).await.unwrap();
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["b"], "c");
    bed.etcd_del(key).await.unwrap();
    assert_eq!(bed.etcd_get(key).await.unwrap(), None);

    bed.restart_apiserver().await.unwrap();
    assert!(maps.get_opt("a").await.unwrap().is_none());
    let error = bed.kubectl(&["get", "nonsense"]).await.unwrap_err();
    assert!(error.to_string().contains("nonsense"), "{error}");
    bed.stop().await.unwrap();
}

#[test]
fn the_command_line_starts_changes_and_ends_a_bed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("bed");
    let testbed = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_testbed")).arg("--dir").arg(&dir).args(args).output();
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    assert!(testbed(&["up", "--simulated", "4", "--zones", "2"]).contains("export KUBECONFIG="));
    assert!(!members(&std::fs::canonicalize(&dir).unwrap()).is_empty(), "it ended with its parent");
    testbed(&["node", "add", "big", "--zone", "zone-z", "--cpu", "96", "--gpu", "8", "--label", "a=b"]);
    testbed(&["node", "remove", "sim-0001"]);
    let names = testbed(&["kubectl", "--", "get", "nodes", "-o", "name"]);
    assert_eq!(names, "node/big\nnode/sim-0002\nnode/sim-0003\nnode/sim-0004\n");
    assert!(testbed(&["status"]).contains("4 nodes, 0 pods"));
    let kubeconfig = testbed(&["kubeconfig"]);
    assert!(Path::new(kubeconfig.trim()).exists());
    testbed(&["down"]);
    assert!(!dir.exists() && members(&dir).is_empty());
    assert!(testbed(&["down"]).contains("No bed runs"));
}
