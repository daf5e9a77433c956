//! A service's change, step by step, with tasks that take their places on nodes.

use super::{Fate, Needs, Prospect, is_open, places};
use crate::api;
use crate::model::{Deployment, Health, Instance, LastStatus, Task};
use crate::placement::explain::{
    Amounts, NO_INSTANCES, Need, Resident, Room, Verdict, charged, explain, help, host_ports, sentence,
};
use crate::render::objects::CAPABILITIES;
use crate::render::situation::{Situation, asked};
use crate::resolve::Resolved;
use crate::resolve::task::{self, Reading};
use crate::rollout::{self, Start};
use crate::translate::{self, Launch};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// More steps than any change takes that ends.
const STEPS: usize = 1000;

/// One step of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Tasks that stop.
    pub stops: u32,
    /// Tasks that start.
    pub starts: u32,
    /// Tasks of older deployments after it.
    pub old: u32,
    /// Tasks of the newest deployment after it, with those that find no place.
    pub new: u32,
}

/// Tasks that find no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// How many.
    pub tasks: u32,
    /// ECS's words.
    pub message: String,
    /// What would help one of them.
    pub help: Vec<String>,
}

/// A service on the way to what its document says.
pub(super) struct Rehearsal<'a> {
    situation: &'a Situation,
    object: &'a api::Service,
    resolved: &'a Resolved,
    known: &'a [Deployment],
    tasks: Vec<Task>,
    pods: BTreeMap<String, Pod>,
    now: Timestamp,
}

impl<'a> Rehearsal<'a> {
    pub fn of(
        situation: &'a Situation,
        object: &'a api::Service,
        resolved: &'a Resolved,
        known: &'a [Deployment],
        now: Timestamp,
    ) -> Self {
        let mut tasks = situation.tasks(resolved, now);
        tasks.retain(Task::is_live);
        let (namespace, name) = (&resolved.service.identity.namespace, &resolved.service.identity.name);
        let pods = situation.pods_of(namespace, name).into_iter();
        let pods = pods.map(|pod| (pod.name_any(), pod.clone())).collect();
        Self { situation, object, resolved, known, tasks, pods, now }
    }

    /// Goes through all steps; `rooms` are left as they are in the end.
    pub fn run(mut self, rooms: &mut [Room], needs: &mut Needs) -> Prospect {
        let (mut deployments, is_new) = rollout::deployments(&self.resolved.service, self.known, self.now);
        // Whatever has failed so far: here all goes well.
        deployments.iter_mut().for_each(|one| (one.next_launch_at, one.launch_attempts) = (None, 0));
        let mut prospect = self.prospect(is_new);
        let mut peak = self.charged();
        while prospect.steps.len() < STEPS {
            let Some(step) = self.step(&mut deployments, rooms, &mut prospect) else { break };
            prospect.steps.push(step);
            peak.raise(&self.charged());
        }
        prospect.shortfall = self.shortfall(rooms);
        needs.amounts.add(&peak);
        needs.held.add(&self.held(rooms));
        self.note_ports(&prospect, needs);
        prospect
    }

    /// Before its first step.
    fn prospect(&self, is_new: bool) -> Prospect {
        let service = &self.resolved.service;
        Prospect {
            name: String::new(),
            fate: self.fate(is_new),
            desired: service.desired_count,
            bounds: (service.lower(), service.upper().max(service.desired_count)),
            steps: Vec::new(),
            places: BTreeMap::new(),
            shortfall: None,
        }
    }

    /// One step; none where nothing is left to do.
    fn step(
        &mut self,
        deployments: &mut Vec<Deployment>,
        rooms: &mut [Room],
        prospect: &mut Prospect,
    ) -> Option<Step> {
        self.settle(rooms, prospect);
        let service = &self.resolved.service;
        let plan = rollout::plan(service, deployments, &self.tasks, self.now);
        let primary = plan.deployments.first().map(|primary| primary.id.clone())?;
        deployments.clone_from(&plan.deployments);
        for stop in &plan.stop {
            self.tasks.retain(|task| task.name != stop.task);
            rooms.iter_mut().for_each(|room| room.dismiss(&service.identity.namespace, &stop.task));
        }
        // Older deployments start tasks only in place of some that fail.
        let starts: Vec<&Start> = plan.start.iter().filter(|start| start.deployment == primary).collect();
        if plan.stop.is_empty() && starts.is_empty() {
            return None;
        }
        starts.iter().for_each(|start| self.start(start));
        let new = self.tasks.iter().filter(|task| task.deployment == primary).count();
        Some(Step {
            stops: count(plan.stop.len()),
            starts: starts.iter().map(|start| start.count).sum(),
            old: count(self.tasks.len() - new),
            new: count(new),
        })
    }

    fn fate(&self, is_new: bool) -> Fate {
        let reference = self.resolved.service.task_definition.reference();
        let (desired, live) = (self.resolved.service.desired_count, count(self.tasks.len()));
        match self.known.first() {
            None => Fate::Starts(reference),
            Some(before) if is_new => Fate::Deploys(before.task_definition.clone(), reference),
            Some(_) if desired != live => Fate::Scales(live, desired),
            Some(_) => Fate::Stays,
        }
    }

