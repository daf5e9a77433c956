//! A service, its target group and its discovery that are all called `web`.

use super::documents::{app, definition, discovery, merged, reachable, service, text};
use super::site::Site;
use super::traffic::{constant, figures, now, pause, unharmed};
use serde_json::{Value, json};
use testbed::load::Load;

/// Seconds that a task serves on after it has left its target group: `deregistrationDelaySeconds` below, then
/// the app's own drain.
const SERVES_ON: f64 = 6.0 + 2.0;

/// Applied together, edited and deleted under requests, in both ways.
pub async fn named_alike(site: Site<'_>) {
    site.create(json!({})).await;
    let bare = site.inventory().await;
    let more = merged(reachable("web"), json!({"kubernetes": {"deregistrationDelaySeconds": 6}}));
    let documents = [definition("web", &[app(json!({}))]), service("web", 3, more), discovery("web")];

    site.apply(&documents).await;
    site.steady("web", 1).await;
    let load = constant(&site.address("web-tg").await, false).await;
    site.edit("web", "v2").await;
    site.steady("web", 2).await;
    pause(9.0).await;
    unharmed("web, web and web edited", load).await;
    deleted(&site, &["delete", "ecssvc", "web", "--wait=false"], "").await;
    let left = left(&site, &bare).await;
    assert!(left.iter().any(|name| name == "ecs.berth.dev/TaskDefinition web"), "{left:?}");
    assert!(!left.iter().any(|name| name.starts_with("/Pod ") || name == "/Service web-tg"), "{left:?}");

    // The same family goes on counting, so the next revision is the third.
    site.apply(&documents).await;
    site.steady("web", 3).await;
    deleted(&site, &["delete", "--wait=false", "-f", "-"], &text(&documents)).await;
    let mut left = self::left(&site, &bare).await;
    // A family's numbers are never used again.
    left.retain(|name| !name.starts_with("apps/ControllerRevision "));
    assert_eq!(left, Vec::<String>::new());
}

/// Deletes under requests. Every request counts until the first task may end: all tasks are told at once, and
/// each of them serves on for [`SERVES_ON`]. After that the address only has to go.
async fn deleted(site: &Site<'_>, args: &[&str], input: &str) {
    let load: Load = constant(&site.address("web-tg").await, false).await;
    pause(2.0).await;
    let from = now();
    let output = site.bed.kubectl_with_input(&[&["-n", site.namespace], args].concat(), input).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    pause(SERVES_ON + 3.0).await;
    let seen = load.stop().await.unwrap();
    let first = seen.failures.iter().filter_map(began).min_by(f64::total_cmp);
    let first = first.map(|at| at - from);
    println!(
        "                  kubectl {}: {}; first failure after {first:?} s",
        args.join(" "),
        figures(&seen)
    );
    assert!(first.is_none_or(|after| after >= SERVES_ON), "{first:?}: {seen:#?}");
    assert!(seen.ok > 400, "{seen:#?}");
}

/// When a request that failed was sent.
fn began(failure: &Value) -> Option<f64> {
    Some(failure["at"].as_f64()? - failure["ms"].as_f64()? / 1000.0)
}

/// What is in the namespace beyond `bare`, once nothing more vanishes.
async fn left(site: &Site<'_>, bare: &[[String; 4]]) -> Vec<String> {
    let mut left: Vec<String> = Vec::new();
    for _ in 0..20 {
        pause(0.5).await;
        let found = site.inventory().await.into_iter();
        let now: Vec<String> = found
            .filter(|object| bare.iter().all(|known| known[..2] != object[..2]))
            .map(|[kind, name, ..]| format!("{kind} {name}"))
            .collect();
        if now == left && !now.iter().any(|name| name.starts_with("/Pod ")) {
            return now;
        }
        left = now;
    }
    left
}
