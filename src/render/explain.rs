//! "Why was this task not placed?", for a service or a task, from what a cluster holds.

use super::Bundle;
use super::objects::CAPABILITIES;
use super::plan::nearest;
use super::situation::{Situation, asked, owner, told};
use crate::model::label;
use crate::placement::explain::{
    self as placing, Asked, CPU, MEMORY, Need, Room, Verdict, help, shown, units,
};
use crate::resolve::Resolved;
use crate::rollout;
use crate::translate::{self, Launch};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde::Serialize;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Service, by the name of its object.
    Service(String),
    /// A task, by the name of its pod.
    Task(String),
}

/// An answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was judged, as in `task web-1a2b3-0001`.
    pub subject: String,
    /// What it asks for.
    pub requires: Vec<String>,
    /// The instance that it is on, if it is on one.
    pub container_instance: Option<String>,
    /// What the scheduler says, where it cannot place the task.
    pub scheduler: Option<String>,
    /// ECS's sentence, where the task fits nowhere.
    pub message: Option<String>,
    /// The nodes, the nearest first.
    pub container_instances: Vec<Row>,
    /// What would help, each alone.
    pub what_would_help: Vec<String>,
    /// The nodes with their tasks.
    #[serde(skip)]
    pub rooms: Vec<Room>,
}

/// What a node is and lacks.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its zone.
    pub zone: Option<String>,
    /// Its kind.
    pub instance_type: Option<String>,
    /// CPU units that are left, and all.
    pub cpu: [u64; 2],
    /// MiB that are left, and all.
    pub memory: [u64; 2],
    /// What it lacks.
    pub lacks: Vec<Shortage>,
}

/// Something that a node lacks.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shortage {
    /// ECS's reason, as in `failures`.
    pub reason: String,
    /// The reason with its particulars.
    pub detail: String,
}

impl Explanation {
    /// Whether some node takes the task, or has it.
    pub fn fits(&self) -> bool {
        self.container_instance.is_some() || self.container_instances.iter().any(|row| row.lacks.is_empty())
    }
}

/// What is judged: a pod, and the words of its constraints.
struct Subject {
    called: String,
    pod: Pod,
    asked: Vec<Asked>,
    /// Whether it takes part of the nodes already.
    is_there: bool,
}

impl Situation {
    /// Explains where a task can go, with the documents of `bundle` laid over this situation.
    ///
    /// # Errors
    /// When there is no such service or task, or nobody can say what its tasks are.
    pub fn explain(
        &self,
        bundle: &Bundle,
        (namespace, target): (&str, &Target),
        now: Timestamp,
    ) -> Result<Explanation, String> {
        let (after, registrations) = self.with(bundle);
        let resolve = |name: &str| {
            let service = after.service(namespace, name)?;
            Some(
                after
                    .resolve(service, &registrations)
                    .map(|resolved| (asked(service, &resolved.revision), resolved)),
            )
        };
        let subject = match target {
            Target::Task(name) => after.task(namespace, name, |service| Some(resolve(service)?.ok()?.0))?,
            Target::Service(name) => {
                let resolved = resolve(name);
                let words =
                    resolved.as_ref().and_then(|it| Some(it.as_ref().ok()?.0.clone())).unwrap_or_default();
                // A file about a service that is there is a change: what counts is the task that it would start.
                let is_change = self.service(namespace, name).is_some() && bundle.concerns(namespace, name);
                let there = after.representative(namespace, name, &words).filter(|_| !is_change);
                match (there, resolved) {
                    (Some(subject), _) => subject,
                    (None, Some(Ok((words, resolved)))) => after.next(&resolved, words, now),
                    (None, Some(Err(obstacle))) => return Err(format!("service/{name}: {}", told(obstacle))),
                    (None, None) => return Err(missing(&format!("service/{name}"), namespace)),
                }
            }
        };
        Ok(answer(&after, &subject))
    }

    fn task(
        &self,
        namespace: &str,
        name: &str,
        words: impl Fn(&str) -> Option<Vec<Asked>>,
    ) -> Result<Subject, String> {
        let is = |pod: &&Pod| pod.name_any() == name && pod.namespace().unwrap_or_default() == namespace;
        let Some(pod) = self.pods.iter().find(is) else {
            return Err(missing(&format!("task/{name}"), namespace));
        };
        let asked = owner(pod).and_then(|service| words(&service)).unwrap_or_default();
        Ok(Subject { called: format!("task {name}"), pod: pod.clone(), asked, is_there: true })
    }