    /// What waits for a place gets one if there is one by now, and what has one comes up well.
    fn settle(&mut self, rooms: &mut [Room], prospect: &mut Prospect) {
        let waiting = self.tasks.iter().filter(|task| task.instance.is_none()).map(|task| task.name.clone());
        for name in waiting.collect::<Vec<String>>() {
            let node = self.pods.get(&name).and_then(|pod| self.place(pod, rooms));
            // All of them are alike: where one finds no place, the next finds none.
            let Some(node) = node else { break };
            *prospect.places.entry(node.clone()).or_insert(0) += 1;
            if let Some(task) = self.tasks.iter_mut().find(|task| task.name == name) {
                task.instance = Some(node.clone());
            }
            if let Some(pod) = self.pods.get_mut(&name) {
                pod.spec.get_or_insert_default().node_name = Some(node);
            }
        }
        for task in self.tasks.iter_mut().filter(|task| task.instance.is_some()) {
            if matches!(task.health, Health::Unknown { .. }) {
                task.health = Health::Healthy;
                task.last_status = LastStatus::Running;
                task.started_at = Some(self.now);
            }
        }
    }

    fn start(&mut self, start: &Start) {
        let service = &self.resolved.service;
        let views = self.situation.views();
        for number in start.first_number..start.first_number + start.count {
            self.note(translate::task(&Launch {
                service,
                deployment: &start.deployment,
                task_definition: &service.task_definition,
                number,
                zone: start.zone.as_deref(),
                nodes: &views,
                capabilities: CAPABILITIES,
            }));
        }
    }

    fn need(&self, pod: &Pod) -> Need {
        Need::of(pod, asked(self.object, &self.resolved.revision))
    }

    /// Where the pod goes, if it goes anywhere; it is there then.
    fn place(&self, pod: &Pod, rooms: &mut [Room]) -> Option<String> {
        let verdicts = explain(&self.need(pod), rooms);
        let fits: Vec<_> = verdicts.iter().filter(|verdict| verdict.lacks.is_empty()).collect();
        let node = places::choose(&self.resolved.service, &fits, rooms)?;
        rooms.iter_mut().find(|room| room.view.name == node)?.admit(Resident::of(pod));
        Some(node)
    }

    /// Why tasks still wait in the end, if some do.
    fn shortfall(&self, rooms: &[Room]) -> Option<Shortfall> {
        let waiting: Vec<&Task> = self.tasks.iter().filter(|task| task.instance.is_none()).collect();
        let need = self.need(self.pods.get(&waiting.first()?.name)?);
        let verdicts = explain(&need, rooms);
        let (message, help) = (nearest(&verdicts), help(&need, &verdicts));
        Some(Shortfall { tasks: count(waiting.len()), message, help })
    }

    fn note(&mut self, pod: Pod) {
        let nowhere = |_: &str| Instance::default();
        let reading = Reading::of(&self.resolved.service, &nowhere, self.now);
        self.tasks.extend(task::task(&pod, &reading));
        self.pods.insert(pod.name_any(), pod);
    }

    fn live_pods(&self) -> impl Iterator<Item = &Pod> {
        self.tasks.iter().filter_map(|task| self.pods.get(&task.name))
    }

    /// What all its tasks are charged for.
    fn charged(&self) -> Amounts {
        sum(self.live_pods())
    }

    /// What those have that are on nodes which take tasks.
    fn held(&self, rooms: &[Room]) -> Amounts {
        let open: BTreeSet<&str> =
            rooms.iter().filter(|room| is_open(room)).map(|room| room.view.name.as_str()).collect();
        let node = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
        sum(self.live_pods().filter(|pod| node(pod).is_some_and(|node| open.contains(node.as_str()))))
    }

    fn note_ports(&self, prospect: &Prospect, needs: &mut Needs) {
        let most = prospect.steps.iter().map(|step| step.old + step.new).max();
        let most = most.unwrap_or_else(|| count(self.tasks.len()));
        let newest = self.live_pods().last().and_then(|pod| pod.spec.as_ref());
        for port in newest.map(host_ports).into_iter().flatten() {
            *needs.ports.entry(port).or_insert(0) += u64::from(most);
        }
    }
}

/// ECS's words about the node that comes closest.
pub(in crate::render) fn nearest(verdicts: &[Verdict<'_>]) -> String {
    let told = verdicts.first().and_then(|nearest| {
        let why = sentence(nearest.lacks.first()?);
        Some(format!("The closest matching (container-instance {}) {why}", nearest.room.view.name))
    });
    told.unwrap_or_else(|| NO_INSTANCES.to_owned())
}

fn sum<'a>(pods: impl Iterator<Item = &'a Pod>) -> Amounts {
    let mut all = Amounts::default();
    pods.filter_map(|pod| pod.spec.as_ref()).for_each(|spec| all.add(&charged(spec)));
    all
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
