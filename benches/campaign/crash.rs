//! Services whose only container ends at once, again and again.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use berth::api::{Service, TaskDefinition};
use berth::rollout;
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use tokio::time::{Instant, timeout_at};

use super::work::{api, create, definition, service};

/// Every task that was ever seen, as it was seen last, by service and name.
pub type Tasks = BTreeMap<String, BTreeMap<String, Pod>>;

/// Starts `services` of them, and watches their tasks for `time`.
pub async fn run(client: &Client, namespace: &str, services: usize, time: Duration) -> Result<Tasks> {
    let pods = watcher(api::<Pod>(client, namespace), watcher::Config::default()).applied_objects();
    let mut pods = pin!(pods);
    for number in 0..services {
        let name = format!("crash-{number:02}");
        create(&api::<TaskDefinition>(client, namespace), definition(&name, "sim/exit-1-after-0s")).await?;
        create(&api::<Service>(client, namespace), service(&name, 1)).await?;
    }
    let end = Instant::now() + time;
    let mut tasks = Tasks::new();
    while let Ok(next) = timeout_at(end, pods.next()).await {
        let Some(next) = next else { bail!("the watch of pods has ended") };
        // An error is one of the connection; the watch goes on by itself.
        let Ok(pod) = next else { continue };
        for container in containers(&pod) {
            ensure!(container.restart_count == 0, "a container of {} started twice", pod.name_any());
        }
        let service = pod.annotations().get("ecs.berth.dev/service").cloned().unwrap_or_default();
        tasks.entry(service).or_default().insert(pod.name_any(), pod);
    }
    Ok(tasks)
}

/// How many launches the throttle permits within `time`.
pub fn launches_permitted(time: Duration) -> usize {
    let mut at = Duration::ZERO;
    let mut launches = 0;
    while at <= time {
        launches += 1;
        let delay = rollout::delay(u32::try_from(launches).unwrap_or(u32::MAX));
        at += Duration::try_from(delay).unwrap_or_default();
    }
    launches
}

/// Fails unless each service was launched within the throttle's bounds and every task that has ended says
/// how.
pub fn check(tasks: &Tasks, services: usize, time: Duration) -> Result<()> {
    let permitted = launches_permitted(time);
    ensure!(tasks.len() == services, "{} of {services} services have tasks", tasks.len());
    for (service, pods) in tasks {
        ensure!(pods.len() <= permitted, "{service} had {} launches of {permitted}", pods.len());
        ensure!(pods.len() >= 2, "{service} was not launched again");
        for pod in pods.values() {
            let Some(ended) =
                containers(pod).find_map(|container| container.state.as_ref()?.terminated.as_ref())
            else {
                // The last one may be on its way still.
                continue;
            };
            ensure!(ended.exit_code == 1, "{} ended with {}", pod.name_any(), ended.exit_code);
            ensure!(ended.reason.as_deref() == Some("Error"), "{}: {:?}", pod.name_any(), ended.reason);
        }
    }
    Ok(())
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten())
}
