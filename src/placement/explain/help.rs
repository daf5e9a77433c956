//! What would let a task be placed, in sentences.

use super::amounts::{CPU, MEMORY, PODS, units};
use super::lack::{Lack, shown};
use super::{Need, Verdict};

/// Most ways that are named.
const WAYS: usize = 4;

/// What would help, the least first; each alone is enough for one task. Empty where the task fits somewhere.
pub fn help(need: &Need, verdicts: &[Verdict<'_>]) -> Vec<String> {
    if verdicts.iter().any(|verdict| verdict.lacks.is_empty()) {
        return Vec::new();
    }
    let mut ways: Vec<String> = Vec::new();
    let mut kinds: Vec<Vec<String>> = Vec::new();
    for verdict in verdicts {
        // One way of each kind: the next node of the same kind is only farther away.
        let kind: Vec<String> = verdict.lacks.iter().map(Lack::reason).collect();
        if kinds.contains(&kind) || ways.len() == WAYS {
            continue;
        }
        kinds.push(kind);
        ways.push(way(verdict));
    }
    ways.push(another(need, verdicts));
    ways
}

/// What makes this node take the task.
fn way(verdict: &Verdict<'_>) -> String {
    let node = &verdict.room.view.name;
    let steps: Vec<String> = verdict.lacks.iter().map(|lack| step(lack, node)).collect();
    steps.join(", and ")
}

fn step(lack: &Lack, node: &str) -> String {
    match lack {
        Lack::Resource { name, needs, has } => {
            format!("free {} on {node}", more(name, needs.saturating_sub(*has)))
        }
        Lack::Port { port, holder } => {
            format!(
                "free port {port} of {node}, which {holder} has, or add a node: a port is had once per node"
            )
        }
        Lack::MemberOf(words) => format!("make {node} match `{words}`"),
        Lack::Attribute(words) => format!("give {node} what the task requires: {words}"),
        Lack::DistinctInstance(task) => {
            format!(
                "add a node: {node} has {task} already, and distinctInstance allows one task of the group on each"
            )
        }
        Lack::Spread(key) => format!("even the tasks out over {key}, which {node} has too many of"),
        Lack::Taint(taint) => format!("remove the taint {taint} from {node}"),
        Lack::Draining => format!("let {node} take tasks again: kubectl uncordon {node}"),
        Lack::Agent => format!("bring {node} back: its kubelet is not Ready"),
    }
}

/// As much more of a resource.
fn more(name: &str, amount: u64) -> String {
    match name {
        CPU => format!("{} more CPU units", (u128::from(amount) * 1024).div_ceil(1000)),
        MEMORY => format!("{} more of memory", shown(name, amount)),
        PODS => shown(name, amount),
        _ => format!("{} more {name}", shown(name, amount)),
    }
}

/// The node to add; with a word about its size where no node could hold the task even if it were empty.
fn another(need: &Need, verdicts: &[Verdict<'_>]) -> String {
    let labels = need.node_selector.iter().map(|(key, value)| format!(", the label {key}={value}"));
    let queries = need.asked.iter().map(|asked| format!(", matching `{}`", asked.words));
    let node = format!("add a node with {}{}", size(need), labels.chain(queries).collect::<String>());
    let holds = |verdict: &Verdict<'_>| {
        need.amounts.iter().all(|(name, amount)| verdict.room.whole.get(name) >= amount)
    };
    if verdicts.is_empty() || verdicts.iter().any(holds) {
        return node;
    }
    let largest = |name: &str| verdicts.iter().map(|it| it.room.whole.get(name)).max().unwrap_or(0);
    let (cpu, memory) = (units(largest(CPU)), largest(MEMORY) >> 20);
    format!("{node}: none is large enough even when empty (most: {cpu} CPU units, {memory} MiB)")
}

/// What a new node must have at least.
fn size(need: &Need) -> String {
    let all = need.amounts.iter().filter(|(name, amount)| *name != PODS && *amount > 0);
    let all: Vec<String> = all
        .map(|(name, amount)| match name {
            CPU => format!("{} CPU units", shown(name, amount)),
            MEMORY => format!("{} of memory", shown(name, amount)),
            _ => format!("{} {name}", shown(name, amount)),
        })
        .collect();
    match all.as_slice() {
        [] => "a place for a pod".to_owned(),
        all => format!("{} free", all.join(", ")),
    }
}
