//! ECS's sentence about the node that comes closest, and the scheduler's words in short.

use super::amounts::{CPU, MEMORY};
use super::lack::Lack;
use super::{Need, Room, Verdict, explain};

/// Longest part of the scheduler's words that is told, in characters.
const LONGEST: usize = 300;

/// What ECS says where there is no instance at all.
pub const NO_INSTANCES: &str = "Reason: No Container Instances were found in your cluster.";

/// What ECS says of one thing that an instance lacks, after its name.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>
///
/// Where ECS has no sentence, its general one holds the reason.
pub fn sentence(lack: &Lack) -> String {
    match lack {
        Lack::Resource { name, .. } if name == CPU => "has insufficient CPU units available.".to_owned(),
        Lack::Resource { name, .. } if name == MEMORY => "has insufficient memory available.".to_owned(),
        Lack::Port { .. } => "is already using a port required by your task.".to_owned(),
        Lack::Attribute(_) => "is missing an attribute required by your task.".to_owned(),
        other => format!("encountered error \"{}\".", other.reason()),
    }
}

/// ECS's words about the node that comes closest, as far as what the scheduler `said` bears it out: not every pod may
/// be known here, and a wrong name helps nobody. Of several that are as near, the one that was told `before` stays.
pub fn closest(need: &Need, rooms: &[Room], said: &str, before: &str) -> Option<String> {
    let of_node = |verdict: &Verdict<'_>| {
        let known = verdict.lacks.iter().find(|lack| said.contains(&lack.sign())).map(sentence);
        let why = known.or_else(|| verdict.lacks.is_empty().then(|| unseen(need, said)).flatten())?;
        Some(format!("The closest matching (container-instance {}) {why}", verdict.room.view.name))
    };
    let verdicts = explain(need, rooms);
    if verdicts.is_empty() {
        return Some(NO_INSTANCES.to_owned());
    }
    let mut told =
        verdicts.iter().filter_map(|verdict| Some((verdict.lacks.len(), of_node(verdict)?))).peekable();
    let (lacks, nearest) = told.peek().cloned()?;
    let as_near = told.take_while(|(others, _)| *others == lacks);
    Some(as_near.map(|(_, words)| words).find(|words| before.contains(words)).unwrap_or(nearest))
}

/// What a node lacks that seems to lack nothing: the one resource that the scheduler says is short, as pods that
/// nobody showed us have it.
fn unseen(need: &Need, said: &str) -> Option<String> {
    let short = |name: &str| Lack::Resource { name: name.to_owned(), needs: 1, has: 0 };
    let named = need.amounts.iter().map(|(name, _)| short(name)).filter(|lack| said.contains(&lack.sign()));
    let said: Vec<Lack> = named.collect();
    match said.as_slice() {
        [lack] => Some(sentence(lack)),
        _ => None,
    }
}

/// The scheduler's words without what it says about pods that it could evict.
pub fn in_short(said: &str) -> String {
    const REST: [&str; 3] = [". no new claims", ". preemption:", ", preemption:"];
    let end = REST.iter().filter_map(|rest| said.find(rest)).min().unwrap_or(said.len());
    let said = said.get(..end).unwrap_or(said).trim_end_matches('.');
    match said.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or(said)),
        None => said.to_owned(),
    }
}
