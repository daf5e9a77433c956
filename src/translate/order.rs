//! What a definition's containers wait for in, how a pod obeys it out.
//!
//! Kubernetes starts the containers of a pod in the order of their list, each once the one before it was
//! started, and all of them after the init containers, each of which has ended with exit code 0. That is
//! `START`, and `SUCCESS` where an init container can give it. For every other condition the pod first names
//! no image for the container, but a text that no node can take for one and that tells what is waited for;
//! the true image is put there when its turn has come, since the image of a container may be changed.
//! Must not decide when that is: `resolve::task` reads it from the pod.

use super::{Capabilities, names};
use crate::model::start::waiters;
use crate::model::{After, Condition, Container, Dependency, StartOrder, TaskDefinition, Turn};
use std::collections::{BTreeMap, BTreeSet};

/// How the containers of one definition are started and stopped.
pub struct Order<'a> {
    containers: &'a [Container],
    inits: BTreeSet<&'a str>,
    gated: BTreeSet<&'a str>,
    /// Seconds for which each container outlives the ones that wait for it, where they take all their time.
    outlives: BTreeMap<&'a str, u32>,
}

impl<'a> Order<'a> {
    /// The order of `definition`. Without sizes of pods an init container would be charged less than on ECS,
    /// so there is none then.
    pub fn of(definition: &'a TaskDefinition, capabilities: Capabilities) -> Self {
        let containers = definition.containers.as_slice();
        let charged = capabilities.pod_level_resources && !super::task::is_windows(definition);
        let inits = if charged { inits(containers) } else { BTreeSet::new() };
        let gated = gated(containers, &inits);
        let outlives = outlives(containers, &inits);
        Self { containers, inits, gated, outlives }
    }

    /// Whether `container` is an init container.
    pub fn is_init(&self, container: &Container) -> bool {
        self.inits.contains(container.name.as_str())
    }

    /// Whether there are init containers.
    pub fn has_inits(&self) -> bool {
        !self.inits.is_empty()
    }

    /// What stands in place of the image of `container` until its turn has come, where it has to wait.
    pub fn gate(&self, container: &Container) -> Option<String> {
        if !self.gated.contains(container.name.as_str()) {
            return None;
        }
        let text = |wait: &Dependency| match wait.condition {
            Condition::Create | Condition::Start => format!("{} to START", wait.container),
            condition => format!("{} to be {}", wait.container, condition.as_str()),
        };
        let waits: Vec<String> = self.waits(container).map(text).collect();
        Some(format!("waiting for {}", waits.join(", for ")))
    }

    /// Whether somebody's start waits for the health of `container`.
    pub fn health_is_awaited(&self, container: &Container) -> bool {
        waiters(self.containers, &container.name).any(|(_, condition)| condition == Condition::Healthy)
    }

    /// Seconds that `container` runs on after it is told to stop, for those that depend on it to end before.
    pub fn outlives(&self, container: &Container) -> u32 {
        self.outlives.get(container.name.as_str()).copied().unwrap_or(0)
    }

    /// Seconds in which all containers can end one after the other, each within its own stopTimeout.
    pub fn stop_seconds(&self) -> u32 {
        let own = |container: &Container| container.stop_timeout.max(1);
        let ends = self.containers.iter().map(|one| self.outlives(one).saturating_add(own(one)));
        ends.max().unwrap_or(1)
    }

    /// What `resolve::task` has to know of it.
    pub fn annotation(&self) -> Option<StartOrder> {
        let turns = self.containers.iter().filter_map(|container| {
            let after: Vec<After> =
                container.depends_on.iter().filter_map(|it| self.after(container, it)).collect();
            let image = self.gate(container).map(|_| container.image.clone());
            (!after.is_empty()).then(|| (names::legal(&container.name), Turn { image, after }))
        });
        let turns: BTreeMap<_, _> = turns.collect();
        (!turns.is_empty()).then_some(StartOrder(turns))
    }

    /// Init containers are waited for by every node; Berth only sees to it that it does not take too long.
    fn after(&self, waiter: &Container, wait: &Dependency) -> Option<After> {
        let other = self.containers.iter().find(|other| other.name == wait.container)?;
        let timeout = other.start_timeout.filter(|_| !wait.condition.is_order());
        let is_told = match self.is_init(other) {
            true => timeout.is_some(),
            false => self.gated.contains(waiter.name.as_str()),
        };
        let container = names::legal(&other.name);
        is_told.then_some(After { container, condition: wait.condition, timeout })
    }

    /// What `container` waits for that no node waits for by itself.
    fn waits(&self, container: &'a Container) -> impl Iterator<Item = &'a Dependency> {
        container.depends_on.iter().filter(|wait| !self.inits.contains(wait.container.as_str()))
    }
}

/// The containers whose success a node can wait for itself: they need nothing but one another, end for good,
/// and nobody has to start while they run.
fn inits(containers: &[Container]) -> BTreeSet<&str> {
    let ends_first = |one: &&Container| {
        let waits: Vec<Condition> = waiters(containers, &one.name).map(|(_, condition)| condition).collect();
        !one.essential
            && one.restart.is_none()
            && waits.contains(&Condition::Success)
            && !waits.iter().any(|condition| matches!(condition, Condition::Start | Condition::Healthy))
    };
    let mut inits: BTreeSet<&str> =
        containers.iter().filter(ends_first).map(|one| one.name.as_str()).collect();
    // What is waited for comes first in the list, so one walk finds all that depend on what was left out.
    for container in containers {
        if container.depends_on.iter().any(|wait| !inits.contains(wait.container.as_str())) {
            inits.remove(container.name.as_str());
        }
    }
    inits
}

/// The containers that no order of starting makes wait long enough, and those that start after them.
fn gated<'a>(containers: &'a [Container], inits: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let mut gated = BTreeSet::new();
    for container in containers {
        let waits = |wait: &Dependency| {
            let name = wait.container.as_str();
            !inits.contains(name) && (!wait.condition.is_order() || gated.contains(name))
        };
        if container.depends_on.iter().any(waits) {
            gated.insert(container.name.as_str());
        }
    }
    gated
}

fn outlives<'a>(containers: &'a [Container], inits: &BTreeSet<&str>) -> BTreeMap<&'a str, u32> {
    let mut outlives: BTreeMap<&str, u32> = BTreeMap::new();
    // Who waits stands behind what it waits for.
    for container in containers.iter().rev().filter(|one| !inits.contains(one.name.as_str())) {
        let own = outlives.get(container.name.as_str()).copied().unwrap_or(0);
        let end = own.saturating_add(container.stop_timeout);
        for wait in &container.depends_on {
            let longest = outlives.entry(wait.container.as_str()).or_default();
            *longest = end.max(*longest);
        }
    }
    outlives.retain(|name, _| !inits.contains(name));
    outlives
}

#[cfg(test)]
mod tests;
