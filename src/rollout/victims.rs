//! Healthy tasks of which some must go → those whose going keeps zones and instances even.

use crate::model::Task;
use std::collections::BTreeMap;

/// `count` of the tasks: each time one in the zone that has most, there on the instance that has most,
/// and of several the youngest.
pub(super) fn choose<'a>(tasks: &[&'a Task], count: usize) -> Vec<&'a Task> {
    let mut left: Vec<&Task> = tasks.to_vec();
    let mut chosen = Vec::new();
    for _ in 0..count {
        let zones = tally(left.iter().map(|task| task.zone.as_deref()));
        let instances = tally(left.iter().map(|task| task.instance.as_deref()));
        let weight = |task: &Task| {
            let zone = zones.get(&task.zone.as_deref()).copied();
            let instance = instances.get(&task.instance.as_deref()).copied();
            (zone, instance, task.created_at, task.number)
        };
        let Some((index, _)) = left.iter().enumerate().max_by_key(|(_, task)| weight(task)) else { break };
        chosen.push(left.swap_remove(index));
    }
    chosen
}

fn tally<'a>(values: impl Iterator<Item = Option<&'a str>>) -> BTreeMap<Option<&'a str>, u32> {
    let mut tally = BTreeMap::new();
    for value in values {
        *tally.entry(value).or_insert(0) += 1;
    }
    tally
}
