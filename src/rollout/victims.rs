//! Tasks of which some must go → those that ECS stops.
//!
//! As for placement, the strategies are applied in order, each to the ties of those before: a spread takes from where
//! most tasks are, binpack the task whose instance would then have most of the resource left. Without a strategy zones
//! and then instances stay even
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html>).

use crate::model::{Resource, Strategy, Task};
use std::collections::BTreeMap;

/// ECS's attribute for the zone.
pub(super) const ZONE: &str = "ecs.availability-zone";

/// ECS takes so many strategies.
const MOST: usize = 5;

/// `count` of the `candidates`, which are among the tasks that are `there`: each time the one that the strategies say,
/// and of several the youngest.
pub(super) fn choose<'a>(
    strategies: &[Strategy],
    there: &[&Task],
    candidates: &[&'a Task],
    count: usize,
) -> Vec<&'a Task> {
    if count >= candidates.len() {
        return candidates.to_vec();
    }
    let mut criteria: Vec<Criterion> =
        effective(strategies).iter().map(|strategy| Criterion::of(strategy, there, candidates)).collect();
    let mut left: Vec<(usize, &Task)> = candidates.iter().copied().enumerate().collect();
    let mut chosen = Vec::new();
    for _ in 0..count {
        let weight = |(index, task): &(usize, &Task)| {
            let mut ranks = [0; MOST];
            ranks.iter_mut().zip(&criteria).for_each(|(rank, criterion)| *rank = criterion.rank(*index));
            (ranks, task.created_at, task.number)
        };
        let best = left.iter().enumerate().max_by_key(|(_, candidate)| weight(candidate));
        let Some((place, _)) = best else { break };
        let (index, task) = left.swap_remove(place);
        criteria.iter_mut().for_each(|criterion| criterion.gone(index));
        chosen.push(task);
    }
    chosen
}

/// The strategies that can decide: nothing after `random`; ECS's default evens zones and then instances.
fn effective(strategies: &[Strategy]) -> Vec<Strategy> {
    let zone = Strategy::SpreadAttribute(ZONE.to_owned());
    if strategies.is_empty() || *strategies == [zone.clone()] {
        return vec![zone, Strategy::SpreadInstance];
    }
    strategies.iter().take_while(|strategy| **strategy != Strategy::Random).cloned().collect()
}

/// One strategy's view: candidates share places (zones, instances), and each place has a weight.
struct Criterion {
    /// Each candidate's place.
    places: Vec<usize>,
    /// What each place weighs now: its tasks, or what its instance has left.
    weights: Vec<i64>,
    /// What each candidate adds to its place when it goes.
    gains: Vec<i64>,
    /// Whether a candidate ranks as its place would without it.
    is_after: bool,
}

impl Criterion {
    fn of(strategy: &Strategy, there: &[&Task], candidates: &[&Task]) -> Self {
        let resource = match strategy {
            Strategy::Binpack(resource) => Some(*resource),
            _ => None,
        };
        let mut numbers: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut weights: Vec<i64> = Vec::new();
        for task in there {
            let number = *numbers.entry(place(strategy, task)).or_insert(weights.len());
            weights.resize(weights.len().max(number + 1), 0);
            if let Some(weight) = weights.get_mut(number) {
                *weight = resource.map_or(*weight + 1, |resource| left(task, resource));
            }
        }
        let number = |task: &&Task| numbers.get(&place(strategy, task)).copied().unwrap_or(usize::MAX);
        let places = candidates.iter().map(number).collect();
        let gain = |task: &&Task| resource.map_or(-1, |resource| amount(task.size, resource));
        Self { places, weights, gains: candidates.iter().map(gain).collect(), is_after: resource.is_some() }
    }

    fn rank(&self, candidate: usize) -> i64 {
        let place = self.places.get(candidate).and_then(|place| self.weights.get(*place));
        let gain = self.gains.get(candidate).filter(|_| self.is_after);
        place.copied().unwrap_or(0).saturating_add(gain.copied().unwrap_or(0))
    }

    fn gone(&mut self, candidate: usize) {
        let place = self.places.get(candidate).and_then(|place| self.weights.get_mut(*place));
        if let (Some(weight), Some(gain)) = (place, self.gains.get(candidate)) {
            *weight = weight.saturating_add(*gain);
        }
    }
}

/// Where a task is, as a strategy sees it; what an instance lacks is a place of its own.
fn place<'a>(strategy: &Strategy, task: &'a Task) -> Option<&'a str> {
    match strategy {
        Strategy::SpreadAttribute(name) if name == ZONE => task.zone.as_deref(),
        Strategy::SpreadAttribute(name) => task.attributes.get(name).map(String::as_str),
        Strategy::SpreadInstance | Strategy::Binpack(_) => task.instance.as_deref(),
        Strategy::Random => None,
    }
}

/// What the task's instance has left; one that is not known counts as full.
fn left(task: &Task, resource: Resource) -> i64 {
    task.left.map_or(0, |left| amount(left, resource))
}

fn amount(room: crate::model::Room, resource: Resource) -> i64 {
    match resource {
        Resource::Cpu => room.cpu,
        Resource::Memory => room.memory,
    }
}
