//! Why a task of a Service finds no instance, in ECS's words and the scheduler's.

use super::super::context::Context;
use crate::api::ServiceStatus;
use crate::conclude::service as judged;
use crate::model::{Service, Task};
use crate::placement::explain::{self, Need};
use k8s_openapi::api::core::v1::Pod;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The instance that comes closest for the first task that finds none, and what the scheduler says. It is looked for
/// anew only when the scheduler says something else than `before`: so other pods' coming and going changes nothing.
pub(super) fn why(
    context: &Context,
    service: &Service,
    (pods, tasks): (&BTreeMap<String, Arc<Pod>>, &[Task]),
    before: &ServiceStatus,
) -> Option<String> {
    let unplaced = tasks.iter().filter(|task| task.is_live() && task.unplaced.is_some());
    let task = unplaced.min_by(|one, other| one.name.cmp(&other.name))?;
    let said = task.unplaced.as_deref()?;
    let words = explain::in_short(said);
    let known = judged::told_unplaced(before).unwrap_or_default();
    if known.ends_with(&format!("({words})")) {
        return Some(known.to_owned());
    }
    let need = Need::of(pods.get(&task.name)?, explain::queries(&service.placement.constraints));
    let (nodes, pods) = (context.stores.nodes.state(), context.stores.pods.state());
    let rooms = explain::rooms(nodes.iter().map(|node| &**node), pods.iter().map(|pod| &**pod));
    let closest = explain::closest(&need, &rooms, said, known);
    Some(closest.into_iter().chain([format!("({words})")]).collect::<Vec<_>>().join(" "))
}
