//! Containers that start and stop in an order, are restarted, or end alone.

use super::documents::{app, definition, health_check, merged, service};
use super::site::{Site, container, until, url};
use super::traffic::{constant, get, unharmed};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::{Value, json};
use std::time::Duration;

/// A container of the test app that serves on `port`.
fn server(name: &str, port: u16, more: Value) -> Value {
    let common = json!({
        "name": name, "image": "localhost/testapp:v1", "versionConsistency": "disabled",
        "environment": [{"name": "PORT", "value": port.to_string()}],
    });
    merged(common, more)
}

fn check(port: u16) -> Value {
    let url = format!("http://127.0.0.1:{port}/health");
    json!({"command": ["CMD", "testapp", "check", url], "interval": 5, "timeout": 4, "retries": 1})
}

fn waits(waits: &[(&str, &str)]) -> Value {
    let wait = |(name, condition): &(&str, &str)| json!({"containerName": name, "condition": condition});
    waits.iter().map(wait).collect()
}

fn time(status: &Value, state: &str, field: &str) -> Timestamp {
    let state =
        if status["state"][state].is_null() { &status["lastState"][state] } else { &status["state"][state] };
    state[field].as_str().unwrap_or_else(|| panic!("{status}")).parse().unwrap()
}

/// `db` takes three seconds until it is healthy, `fill` runs when it has started, `once` before all; `app` after the
/// health of the one and the end of the other.
pub async fn started_and_stopped(site: Site<'_>) {
    site.create(json!({})).await;
    let environment = json!([{"name": "PORT", "value": "8081"}, {"name": "START_DELAY", "value": "3"}]);
    let main = app(json!({
        "stopTimeout": 4,
        "dependsOn": waits(&[("once", "SUCCESS"), ("db", "HEALTHY"), ("fill", "COMPLETE")]),
    }));
    let containers = [
        main,
        json!({"name": "once", "image": "localhost/testapp:v1", "versionConsistency": "disabled", "command": ["true"], "essential": false}),
        server("db", 8081, json!({"environment": environment, "stopTimeout": 3, "healthCheck": check(8081)})),
        json!({
            "name": "fill", "image": "localhost/testapp:v1", "versionConsistency": "disabled", "command": ["exit", "5"], "essential": false,
            "stopTimeout": 2, "dependsOn": waits(&[("db", "START")]),
        }),
    ];
    site.apply(&[definition("web", &containers), service("web", 1, json!({}))]).await;
    let waiting = until("the container waits", 60, || async {
        let task = site.tasks("web").await.into_iter().next()?;
        let status = task.status.as_ref()?.container_statuses.as_ref()?;
        let app = status.iter().find(|status| status.name == "app")?;
        let waiting = app.state.as_ref()?.waiting.clone()?;
        (waiting.reason.as_deref() == Some("InvalidImageName")).then_some(waiting)
    })
    .await;
    let message = waiting.message.unwrap_or_default();
    assert!(message.contains("waiting for db to be HEALTHY, for fill to be COMPLETE"), "{message}");
    site.steady("web", 1).await;
    let task = site.task("web").await;
    let [db, fill, main] = ["db", "fill", "app"].map(|name| container(&task, name));
    assert_eq!(fill["state"]["terminated"]["exitCode"], 5, "{fill}");
    let healthy = time(&main, "running", "startedAt").duration_since(time(&db, "running", "startedAt"));
    assert!(healthy.as_secs() >= 3, "app started {healthy:?} after db");
    assert!(time(&fill, "terminated", "startedAt") >= time(&db, "running", "startedAt"));

    site.kubectl(&["scale", "ecssvc", "web", "--replicas=0"]).await;
    let ended = site.ended(&task.name_any(), 30).await;
    let [db, main] = ["db", "app"].map(|name| time(&container(&ended, name), "terminated", "finishedAt"));
    let after = db.duration_since(main).as_secs();
    assert!(after >= 1, "db ended {after} s after app");
    println!(
        "                  app started {} s after db, and db ended {after} s after app",
        healthy.as_secs()
    );
}

