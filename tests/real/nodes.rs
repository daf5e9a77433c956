//! Nodes that go on purpose, and nodes that are gone.

use super::documents::{app, definition, merged, reachable, service};
use super::site::{Site, is_ready, names, node_of, phase, until};
use super::traffic::{constant, figures, pause, unharmed};
use kube::ResourceExt;
use serde_json::{Value, json};
use std::time::Instant;

/// `kubectl drain` waits for replacements: of six tasks, five stay healthy, though the node has two of them.
pub async fn drained(site: Site<'_>) {
    // Of the services of other stages none could give up a task.
    site.bed.kubectl(&["delete", "ecssvc", "--all", "-A", "--wait=false"]).await.unwrap();
    site.create(json!({})).await;
    let percent = json!({"minimumHealthyPercent": 80, "maximumPercent": 200});
    let more = json!({
        "deploymentConfiguration": percent, "kubernetes": {"deregistrationDelaySeconds": 5},
    });
    let main = app(json!({}));
    site.apply(&[definition("web", &[main]), service("web", 6, merged(reachable("web"), more))]).await;
    site.steady("web", 1).await;
    let there = site.tasks("web").await.iter().filter(|pod| node_of(pod) == "node-3").count();
    assert_eq!(there, 2, "evenly over the zones");

    let load = constant(&site.address("web-tg").await, false).await;
    let from = Instant::now();
    let args = ["drain", "node-3", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s"];
    let (mut drain, mut least) = (Box::pin(site.bed.kubectl(&args)), usize::MAX);
    let drained = loop {
        tokio::select! {
            outcome = &mut drain => break outcome,
            () = pause(0.1) => {
                let tasks = site.tasks("web").await;
                least = least.min(tasks.iter().filter(|pod| is_ready(pod)).count());
            }
        }
    };
    site.bed.kubectl(&["uncordon", "node-3"]).await.unwrap();
    drained.unwrap();
    let took = from.elapsed();
    site.steady("web", 1).await;
    pause(8.0).await;
    unharmed("a node drained", load).await;
    println!("                  drained in {took:.1?}, at least {least} tasks healthy all the time");
    assert!((5..6).contains(&least), "{least}");
    let tasks = site.tasks("web").await;
    assert_eq!(tasks.len(), 6, "{:?}", names(&tasks));
}

/// A node without power: its tasks have successors as soon as the cluster knows, and when it is back there is
/// none too many.
pub async fn crashed(site: Site<'_>) {
    site.create(json!({})).await;
    let more = merged(reachable("web"), json!({"kubernetes": {"deregistrationDelaySeconds": 5}}));
    site.apply(&[definition("web", &[app(json!({}))]), service("web", 3, more)]).await;
    site.steady("web", 1).await;
    let tasks = site.tasks("web").await;
    let lost: Vec<String> =
        tasks.iter().filter(|pod| node_of(pod) == "node-2").map(ResourceExt::name_any).collect();
    assert_eq!(lost.len(), 1, "evenly over the zones");

    let load = constant(&site.address("web-tg").await, false).await;
    let real = site.bed.real().unwrap();
    let from = Instant::now();
    real.crash("node-2").await.unwrap();
    until("the node is not ready", 40, || async { not_ready(&site).await.then_some(()) }).await;
    let known = from.elapsed();
    until("there are three tasks elsewhere", 60, || async {
        let tasks = site.tasks("web").await;
        let sound = tasks.iter().filter(|pod| is_ready(pod) && node_of(pod) != "node-2");
        (sound.count() == 3).then_some(())
    })
    .await;
    let replaced = from.elapsed();
    site.steady("web", 1).await;
    // Of the requests those to the lost task may fail until the cluster knows.
    let seen = load.stop().await.unwrap();
    println!("                  a node crashed: {}", figures(&seen));
    println!("                  known after {known:.1?}, replaced after {replaced:.1?}");
    let last = seen.failures.iter().filter_map(|failure| failure["after"].as_f64()).fold(0.0, f64::max);
    assert!(last <= known.as_secs_f64() + 4.0, "the last request failed after {last} s: {seen:#?}");

    real.restart("node-2").await.unwrap();
    let old = site.ended(&lost[0], 60).await;
    assert!(old.metadata.deletion_timestamp.is_none() || phase(&old) == "Failed");
    pause(5.0).await;
    let tasks = site.tasks("web").await;
    assert_eq!(tasks.len(), 3, "{:?}", names(&tasks));
    site.steady("web", 1).await;
}

async fn not_ready(site: &Site<'_>) -> bool {
    let path = r#"jsonpath={.status.conditions[?(@.type=="Ready")].status}"#;
    let status = site.bed.kubectl(&["get", "node", "node-2", "-o", path]).await.unwrap();
    Value::String(status) != "True"
}
