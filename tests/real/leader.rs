//! The replica that leads is lost in the middle of a change.

use super::install::{NAMESPACE, replicas};
use super::site::{Site, until};
use super::traffic::{constant, pause, unharmed};
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, ResourceExt};
use std::time::Instant;
use testbed::Bed;

/// Who leads.
pub async fn holder(bed: &Bed) -> Option<String> {
    lease(bed).await?.spec?.holder_identity.filter(|holder| !holder.is_empty())
}

async fn lease(bed: &Bed) -> Option<Lease> {
    let leases: Api<Lease> = Api::namespaced(bed.client().unwrap(), NAMESPACE);
    leases.get_opt("berth").await.unwrap()
}

/// The number that the next revision of `web` gets, and a version of the test app that makes one.
pub async fn next_version(site: &Site<'_>) -> (u32, &'static str) {
    let status = site.service("web").await.status.unwrap();
    let current: u32 = status.task_definition.unwrap().rsplit(':').next().unwrap().parse().unwrap();
    (current + 1, if current.is_multiple_of(2) { "v1" } else { "v2" })
}

/// Loses the leader by `lose` while `web` rolls; how long until somebody leads again is for `lose` to say.
async fn lost_in_a_change(site: &Site<'_>, what: &str, lose: impl AsyncFnOnce(&str) -> f64) {
    let load = constant(&site.address("web-tg").await, false).await;
    let (revision, version) = next_version(site).await;
    let from = Instant::now();
    site.edit("web", version).await;
    until("the change has begun", 20, || async {
        (site.service("web").await.status?.deployments.len() == 2).then_some(())
    })
    .await;
    let leader = holder(site.bed).await.unwrap();
    let handed_over = lose(&leader).await;
    site.steady("web", revision).await;
    let rolled = from.elapsed();
    pause(11.0).await;
    unharmed(what, load).await;
    println!("                  {what}: led again after {handed_over:.1} s, rolled in {rolled:.1?}");
    let tasks = site.tasks("web").await;
    assert_eq!(tasks.len(), 3, "{:?}", super::site::names(&tasks));
}

/// Its process is killed: it comes again as itself, or the other one takes over when the lease has run out.
pub async fn killed(site: &Site<'_>) {
    lost_in_a_change(site, "the leader's process killed", async |leader| {
        let pods = replicas(site.bed).await;
        let pod = pods.iter().find(|pod| pod.name_any() == leader).unwrap();
        let before = lease(site.bed).await.unwrap().spec.unwrap().lease_transitions;
        let from = Instant::now();
        kill(&process(&pod.uid().unwrap()));
        let renewed = lease(site.bed).await.unwrap().spec.unwrap().renew_time;
        until("somebody leads", 40, || async {
            (lease(site.bed).await?.spec?.renew_time > renewed).then_some(())
        })
        .await;
        let after = from.elapsed().as_secs_f64();
        let spec = lease(site.bed).await.unwrap().spec.unwrap();
        println!(
            "                  {leader} killed, {} leads; transitions {before:?} → {:?}",
            spec.holder_identity.unwrap(),
            spec.lease_transitions
        );
        after
    })
    .await;
}

/// Its pod is deleted: it hands over.
pub async fn deleted(site: &Site<'_>) {
    lost_in_a_change(site, "the leader's pod deleted", async |leader| {
        let from = Instant::now();
        site.bed.kubectl(&["-n", NAMESPACE, "delete", "pod", leader, "--wait=false"]).await.unwrap();
        until("another one leads", 40, || async { holder(site.bed).await.filter(|holder| holder != leader) })
            .await;
        from.elapsed().as_secs_f64()
    })
    .await;
    let ready = ["-n", NAMESPACE, "rollout", "status", "deployment/berth", "--timeout=60s"];
    site.bed.kubectl(&ready).await.unwrap();
}

/// The process of Berth in a pod, as this host sees it.
fn process(uid: &str) -> String {
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let found = processes.filter(|path| {
        let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap_or_default();
        read("cgroup").contains(uid) && read("cmdline").starts_with("/berth\0controller")
    });
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].file_name().unwrap().to_str().unwrap().to_owned()
}

fn kill(pid: &str) {
    let status = std::process::Command::new("kill").args(["-KILL", pid]).status().unwrap();
    assert!(status.success());
}