/// A success that does not come, and one that comes too late.
pub async fn in_vain(site: Site<'_>) {
    site.create(json!({})).await;
    let helper = |command: &[&str], more: Value| {
        let helper = json!({
            "name": "fill", "image": "localhost/testapp:v1", "versionConsistency": "disabled", "command": command, "essential": false,
            "dependsOn": waits(&[("db", "START")]),
        });
        merged(helper, more)
    };
    let containers = |fill: Value| {
        [app(json!({"dependsOn": waits(&[("fill", "SUCCESS")])})), server("db", 8081, json!({})), fill]
    };
    site.apply(&[
        definition("fails", &containers(helper(&["exit", "3"], json!({})))),
        definition("late", &containers(helper(&["sleep", "60"], json!({"startTimeout": 5})))),
        service("fails", 1, json!({})),
        service("late", 1, json!({})),
    ])
    .await;
    for (name, words) in
        [("fails", "it ended with exit code 3"), ("late", "its startTimeout of 5 seconds is over")]
    {
        let stopped = until("a task is stopped", 60, || async {
            let tasks = site.all_tasks(name).await;
            tasks.into_iter().find(|pod| pod.annotations().contains_key("ecs.berth.dev/stopped-reason"))
        })
        .await;
        let reason = &stopped.annotations()["ecs.berth.dev/stopped-reason"];
        assert!(
            reason.contains("container app waits for container fill to be SUCCESS")
                && reason.ends_with(words),
            "{reason}"
        );
        assert_eq!(stopped.labels()["ecs.berth.dev/stop-code"], "TaskFailedToStart");
        assert!(container(&stopped, "app")["state"]["terminated"]["startedAt"].is_null());
    }
}

/// A container that ran for a minute is started again in its task; one that ends with an ignored code is not.
pub async fn restarted(site: Site<'_>) {
    site.create(json!({})).await;
    let policy = json!({"enabled": true, "ignoredExitCodes": [7], "restartAttemptPeriod": 60});
    let main = app(json!({"restartPolicy": policy, "healthCheck": health_check()}));
    site.apply(&[definition("web", &[main]), service("web", 1, json!({}))]).await;
    site.steady("web", 1).await;
    let task = site.task("web").await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    get(&url(&task, "exit?code=0")).unwrap();
    let again = until("it is restarted", 60, || async {
        let pod = site.api::<Pod>().get(&task.name_any()).await.unwrap();
        let status = container(&pod, "app");
        (status["restartCount"] == 1 && status["ready"] == true).then_some(pod)
    })
    .await;
    assert!(!again.labels().contains_key("ecs.berth.dev/stop-code"));
    site.steady("web", 1).await;
    assert_eq!(site.task("web").await.name_any(), task.name_any());
    get(&url(&task, "exit?code=7")).unwrap();
    let ended = site.ended(&task.name_any(), 30).await;
    let status = container(&ended, "app");
    assert_eq!((&status["state"]["terminated"]["exitCode"], &status["restartCount"]), (&json!(7), &json!(1)));
}

/// Helpers end one after the other while requests go on.
pub async fn helper_ends(site: Site<'_>) {
    site.create(json!({})).await;
    let group =
        json!({"loadBalancers": [{"targetGroupArn": "web", "containerName": "app", "containerPort": 8080}]});
    let main = app(json!({"healthCheck": health_check()}));
    let helper = server("helper", 8081, json!({"essential": false}));
    site.apply(&[definition("web", &[main, helper]), service("web", 2, group)]).await;
    site.steady("web", 1).await;
    let load = constant(&site.address("web-tg").await, false).await;
    for task in site.tasks("web").await {
        get(&url(&task, "exit?code=1").replace(":8080", ":8081")).unwrap();
        until("Berth shows the task", 30, || async {
            let slices = site.kubectl(&[
                "get", "endpointslices", "-l", "endpointslice.kubernetes.io/managed-by=berth", "-o",
                "jsonpath={range .items[*]}{.endpoints[0].targetRef.name}={.endpoints[0].conditions.ready} {end}",
            ]);
            slices.await.contains(&format!("{}=true", task.name_any())).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    unharmed("helpers end", load).await;
    let tasks = site.tasks("web").await;
    assert_eq!(tasks.len(), 2);
    for task in &tasks {
        assert_eq!(container(task, "helper")["state"]["terminated"]["exitCode"], 1);
        assert!(task.annotations().get("ecs.berth.dev/stopped-reason").is_none());
    }
}
