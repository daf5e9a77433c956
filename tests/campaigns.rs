//! The campaigns of `make bench` and `make soak` in their small form. `BERTH_SOAK=1` makes them long.
//!
//! Nothing here depends on how fast the machine is: counts are asserted, times are only printed.

#[path = "../benches/campaign/mod.rs"]
mod campaign;

use std::time::Duration;

use anyhow::{Result, ensure};
use campaign::operator::{Operator, sum};
use campaign::work::{Size, by_berth, by_deployments, events, until_steady};
use campaign::{bed, crash, rest};

/// Writes of its status while a service comes up.
const STATUS_WRITES: f64 = 4.0;
/// Events about it meanwhile.
const EVENTS: usize = 5;

fn soak() -> bool {
    std::env::var_os("BERTH_SOAK").is_some_and(|value| value == "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_services_come_up_with_few_writes_and_then_nothing_is_written() -> Result<()> {
    let (size, nodes, rest_time) = match soak() {
        true => (Size { services: 500, tasks: 4 }, 500, Duration::from_secs(300)),
        false => (Size { services: 20, tasks: 4 }, 20, Duration::from_secs(8)),
    };
    let bed = bed::start(nodes).await?;
    let client = bed.client()?;
    let operator = Operator::start(&bed).await?;
    for namespace in ["berth", "deployments"] {
        bed::create_namespace(&bed, namespace).await?;
    }
    let took = by_berth(&client, "berth", size).await?;
    println!("{} tasks of Berth run after {took:?}", size.pods());
    let took = by_deployments(&client, "deployments", size).await?;
    println!("{} pods of Deployments run after {took:?}", size.pods());
    until_steady(&client, "berth").await?;
    rest::settle(&operator).await?;

    let writes = operator.writes().await?;
    println!("{writes:#?}");
    let status = sum(&writes, r#"kind="Service",verb="status""#) / size.services as f64;
    ensure!(status <= STATUS_WRITES, "{status} status writes per service: {writes:?}");
    ensure!(sum(&writes, r#"kind="Pod""#) as usize == size.pods(), "no task twice: {writes:?}");
    let told = events(&client, "berth").await?;
    ensure!(told.iter().all(|(_, count)| *count <= EVENTS), "too many events: {:?}", told.first());

    let unrest = rest::watch(&client, "berth", &operator, rest_time).await?;
    ensure!(unrest.is_none(), "written at rest: {unrest:#?}");
    bed.stop().await
}

/// The short form is among the tests of the control plane.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loop_stays_within_the_throttle_for_long() -> Result<()> {
    if !soak() {
        return Ok(());
    }
    let (services, time) = (20, Duration::from_secs(600));
    let bed = bed::start(20).await?;
    let client = bed.client()?;
    let operator = Operator::start(&bed).await?;
    bed::create_namespace(&bed, "crash").await?;
    let tasks = crash::run(&client, "crash", services, time).await?;
    println!("after {time:?}: {:?}", operator.usage()?);
    crash::check(&tasks, services, time)?;
    bed.stop().await
}
