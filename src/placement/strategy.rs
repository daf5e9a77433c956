//! Strategies and `distinctInstance` in; topology spread and preferred affinity for a stock scheduler out.
//!
//! ECS orders its strategies, each for the ties of the one before. A scheduler's profile does so too; the default
//! one adds up weighted scores. So what comes out says how exact it is.

use super::attribute;
use super::profile::Profile;
use crate::model::label;
use crate::model::placement::{Constraint, Placement, Scheduler, Strategy};
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

/// Whether the scheduler decides as ECS would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// As ECS, in every case.
    Exact,
    /// Towards the same aim, but another place may win.
    BestEffort {
        /// Why, as a sentence for the status.
        reason: String,
    },
}

impl Exactness {
    /// The word for it in a status.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Exact => "Exact",
            Self::BestEffort { .. } => "BestEffort",
        }
    }

    /// Why not as ECS.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::BestEffort { reason } => Some(reason),
        }
    }
}

/// What a pod carries for its strategies and `distinctInstance`.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    /// Spread over instances, zones and other attributes.
    pub spread: Vec<corev1::TopologySpreadConstraint>,
    /// Attraction to instances that hold tasks of the group.
    pub together: Vec<corev1::WeightedPodAffinityTerm>,
    /// A spread after another one, which a profile obeys apart from it.
    pub apart: Vec<corev1::WeightedPodAffinityTerm>,
    /// Whose scores decide, as `schedulerName`; none: the cluster's default scheduler.
    pub scheduler: Option<String>,
    /// How near this comes to ECS.
    pub exactness: Exactness,
}

/// The preferences of a task of `group` (in ECS's form).
pub fn preferences(placement: &Placement, group: &str) -> Preferences {
    let distinct = placement.constraints.contains(&Constraint::DistinctInstance);
    let mut ordered = ordered(&placement.strategies);
    if distinct {
        // There is one task at most on each.
        ordered.retain(|strategy| *strategy != Strategy::SpreadInstance);
    }
    let mut preferences = match &placement.scheduler {
        Scheduler::Profiles => profiled(&ordered, group),
        Scheduler::Default => weighed(&ordered, distinct, group),
        Scheduler::Named(name) => {
            let scheduler = Some(name.clone());
            Preferences { scheduler, ..weighed(&ordered, distinct, group) }
        }
    };
    if distinct {
        preferences.spread.insert(0, distinct_instance(group));
    }
    if let (Scheduler::Named(name), [_, ..]) = (&placement.scheduler, ordered.as_slice()) {
        let reason = format!("how the scheduler `{name}` ranks instances is its own affair");
        preferences.exactness = Exactness::BestEffort { reason };
    }
    preferences
}

/// For a profile that obeys the order.
fn profiled(ordered: &[Strategy], group: &str) -> Preferences {
    let mut keys = ordered.iter().filter_map(spread_key);
    let spread = keys.next().map(|key| soft_spread(&key, group)).into_iter().collect();
    let further: Vec<String> = keys.collect();
    // The profile gives them one level: there, the earlier outweighs the later.
    let weights = (0..further.len()).rev().map(|place| if place == 0 { 1 } else { 100 });
    let term = |(key, weight): (&String, i32)| corev1::WeightedPodAffinityTerm {
        weight,
        pod_affinity_term: corev1::PodAffinityTerm { topology_key: key.clone(), ..same_instance(group) },
    };
    let exactness = match further.len() {
        0 | 1 => Exactness::Exact,
        _ => Exactness::BestEffort {
            reason:
                "a scheduler profile obeys two spreads in order; further ones are added up with the second"
                    .to_owned(),
        },
    };
    Preferences {
        spread,
        together: Vec::new(),
        apart: further.iter().zip(weights).map(term).collect(),
        scheduler: Some(Profile::of(ordered).name()),
        exactness,
    }
}

