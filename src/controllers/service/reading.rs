//! What the stores hold of a Service: its tasks, its instances, and the definitions of its deployments.

use super::super::context::Context;
use super::super::launch::Done;
use super::Resolved;
use crate::api;
use crate::model::{Deployment, DeploymentId, Instance, Service, Task, TaskDefinition, Zone};
use crate::placement::NodeView;
use crate::resolve;
use crate::resolve::arn::TaskDefinitionReference;
use crate::resolve::revision;
use crate::resolve::task::{self, Reading};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(super) fn tasks(
    context: &Context,
    service: &Service,
    now: Timestamp,
) -> (BTreeMap<String, Arc<Pod>>, Vec<Task>) {
    let asked = resolve::Interest::by(&service.placement);
    // Tasks share instances, and what is left of one is a sum over all its tasks.
    let known = RefCell::<HashMap<String, Instance>>::default();
    let instance = |node: &str| {
        let mut known = known.borrow_mut();
        known.entry(node.to_owned()).or_insert_with(|| instance(context, &asked, node)).clone()
    };
    read(context, &service.identity.uid, &Reading::of(service, &instance, now))
}

/// The tasks of a service that cannot be resolved, so that nobody knows what their health depends on.
pub(super) fn tasks_of_refused(context: &Context, object: &api::Service, now: Timestamp) -> Vec<Task> {
    let instance = |node: &str| instance(context, &resolve::Interest::default(), node);
    let reading = Reading { grace_period: 0, is_target: false, instance: &instance, now };
    read(context, &object.uid().unwrap_or_default(), &reading).1
}

/// The pods that the Service with this UID controls, and the tasks that they are.
fn read(context: &Context, uid: &str, reading: &Reading<'_>) -> (BTreeMap<String, Arc<Pod>>, Vec<Task>) {
    let pods = context.stores.tasks_of(uid);
    let owned = pods.into_iter().filter(|pod| {
        pod.owner_references().iter().any(|owner| owner.controller == Some(true) && owner.uid == uid)
    });
    let pods: BTreeMap<String, Arc<Pod>> = owned.map(|pod| (pod.name_any(), pod)).collect();
    let tasks = pods.values().filter_map(|pod| task::task(pod, reading)).collect();
    (pods, tasks)
}

/// The tasks with what this pass did to them.
pub(super) fn after(
    context: &Context,
    service: &Service,
    mut tasks: Vec<Task>,
    done: &Done,
    now: Timestamp,
) -> Vec<Task> {
    let instance = |node: &str| instance(context, &resolve::Interest::default(), node);
    let reading = Reading::of(service, &instance, now);
    for task in done.pods.iter().filter_map(|pod| task::task(pod, &reading)) {
        tasks.retain(|known| known.name != task.name);
        tasks.push(task);
    }
    tasks
}

fn instance(context: &Context, asked: &resolve::Interest, node: &str) -> Instance {
    let tasks_on = |node: &str| context.stores.tasks_on(node);
    let node = context.stores.nodes.get("", node);
    node.map(|node| resolve::instance(&node, asked, &tasks_on)).unwrap_or_default()
}

/// The zones in which the service's tasks may run.
pub(super) fn zones(context: &Context, service: &Service, pods: &BTreeMap<String, Arc<Pod>>) -> Vec<Zone> {
    let newest = pods.values().max_by_key(|pod| pod.creation_timestamp());
    let size = newest.map(|pod| resolve::requests(pod)).unwrap_or_default();
    resolve::zones(service, size, &context.stores.nodes.state(), &|node| context.stores.tasks_on(node))
}

/// The nodes as queries see them; read only where a query asks for values.
pub(super) fn nodes(context: &Context, service: &Service) -> Vec<NodeView> {
    let asks =
        |constraint: &crate::model::Constraint| matches!(constraint, crate::model::Constraint::MemberOf(_));
    if !service.placement.constraints.iter().any(asks) {
        return Vec::new();
    }
    context.stores.nodes.state().iter().map(|node| NodeView::of(node)).collect()
}

/// The definition of each deployment; an older one's is read from its revision.
pub(super) fn definitions(
    context: &Context,
    resolved: &Resolved,
    deployments: &[Deployment],
) -> BTreeMap<DeploymentId, TaskDefinition> {
    let service = &resolved.service;
    let read = |deployment: &Deployment| {
        if deployment.task_definition == service.task_definition.reference() {
            return Some(service.task_definition.clone());
        }
        let reference = TaskDefinitionReference::parse(&deployment.task_definition)?;
        let revisions = context.stores.revisions_of(&service.identity.namespace, &reference.family);
        let mut revisions = revisions.iter().filter_map(|object| revision::read(object));
        let revision = revisions.find(|revision| Some(revision.number) == reference.revision)?;
        resolve::task_definition(&revision.spec, &revision.family, revision.number, &resolved.grants).ok()
    };
    deployments.iter().filter_map(|deployment| Some((deployment.id.clone(), read(deployment)?))).collect()
}

/// The longest-running live task: the one whose place as holder of shared objects changes least.
pub(super) fn anchor<'a>(pods: &'a BTreeMap<String, Arc<Pod>>, tasks: &[Task]) -> Option<&'a Pod> {
    let running = tasks.iter().filter(|task| task.is_live() && task.started_at.is_some());
    let eldest = running.min_by_key(|task| (task.started_at, task.number))?;
    pods.get(&eldest.name).map(|pod| &**pod)
}
