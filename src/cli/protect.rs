//! `berth protect`: tasks that neither a scale-in nor a deployment stops for a while.

use super::cluster::Access;
use crate::kubernetes::Desk;
use crate::resolve::task::protection::{self, DEFAULT_MINUTES, LONGEST_MINUTES, PROTECTED_UNTIL};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

/// ECS takes so many tasks at once.
const MOST: usize = 10;

/// What to protect, and for how long.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Tasks of services, up to 10: names of pods, task ids or ARNs.
    #[arg(value_name = "TASK", required = true)]
    tasks: Vec<String>,
    /// How long, from 1 to 2880.
    #[arg(
        long = "for", value_name = "MINUTES", default_value_t = DEFAULT_MINUTES, conflicts_with = "off",
        value_parser = clap::value_parser!(i64).range(1..=LONGEST_MINUTES)
    )]
    minutes: i64,
    /// End the protection.
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    access: Access,
}

/// Annotates the pods; none at all where one task cannot be protected.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.tasks.len() > MOST {
        bail!("{} tasks are more than ECS takes in one call: name up to {MOST}", arguments.tasks.len());
    }
    arguments.access.ask(async |desk| {
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        for task in &arguments.tasks {
            match find(&desk, task).await {
                Ok(pod) => found.push(pod),
                Err(error) => wrong.push(format!("{error:#}")),
            }
        }
        if !wrong.is_empty() {
            bail!("nothing is changed: {}", wrong.join("; "));
        }
        let until = match arguments.off {
            true => None,
            false => {
                let now = jiff::Timestamp::now();
                Some(protection::value(arguments.minutes, now).map_err(|message| anyhow!(message))?)
            }
        };
        for pod in found {
            desk.mark(&pod, PROTECTED_UNTIL, until.as_deref()).await.context("cannot annotate the pod")?;
            match &until {
                Some(until) => println!("pod/{} protected until {until}", pod.name_any()),
                None => println!("pod/{} not protected", pod.name_any()),
            }
        }
        Ok(())
    })
}

/// The pod of a service's task that runs, or is to.
async fn find(desk: &Desk, task: &str) -> anyhow::Result<Pod> {
    let short = task.rsplit('/').next().unwrap_or(task);
    let by_name = desk.get::<Pod>(short).await.context("cannot read pods")?;
    let pod = match by_name.filter(protection::is_of_service) {
        Some(pod) => Some(pod),
        None => {
            let pods: Vec<Pod> = desk.list(protection::TASKS).await.context("cannot read pods")?;
            pods.into_iter().find(|pod| protection::id(pod) == short)
        }
    };
    match pod {
        None => bail!("{task} is no task of a service in namespace {}", desk.namespace()),
        Some(pod) if protection::is_over(&pod) => {
            bail!("{task} is stopped or about to stop (TASK_NOT_VALID)")
        }
        Some(pod) => Ok(pod),
    }
}
