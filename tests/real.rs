//! Berth as its users have it: installed in a cluster of three real nodes in three zones, with tasks that
//! really run, requests all the while, and whatever goes wrong in a cluster.
//!
//! One bed for all of it. Stages in namespaces of their own run side by side; those that disturb the whole
//! cluster follow one by one. A stage that fails does not keep the others from being run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "real/canonical.rs"]
mod canonical;
#[path = "real/digests.rs"]
mod digests;
#[path = "real/documents.rs"]
mod documents;
#[path = "real/inside.rs"]
mod inside;
#[path = "real/install.rs"]
mod install;
#[path = "real/leader.rs"]
mod leader;
#[path = "real/nodes.rs"]
mod nodes;
#[path = "real/order.rs"]
mod order;
#[path = "real/refusals.rs"]
mod refusals;
#[path = "real/rolling.rs"]
mod rolling;
#[path = "real/site.rs"]
mod site;
#[path = "real/story.rs"]
mod story;
#[path = "real/traffic.rs"]
mod traffic;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use site::Site;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use testbed::image::{berth_image, static_program, testapp_image};
use testbed::real::needs;
use testbed::{Bed, BedConfig};

/// Runs stages and remembers which failed. `BERTH_STAGES=quota,drained` runs those with these words in their names.
struct Stages {
    start: Instant,
    failed: std::sync::Mutex<Vec<String>>,
}

impl Stages {
    /// On the heap: all stages together are too large for a thread's stack.
    fn run<'a>(&'a self, name: &'a str, stage: impl Future<Output = ()> + 'a) -> LocalBoxFuture<'a, ()> {
        let stage = stage.boxed_local();
        let is_wanted =
            std::env::var("BERTH_STAGES").is_ok_and(|all| all.split(',').any(|one| name.contains(one)));
        if std::env::var_os("BERTH_STAGES").is_some() && !is_wanted {
            return async {}.boxed_local();
        }
        async move {
            let from = self.start.elapsed().as_secs_f64();
            let outcome = AssertUnwindSafe(stage).catch_unwind().await;
            let to = self.start.elapsed().as_secs_f64();
            let word = if outcome.is_ok() { "passed" } else { "FAILED" };
            println!("{from:6.1} – {to:6.1} s  {word}  {name}");
            if outcome.is_err() {
                self.failed.lock().unwrap().push(name.to_owned());
            }
        }
        .boxed_local()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn berth_on_real_nodes() {
    if needs::skip("berth_on_real_nodes") {
        return;
    }
    let images = tokio::task::spawn_blocking(images).await.unwrap();
    let stages = Stages { start: Instant::now(), failed: std::sync::Mutex::default() };
    let bed = Bed::start(BedConfig::real(3, 3)).await.unwrap();
    let real = bed.real().unwrap();
    for image in &images {
        real.import_image(image).await.unwrap();
    }
    println!("{:6.1} s           the bed is up", stages.start.elapsed().as_secs_f64());

    install::helm(&bed).await;
    let site = |namespace| Site::new(&bed, namespace);
    let roll = site("roll");
    let in_order = async {
        tokio::join!(
            stages.run("helm test", install::works(&bed)),
            stages.run("a rolling edit", rolling::doubling(&roll)),
            stages.run("a rolling edit in place", rolling::halving(site("half"))),
            stages.run("an essential container ends", story::essential_container_ends(site("ends"))),
            stages.run("stopping", story::stopping(site("stops"))),
        );
        // Not all at once: two processors start no more containers in a stage's time.
        tokio::join!(
            stages.run("an unhealthy task", story::unhealthy(site("sick"))),
            stages.run("the environment", story::environment(site("plain"))),
            stages.run("pod security", refusals::pod_security(site("strict"))),
            stages.run("a quota", refusals::quota(site("tight"))),
            stages.run("inside a container", inside::inside(site("inside"))),
            stages.run("out of memory", inside::out_of_memory(site("greedy"))),
        );
        tokio::join!(
            stages.run("containers in order", order::started_and_stopped(site("order"))),
            stages.run("waiting in vain", order::in_vain(site("vain"))),
            stages.run("a container is restarted", order::restarted(site("again"))),
            stages.run("a helper ends", order::helper_ends(site("helper"))),
            stages.run("a tag that moves", digests::moving_tag(site("tags"))),
        );
        stages.run("the log", install::log(&bed)).await;
        stages.run("the leader's process is killed", leader::killed(&roll)).await;
        stages.run("the leader's pod is deleted", leader::deleted(&roll)).await;
    };
    // These take longest, and whoever leads must not matter to them.
    tokio::join!(
        in_order,
        stages.run("everything called web", canonical::named_alike(site("alike"))),
        stages.run("the examples", install::examples(site("examples"))),
    );
    stages.run("helm upgrade", install::upgrade(&roll)).await;
    stages.run("uninstalled, installed again", install::again(&roll)).await;
    stages.run("kubectl apply -k", install::kustomize(&roll)).await;
    stages.run("a node is drained", nodes::drained(site("drain"))).await;
    stages.run("a node crashes", nodes::crashed(site("crash"))).await;
    stages.run("the log in the end", install::log(&bed)).await;

    println!("{:6.1} s           all of it", stages.start.elapsed().as_secs_f64());
    let failed = stages.failed.lock().unwrap().clone();
    if failed.is_empty() {
        bed.stop().await.unwrap();
    }
    assert_eq!(failed, Vec::<String>::new(), "failed");
}

/// The archives of all images: Berth's twice, as an upgrade needs a second one.
fn images() -> Vec<std::path::PathBuf> {
    needs::provide().unwrap();
    let program = static_program("berth").unwrap();
    let berth = install::VERSIONS.map(|version| berth_image(version, &program).unwrap());
    berth.into_iter().chain(["v1", "v2"].map(|version| testapp_image(version).unwrap())).collect()
}
