//! Nodes that would take a task → the one that ECS's strategies come to.

use crate::model::{Resource, Service, Strategy};
use crate::placement::attribute;
use crate::placement::explain::{CPU, MEMORY, Room, Verdict};
use std::collections::BTreeMap;

/// The name of the node among `fits` that the strategies of `service` prefer, each for the ties of those before.
pub(super) fn choose(service: &Service, fits: &[&Verdict<'_>], rooms: &[Room]) -> Option<String> {
    let group = service.group();
    let mine = |room: &Room| {
        let own = room
            .residents
            .iter()
            .filter(|one| one.namespace == service.identity.namespace && one.group.as_ref() == Some(&group));
        u64::try_from(own.count()).unwrap_or(u64::MAX)
    };
    let written = &service.placement.strategies;
    let strategies = match written.as_slice() {
        [] => vec![Strategy::SpreadAttribute(attribute::ZONE.to_owned())],
        written => written.to_vec(),
    };
    let keys: Vec<Key<'_>> = strategies.iter().map(|strategy| Key::of(strategy, rooms, &mine)).collect();
    let rank = |room: &Room| -> Vec<u64> {
        let ranks = keys.iter().map(|key| key.rank(room, &mine));
        // Then spread over instances, and the emptiest.
        ranks.chain([mine(room), u64::MAX - room.left(CPU)]).collect()
    };
    let best = fits.iter().min_by_key(|verdict| (rank(verdict.room), verdict.room.view.name.clone()))?;
    Some(best.room.view.name.clone())
}

/// What a strategy looks at.
enum Key<'a> {
    /// The tasks for each value of a label.
    Label(String, BTreeMap<Option<&'a String>, u64>),
    /// The tasks on the node.
    Instance,
    /// What is left of a resource.
    Left(&'static str),
    /// Nothing.
    Any,
}

impl<'a> Key<'a> {
    fn of(strategy: &Strategy, rooms: &'a [Room], mine: &impl Fn(&Room) -> u64) -> Self {
        match strategy {
            Strategy::Random => Self::Any,
            Strategy::SpreadInstance => Self::Instance,
            Strategy::Binpack(Resource::Cpu) => Self::Left(CPU),
            Strategy::Binpack(Resource::Memory) => Self::Left(MEMORY),
            Strategy::SpreadAttribute(name) => {
                let key = attribute::key(name).into_owned();
                let mut counts = BTreeMap::new();
                for room in rooms {
                    *counts.entry(room.view.labels.get(&key)).or_insert(0) += mine(room);
                }
                Self::Label(key, counts)
            }
        }
    }

    fn rank(&self, room: &Room, mine: &impl Fn(&Room) -> u64) -> u64 {
        match self {
            Self::Label(key, counts) => counts.get(&room.view.labels.get(key)).copied().unwrap_or(0),
            Self::Instance => mine(room),
            Self::Left(resource) => room.left(resource),
            Self::Any => 0,
        }
    }
}
