//! Zones, nodes and tasks as a drawing of text.

use crate::cli::table::many;
use crate::placement::explain::{CPU, MEMORY, Resident, Room};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Signs that a bar is long.
const BAR: u64 = 20;

/// Most groups that are named on one line.
const NAMED: usize = 6;

/// The nodes by zone, each with what is taken of it and whose tasks are there.
pub(in crate::cli) fn map(rooms: &[Room]) -> String {
    let mut zones: BTreeMap<&str, Vec<&Room>> = BTreeMap::new();
    for room in rooms {
        zones.entry(room.zone().unwrap_or("<none>")).or_default().push(room);
    }
    let name = rooms.iter().map(|room| room.view.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (zone, mut rooms) in zones {
        rooms.sort_by(|one, other| one.view.name.cmp(&other.view.name));
        let tasks: usize = rooms.iter().map(|room| room.residents.iter().filter(is_task).count()).sum();
        let (tasks, nodes) = (many(tasks as u64, "task"), many(rooms.len() as u64, "container instance"));
        let _ = writeln!(text, "zone {zone}: {tasks} on {nodes}");
        for room in rooms {
            let (cpu, memory) = (bar(room, CPU), bar(room, MEMORY));
            let line = format!(
                "  {:name$}  cpu {cpu}  memory {memory}  {}",
                room.view.name,
                whose(room).trim_start()
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

fn is_task(resident: &&Resident) -> bool {
    resident.group.is_some()
}

/// What is taken of a resource: a bar, and percent.
fn bar(room: &Room, resource: &str) -> String {
    let (used, whole) = (room.used.get(resource), room.whole.get(resource));
    let of = |parts: u64| {
        let share = u128::from(used) * u128::from(parts);
        let share = share.checked_div(u128::from(whole)).unwrap_or(0);
        u64::try_from(share).unwrap_or(parts)
    };
    let (full, percent) = (of(BAR).min(BAR), of(100));
    let sign = |from, to, sign: &str| (from..to).map(|_| sign).collect::<String>();
    format!("[{}{}] {percent:3}%", sign(0, full, "#"), sign(full, BAR, "."))
}

/// The groups on a node, those with most tasks first, and how many pods are others.
fn whose(room: &Room) -> String {
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for group in room.residents.iter().filter_map(|resident| resident.group.as_deref()) {
        *groups.entry(group).or_insert(0) += 1;
    }
    let others = room.residents.len() - groups.values().sum::<usize>();
    let mut groups: Vec<(&str, usize)> = groups.into_iter().collect();
    groups.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let hidden = groups.len().saturating_sub(NAMED);
    let mut said: Vec<String> = groups
        .into_iter()
        .take(NAMED)
        .map(|(group, count)| format!("{} x{count}", group.strip_prefix("service:").unwrap_or(group)))
        .collect();
    said.extend((hidden > 0).then(|| many(hidden as u64, "more group")));
    said.extend((others > 0).then(|| many(others as u64, "other pod")));
    let mut said = said.join(", ");
    if room.cordoned {
        said.push_str(" DRAINING");
    }
    if !room.view.ready {
        said.push_str(" not connected");
    }
    said
}