/// For a scheduler that adds up.
fn weighed(ordered: &[Strategy], distinct: bool, group: &str) -> Preferences {
    let one_each = distinct || ordered.contains(&Strategy::SpreadInstance);
    let packed = ordered.iter().any(|strategy| matches!(strategy, Strategy::Binpack(_)));
    Preferences {
        spread: ordered.iter().filter_map(spread_key).map(|key| soft_spread(&key, group)).collect(),
        together: if packed && !one_each { vec![near(group)] } else { Vec::new() },
        apart: Vec::new(),
        scheduler: None,
        exactness: added_up(ordered),
    }
}

/// The node label over whose values a strategy spreads.
fn spread_key(strategy: &Strategy) -> Option<String> {
    match strategy {
        Strategy::SpreadInstance => Some(attribute::HOSTNAME.to_owned()),
        Strategy::SpreadAttribute(name) => Some(attribute::key(name).into_owned()),
        Strategy::Random | Strategy::Binpack(_) => None,
    }
}

/// The strategies that can still decide something: none after `random`, none twice, one `binpack`, and
/// ECS's default, a spread over zones, with its spread over instances within a zone.
fn ordered(strategies: &[Strategy]) -> Vec<Strategy> {
    let zone = Strategy::SpreadAttribute(attribute::ZONE.to_owned());
    if strategies.is_empty() || *strategies == [zone.clone()] {
        return vec![zone, Strategy::SpreadInstance];
    }
    let mut ordered: Vec<Strategy> = Vec::new();
    for strategy in strategies {
        if *strategy == Strategy::Random {
            break;
        }
        let binpack =
            |known: &Strategy| matches!((known, strategy), (Strategy::Binpack(_), Strategy::Binpack(_)));
        if !ordered.iter().any(|known| known == strategy || binpack(known)) {
            ordered.push(strategy.clone());
        }
    }
    ordered
}

fn added_up(ordered: &[Strategy]) -> Exactness {
    let reason = match ordered {
        [] => return Exactness::Exact,
        _ if ordered.iter().any(|strategy| matches!(strategy, Strategy::Binpack(_))) => {
            "binpack is exact only with a scheduler profile: the default scheduler is only drawn to instances \
             that hold tasks of the same service"
        }
        [_] => "the default scheduler weighs the spread against other scores, such as free resources",
        _ => "the default scheduler adds up the scores of strategies instead of applying them in order",
    };
    Exactness::BestEffort { reason: reason.to_owned() }
}

/// No two tasks of the group on one node: as `minDomains` is above any number of nodes, the fewest tasks
/// on a node count as 0, and a skew of 1 allows no second one. Required anti-affinity says the same and
/// costs the scheduler several times as much. Both policies are `Ignore` so that every node counts.
fn distinct_instance(group: &str) -> corev1::TopologySpreadConstraint {
    corev1::TopologySpreadConstraint {
        min_domains: Some(i32::MAX),
        when_unsatisfiable: "DoNotSchedule".into(),
        ..soft_spread(attribute::HOSTNAME, group)
    }
}

/// ECS counts all tasks of the group, wherever they run: so no policy leaves a node out of the count.
fn soft_spread(topology_key: &str, group: &str) -> corev1::TopologySpreadConstraint {
    corev1::TopologySpreadConstraint {
        label_selector: Some(members(group)),
        max_skew: 1,
        node_affinity_policy: Some("Ignore".into()),
        node_taints_policy: Some("Ignore".into()),
        topology_key: topology_key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".into(),
        ..Default::default()
    }
}

fn near(group: &str) -> corev1::WeightedPodAffinityTerm {
    corev1::WeightedPodAffinityTerm { weight: 1, pod_affinity_term: same_instance(group) }
}

/// The instance that holds tasks of `group`.
pub fn same_instance(group: &str) -> corev1::PodAffinityTerm {
    corev1::PodAffinityTerm {
        label_selector: Some(members(group)),
        topology_key: attribute::HOSTNAME.to_owned(),
        ..Default::default()
    }
}

/// The tasks that count for `group`.
pub fn members(group: &str) -> LabelSelector {
    let exists =
        LabelSelectorRequirement { key: label::group(group), operator: "Exists".into(), values: None };
    LabelSelector { match_expressions: Some(vec![exists]), match_labels: None }
}