    /// The task of a service that waits for a place; or its newest, as any other would be.
    fn representative(&self, namespace: &str, name: &str, words: &[Asked]) -> Option<Subject> {
        let pods = self.pods_of(namespace, name).into_iter().filter(|pod| is_live(pod));
        let is_waiting = |pod: &Pod| pod.spec.as_ref().is_none_or(|spec| spec.node_name.is_none());
        let pod = pods.max_by_key(|pod| (is_waiting(pod), pod.creation_timestamp(), pod.name_any()))?;
        let waiting = is_waiting(pod);
        let called = match waiting {
            true => format!("task {}", pod.name_any()),
            false => format!("one more task of service {name}"),
        };
        let mut pod = pod.clone();
        if !waiting {
            pod.metadata.name = Some(format!("{name} (one more)"));
            pod.spec.get_or_insert_default().node_name = None;
        }
        Some(Subject { called, pod, asked: words.to_vec(), is_there: waiting })
    }

    /// The task that a service would start next.
    fn next(&self, resolved: &Resolved, asked: Vec<Asked>, now: Timestamp) -> Subject {
        let service = &resolved.service;
        let (deployments, _) = rollout::deployments(service, &[], now);
        let deployment = deployments.first().map(|primary| primary.id.clone());
        let launch = Launch {
            service,
            deployment: &deployment.unwrap_or_else(|| crate::model::DeploymentId::parse("")),
            task_definition: &service.task_definition,
            number: 1,
            zone: None,
            nodes: &self.views(),
            capabilities: CAPABILITIES,
        };
        let called = format!("a task of service {}", service.identity.name);
        Subject { called, pod: translate::task(&launch), asked, is_there: false }
    }
}

fn missing(what: &str, namespace: &str) -> String {
    format!("{what}: MISSING: there is none in namespace {namespace}")
}

fn is_live(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && !pod.labels().contains_key(label::STOP_CODE)
        && !matches!(phase, Some("Succeeded" | "Failed"))
}

fn answer(situation: &Situation, subject: &Subject) -> Explanation {
    let pod = &subject.pod;
    let mut rooms = placing::rooms(&situation.nodes, &situation.pods);
    let drawn = rooms.clone();
    if subject.is_there {
        // A task does not stand in its own way.
        let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
        rooms.iter_mut().for_each(|room| room.dismiss(&namespace, &name));
    }
    let need = Need::of(pod, subject.asked.clone());
    let verdicts = placing::explain(&need, &rooms);
    let said = unschedulable(pod);
    let container_instance = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
    Explanation {
        subject: subject.called.clone(),
        requires: requires(&need),
        message: message(pod, &verdicts).filter(|_| container_instance.is_none()),
        container_instance,
        scheduler: said,
        what_would_help: help(&need, &verdicts),
        container_instances: verdicts.iter().map(row).collect(),
        rooms: drawn,
    }
}

/// What the scheduler says of a pod that it cannot place.
fn unschedulable(pod: &Pod) -> Option<String> {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let mut waiting = conditions.filter(|one| one.type_ == "PodScheduled" && one.status == "False");
    Some(placing::in_short(waiting.next()?.message.as_deref()?).to_owned())
}

/// ECS's sentence, where no node takes the task.
fn message(pod: &Pod, verdicts: &[Verdict<'_>]) -> Option<String> {
    if verdicts.iter().any(|verdict| verdict.lacks.is_empty()) {
        return None;
    }
    let why = nearest(verdicts);
    let who = pod.annotations().get(label::SERVICE).map(|name| format!("(service {name}) "));
    Some(format!(
        "{}was unable to place a task because no container instance met all of its requirements. {why}",
        who.unwrap_or_default()
    ))
}

fn requires(need: &Need) -> Vec<String> {
    let resources = need.amounts.iter().filter(|(name, amount)| *amount > 0 && *name != placing::PODS);
    let mut all: Vec<String> = resources
        .map(|(name, amount)| match name {
            CPU => format!("{} CPU units", shown(name, amount)),
            MEMORY => format!("{} of memory", shown(name, amount)),
            _ => format!("{} {name}", shown(name, amount)),
        })
        .collect();
    all.extend(need.ports.iter().map(|port| format!("port {port}")));
    all.extend(need.asked.iter().map(|asked| asked.words.clone()));
    all
}

fn row(verdict: &Verdict<'_>) -> Row {
    let room = verdict.room;
    let lack = |lack: &placing::Lack| Shortage { reason: lack.reason(), detail: lack.to_string() };
    Row {
        name: room.view.name.clone(),
        zone: room.zone().map(str::to_owned),
        instance_type: room.instance_type().map(str::to_owned),
        cpu: [units(room.left(CPU)), units(room.whole.get(CPU))],
        memory: [room.left(MEMORY) >> 20, room.whole.get(MEMORY) >> 20],
        lacks: verdict.lacks.iter().map(lack).collect(),
    }
}
