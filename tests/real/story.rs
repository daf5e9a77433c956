//! What a task goes through: how its containers end, and what they were given.

use super::documents::{app, definition, health_check, reachable, service};
use super::site::{Site, container, is_ready, phase, until, url};
use super::traffic::get;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Value, json};

/// One container ends with a code; the one beside it is told to stop, drains, and everything stays readable.
pub async fn essential_container_ends(site: Site<'_>) {
    site.create(json!({})).await;
    let sidecar = json!({
        "name": "sidecar", "image": "localhost/testapp:v1", "essential": false, "versionConsistency": "disabled",
        "environment": [{"name": "PORT", "value": "8081"}, {"name": "DRAIN", "value": "3"}],
    });
    let main = app(json!({"healthCheck": health_check()}));
    site.apply(&[definition("pair", &[main, sidecar]), service("pair", 1, json!({}))]).await;
    site.steady("pair", 1).await;
    let task = site.task("pair").await;
    let name = task.name_any();
    get(&url(&task, "exit?code=7")).unwrap();

    let ended = site.ended(&name, 30).await;
    assert_eq!(ended.labels()["ecs.berth.dev/stop-code"], "EssentialContainerExited");
    assert_eq!(ended.annotations()["ecs.berth.dev/stopped-reason"], "Essential container in task exited");
    let [main, sidecar] = ["app", "sidecar"].map(|name| container(&ended, name));
    assert_eq!(main["state"]["terminated"]["exitCode"], 7, "{main}");
    assert_eq!(sidecar["state"]["terminated"]["exitCode"], 0, "{sidecar}");
    assert_eq!((&main["restartCount"], &sidecar["restartCount"]), (&json!(0), &json!(0)));
    let log = site.kubectl(&["logs", &name, "-c", "sidecar"]).await;
    assert!(log.contains("goes on serving for 3s") && log.ends_with("ends\n"), "{log}");
    let drained = seconds_between(&main, &sidecar);
    // Its own 3 s and what the kubelet takes to notice; the kill would come after 30 s.
    assert!((3..25).contains(&drained), "the sidecar ended {drained} s after the container");
    assert!(site.kubectl(&["logs", &name, "-c", "app"]).await.contains("serves on port 8080"));

    let next =
        until("its replacement runs", 30, || async { site.tasks("pair").await.into_iter().find(is_ready) })
            .await;
    assert_ne!(next.name_any(), name);
    println!("                  the sidecar ended {drained} s after the essential container");
}

/// Seconds from one container's end to another's, by the node's clock.
fn seconds_between(one: &Value, other: &Value) -> i64 {
    let end = |status: &Value| -> Timestamp {
        status["state"]["terminated"]["finishedAt"].as_str().unwrap().parse().unwrap()
    };
    end(other).as_second() - end(one).as_second()
}

/// SIGTERM first; whoever needs longer than `stopTimeout` is killed.
pub async fn stopping(site: Site<'_>) {
    site.create(json!({})).await;
    let drain = |seconds: &str, timeout: u32| {
        let environment = json!([{"name": "DRAIN", "value": seconds}]);
        app(json!({"environment": environment, "stopTimeout": timeout, "healthCheck": health_check()}))
    };
    site.apply(&[
        definition("patient", &[drain("4", 30)]),
        definition("hasty", &[drain("60", 3)]),
        service("patient", 2, json!({})),
        service("hasty", 2, json!({})),
    ])
    .await;
    for (name, code, least, most) in [("patient", 0, 4.0, 9.0), ("hasty", 137, 3.0, 8.0)] {
        site.steady(name, 1).await;
        site.kubectl(&["scale", "ecssvc", name, "--replicas=1"]).await;
        let stopped = until("a task is told to stop", 20, || async {
            let tasks = site.all_tasks(name).await;
            tasks.into_iter().find(|pod| pod.labels().contains_key("ecs.berth.dev/stop-code"))
        });
        let ended = site.ended(&stopped.await.name_any(), 30).await;
        let status = container(&ended, "app");
        assert_eq!(status["state"]["terminated"]["exitCode"], code, "{status}");
        assert_eq!(status["restartCount"], 0);
        let took = seconds_to_end(&ended, &status);
        assert!((least..=most).contains(&took), "{name} took {took} s");
        let log = site.kubectl(&["logs", &ended.name_any()]).await;
        assert!(log.contains("told to stop"), "{log}");
        println!("                  {name}: ended with {code} {took:.1} s after it was asked to");
        site.steady(name, 1).await;
    }
}

/// Seconds from Berth's request to the end of a container.
fn seconds_to_end(pod: &Pod, status: &Value) -> f64 {
    let asked: Timestamp = pod.annotations()["ecs.berth.dev/stopping-at"].parse().unwrap();
    let ended = status["state"]["terminated"]["finishedAt"].as_str().unwrap();
    // The node's time has no fraction.
    let ended: Timestamp = ended.parse().unwrap();
    ended.duration_since(asked).as_secs_f64() + 1.0
}

/// A task that fails its check is stopped when another one is healthy in its place, and not before.
pub async fn unhealthy(site: Site<'_>) {
    site.create(json!({})).await;
    let main = app(json!({"healthCheck": health_check()}));
    site.apply(&[definition("web", &[main]), service("web", 1, json!({}))]).await;
    site.steady("web", 1).await;
    let sick = site.task("web").await;
    get(&url(&sick, "health?set=false")).unwrap();
    let told = until("the task is told to stop", 60, || async {
        let pod = site.api::<Pod>().get(&sick.name_any()).await.unwrap();
        pod.annotations().contains_key("ecs.berth.dev/stopping-at").then_some(pod)
    })
    .await;
    let next = site.task("web").await;
    assert!(is_ready(&next), "its replacement is not healthy");
    let reason = &told.annotations()["ecs.berth.dev/stopped-reason"];
    assert_eq!(reason, "Task failed container health checks");
    assert_eq!(container(&site.ended(&sick.name_any(), 40).await, "app")["restartCount"], 0);
    site.steady("web", 1).await;
}

/// A container gets what the document says, what its image says, and what a kubelet gives to every container.
pub async fn environment(site: Site<'_>) {
    site.create(json!({})).await;
    let environment = json!([
        {"name": "FIRST", "value": "plain"},
        {"name": "SECOND", "value": "$(FIRST) $$(FIRST) $FIRST $$ 5$"},
        {"name": "VERSION", "value": ""},
    ]);
    let main = app(json!({"environment": environment, "command": ["serve", "$(FIRST)"]}));
    site.apply(&[definition("web", &[main]), service("web", 1, reachable("web"))]).await;
    let task = until("the task runs", 60, || async {
        let tasks = site.tasks("web").await;
        tasks.into_iter().find(|pod| phase(pod) == "Running" && is_ready(pod))
    })
    .await;
    let text = until("it answers", 10, || async { get(&url(&task, "env")) }).await;
    let mut seen: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
    // The address of the API server is given to every container of every pod, and no setting prevents it.
    seen.retain(|name, _| !name.starts_with("KUBERNETES_"));
    let expected = json!({
        "FIRST": "plain",
        "SECOND": "$(FIRST) $$(FIRST) $FIRST $$ 5$",
        "VERSION": "",
        "PATH": "/usr/bin:/bin",
        "HOME": "/",
        "HOSTNAME": task.name_any(),
    });
    assert_eq!(Value::Object(seen), expected);
    let token = ["-n", site.namespace, "exec", &task.name_any(), "--"];
    let token = [&token[..], &["cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"]].concat();
    let error = site.bed.kubectl(&token).await.unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
}
