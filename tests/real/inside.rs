//! What a container has of its volumes, its memory, its user and its root file system, seen from inside.

use super::documents::{app, definition, service};
use super::site::{Site, container, is_ready, phase, until};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Value, json};

/// Two containers, one of which has everything; the other has its volumes, and may only read.
pub async fn inside(site: Site<'_>) {
    site.create(json!({})).await;
    let main = app(json!({
        "user": "1000:2000",
        "readonlyRootFilesystem": true,
        "command": ["serve", "$(PATH) $$(PATH) $PATH"],
        "mountPoints": [{"sourceVolume": "shared_data", "containerPath": "/shared"}],
        "linuxParameters": {
            "tmpfs": [{"containerPath": "/scratch", "size": 8}, {"containerPath": "/fixed", "size": 4, "mountOptions": ["ro"]}],
            "sharedMemorySize": 16,
            "capabilities": {"drop": ["ALL"]},
        },
        "dockerSecurityOptions": ["no-new-privileges"],
    }));
    let reader = json!({
        "name": "reader", "image": "localhost/testapp:v1", "essential": false,
        "environment": [{"name": "PORT", "value": "8081"}],
        "volumesFrom": [{"sourceContainer": "app", "readOnly": true}],
    });
    let mut definition = definition("web", &[main, reader]);
    definition["spec"]["volumes"] = json!([{"name": "shared_data"}]);
    site.apply(&[definition, service("web", 1, json!({}))]).await;
    let task = until("the task runs", 60, || async {
        let tasks = site.tasks("web").await;
        tasks.into_iter().find(|pod| phase(pod) == "Running" && is_ready(pod))
    })
    .await;
    let name = task.name_any();
    volumes(&site, &name).await;
    process(&site, &name).await;
}

async fn volumes(site: &Site<'_>, task: &str) {
    run(site, task, "app", &["testapp", "write", "/shared/word", "hello"]).await.unwrap();
    assert_eq!(run(site, task, "reader", &["cat", "/shared/word"]).await.unwrap().trim(), "hello");
    run(site, task, "app", &["testapp", "write", "/scratch/word", "x"]).await.unwrap();
    for (container, file) in [("reader", "/shared/word"), ("app", "/word"), ("app", "/fixed/word")] {
        let error = run(site, task, container, &["testapp", "write", file, "x"]).await.unwrap_err();
        assert!(error.contains("Read-only file system"), "{container} {file}: {error}");
    }
    let mounts = run(site, task, "app", &["cat", "/proc/mounts"]).await.unwrap();
    for (place, kib) in [("/scratch", 8192), ("/fixed", 4096), ("/dev/shm", 16384)] {
        let line = mounts.lines().rfind(|line| line.contains(&format!(" {place} "))).unwrap_or_default();
        assert!(line.starts_with("tmpfs ") && line.contains(&format!("size={kib}k")), "{place}: {mounts}");
    }
    // What linuxParameters mount is the container's own.
    let mounts = run(site, task, "reader", &["cat", "/proc/mounts"]).await.unwrap();
    assert!(!mounts.contains(" /scratch "), "{mounts}");
}

async fn process(site: &Site<'_>, task: &str) {
    let status = run(site, task, "app", &["cat", "/proc/1/status"]).await.unwrap();
    let line = |key: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(key));
        found.unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned()
    };
    let seen = ["Uid:", "Gid:", "CapBnd:", "NoNewPrivs:", "Seccomp:"].map(line);
    assert_eq!(seen, ["1000", "2000", "0000000000000000", "1", "2"], "{status}");
    let command = run(site, task, "app", &["cat", "/proc/1/cmdline"]).await.unwrap();
    assert!(command.contains("$(PATH) $$(PATH) $PATH"), "{command:?}");
}

/// Output of a command in a container, or what kubectl says.
async fn run(site: &Site<'_>, task: &str, container: &str, command: &[&str]) -> Result<String, String> {
    let args = [&["-n", site.namespace, "exec", task, "-c", container, "--"], command].concat();
    site.bed.kubectl(&args).await.map_err(|error| error.to_string())
}

/// A container that takes more than its `memory` is killed, whatever its task has left.
pub async fn out_of_memory(site: Site<'_>) {
    site.create(json!({})).await;
    let main = app(json!({"command": ["alloc", "200"], "memory": 24}));
    site.apply(&[definition("greedy", &[main]), service("greedy", 1, json!({}))]).await;
    let task = until("a task has ended", 60, || async {
        let tasks: Vec<Pod> = site.all_tasks("greedy").await;
        tasks.into_iter().find(|pod| matches!(phase(pod), "Failed"))
    })
    .await;
    let status: Value = container(&task, "app");
    let ended = &status["state"]["terminated"];
    assert_eq!((&ended["exitCode"], &ended["reason"]), (&json!(137), &json!("OOMKilled")), "{status}");
    assert_eq!(status["restartCount"], 0);
}
