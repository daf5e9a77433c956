//! Leaders that die or go; whoever follows goes on where they were.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;

use crate::operator::LEASE;
use crate::soak;
use crate::stage::{Stage, definition, is_steady, service};
use crate::witness::Witness;

/// The operator that leads.
async fn leader(stage: &Stage) -> usize {
    stage
        .until("an operator leads", async || {
            for (index, operator) in stage.operators.iter().enumerate() {
                if operator.metric("berth_leader", &[]).await == Some(1.0) {
                    return Some(index);
                }
            }
            None
        })
        .await
}

/// Kills the leader after `pause`; how long nobody led.
async fn kill(stage: &mut Stage, pause: Duration) -> Duration {
    let index = leader(stage).await;
    tokio::time::sleep(pause).await;
    let identity = stage.operators[index].identity.clone();
    stage.operators[index].kill();
    stage.operators.remove(index);
    let start = Instant::now();
    leader(stage).await;
    let took = start.elapsed();
    stage.start(&identity);
    took
}

/// Milliseconds up to `most`, anew each time.
fn random(most: u64) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    Duration::from_millis(RandomState::new().hash_one(0) % most)
}

/// The numbers of these tasks; a kill may leave one out, none may be there twice.
fn numbers(pods: &[Pod]) -> BTreeSet<u32> {
    pods.iter().map(|pod| pod.name_any().rsplit('-').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_killed_at_any_moment_leaves_no_task_too_many_or_missing() {
    let (count, rounds) = if soak() { (200, 25) } else { (120, 3) };
    let all = count as usize;
    let (lower, upper) = (all / 2, all * 3 / 2);
    let mut stage = Stage::with("killed", &["a", "b"]).await;
    let mut worst = Duration::ZERO;
    for round in 1..=rounds {
        let name = format!("r{round}");
        let (starting, rolling) = (random(2500), random(4000));
        let witness = Witness::begin(&stage).await;
        let mut document = service(&name, count);
        document["spec"]["deploymentConfiguration"] =
            json!({"minimumHealthyPercent": 50, "maximumPercent": 150});
        stage.apply(&[&definition(&name, "nginx:1"), &document]).await;
        worst = worst.max(kill(&mut stage, starting).await);
        stage.steady(&name).await;
        let what = format!("round {round}, killed {starting:?} into the start, {rolling:?} into the change");
        let seen = &witness.end()[&name];
        assert_eq!((seen.most_live, seen.tasks.len()), (all, all), "{what}");
        assert_eq!(numbers(&stage.live(&name).await).len(), all, "{what}");

        let witness = Witness::begin(&stage).await;
        stage.apply(&[&definition(&name, "nginx:2")]).await;
        worst = worst.max(kill(&mut stage, rolling).await);
        let changed = stage.until_service(&name, "it runs :2", |it| {
            is_steady(it) && it.status.as_ref().unwrap().task_definition == Some(format!("{name}:2"))
        });
        assert_eq!(changed.await.status.unwrap().deployments.len(), 1, "{what}");
        let seen = &witness.end()[&name];
        assert!(
            seen.fewest_healthy >= lower && seen.most_live <= upper,
            "{what}: {} {}",
            seen.fewest_healthy,
            seen.most_live
        );
        assert_eq!(seen.tasks.len(), 2 * all, "each task is replaced once: {what}");
        assert_eq!(numbers(&stage.live(&name).await).len(), all, "{what}");
        stage.kubectl(&["delete", "ecssvc", &name, "--wait=false"]).await;
    }
    println!("{} kills, longest time without a leader {worst:?}", 2 * rounds);
    assert!(worst < LEASE + Duration::from_secs(4), "{worst:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_asked_to_end_hands_over_at_once() {
    let mut stage = Stage::with("handed", &["a", "b"]).await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 60)]).await;
    for _ in 0..3 {
        let index = leader(&stage).await;
        let mut leaving = stage.operators.remove(index);
        let start = Instant::now();
        let (status, took) = leaving.terminate().await;
        assert_eq!(status.code(), Some(0), "{}", leaving.tail());
        leader(&stage).await;
        let handed = start.elapsed();
        println!("ended after {took:?}, handed over after {handed:?}");
        assert!(handed < Duration::from_secs(2), "{handed:?}\n{}", leaving.tail());
        stage.start(&leaving.identity.clone());
        // In the middle of something the next time.
        stage.apply(&[&definition("web", &format!("nginx:{handed:?}").replace('.', "-"))]).await;
    }
    stage.steady("web").await;
    assert_eq!(stage.live("web").await.len(), 60);
}
