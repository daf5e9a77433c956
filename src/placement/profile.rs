//! Strategies in their order → the scheduler profile that obeys it; and every such profile.
//!
//! Each level is one score plugin of the stock kube-scheduler. Plugins normalise to 0..100 with the best node at
//! exactly 100, so weights a factor apart that the levels below cannot make up for are an order.

use crate::model::placement::{Resource, Strategy};
use serde_json::{Value, json};

/// One more than the most points that a level below can bring.
const FACTOR: u64 = 101;

/// The group of a scheduler's configuration.
const GROUP: &str = "kubescheduler.config.k8s.io/v1";

/// What one level looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The pod's soft topology spread.
    Spread,
    /// The pod's preferred anti-affinity: a spread that comes after another one.
    SecondSpread,
    /// How full a node is.
    Binpack(Resource),
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Spread | Self::SecondSpread => "spread",
            Self::Binpack(Resource::Cpu) => "cpu",
            Self::Binpack(Resource::Memory) => "memory",
        }
    }

    const fn plugin(self) -> &'static str {
        match self {
            Self::Spread => "PodTopologySpread",
            Self::SecondSpread => "InterPodAffinity",
            Self::Binpack(_) => "NodeResourcesFit",
        }
    }
}

/// Levels in order, the first the most important; at most one of each plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile(Vec<Level>);

impl Profile {
    /// The profile for `strategies` that can all still decide something. Spreads after the second share its level.
    pub fn of(strategies: &[Strategy]) -> Self {
        let mut levels = Vec::new();
        for strategy in strategies {
            let level = match strategy {
                Strategy::Random => break,
                Strategy::Binpack(resource) => Level::Binpack(*resource),
                _ if levels.contains(&Level::Spread) => Level::SecondSpread,
                _ => Level::Spread,
            };
            if levels.iter().all(|known: &Level| known.plugin() != level.plugin()) {
                levels.push(level);
            }
        }
        Self(levels)
    }

    /// Every profile there is.
    pub fn all() -> Vec<Self> {
        let spreads = [vec![], vec![Level::Spread], vec![Level::Spread, Level::SecondSpread]];
        let packed = |spreads: &[Level], resource| {
            (0..=spreads.len())
                .map(|place| {
                    let (before, after) = spreads.split_at(place);
                    Self([before, &[Level::Binpack(resource)], after].concat())
                })
                .collect::<Vec<_>>()
        };
        let mut all: Vec<Self> = spreads.iter().cloned().map(Self).collect();
        for resource in [Resource::Cpu, Resource::Memory] {
            all.extend(spreads.iter().flat_map(|spreads| packed(spreads, resource)));
        }
        all
    }

    /// Its `schedulerName`: `berth-`, then a word for each level, as in `berth-spread-memory`.
    pub fn name(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|level| level.word()).collect();
        if words.is_empty() { "berth-random".to_owned() } else { format!("berth-{}", words.join("-")) }
    }

    fn configuration(&self) -> Value {
        let mut weight = 1;
        let mut enabled = Vec::new();
        for level in self.0.iter().rev() {
            enabled.push(json!({"name": level.plugin(), "weight": weight}));
            weight *= FACTOR;
        }
        enabled.reverse();
        let packed = self.0.iter().find_map(|level| match level {
            Level::Binpack(resource) => Some(*resource),
            _ => None,
        });
        json!({
            "schedulerName": self.name(),
            // A sample of the nodes would often leave out the one that the order asks for.
            "percentageOfNodesToScore": 100,
            "plugins": {"score": {"disabled": [{"name": "*"}], "enabled": enabled}},
            "pluginConfig": settings(packed),
        })
    }
}

/// Settings of the plugins: what a pod does not carry does not count.
fn settings(packed: Option<Resource>) -> Vec<Value> {
    let arguments = |kind: &str, more: Value| {
        let mut arguments = json!({"apiVersion": GROUP, "kind": kind});
        if let (Some(arguments), Value::Object(more)) = (arguments.as_object_mut(), more) {
            arguments.extend(more);
        }
        arguments
    };
    let spread = json!({"defaultingType": "List", "defaultConstraints": []});
    let affinity = json!({"hardPodAffinityWeight": 0, "ignorePreferredTermsOfExistingPods": true});
    let mut settings = vec![
        json!({"name": "InterPodAffinity", "args": arguments("InterPodAffinityArgs", affinity)}),
        json!({"name": "PodTopologySpread", "args": arguments("PodTopologySpreadArgs", spread)}),
    ];
    if let Some(resource) = packed {
        let name = if resource == Resource::Cpu { "cpu" } else { "memory" };
        let strategy = json!({"scoringStrategy": {
            "type": "MostAllocated", "resources": [{"name": name, "weight": 1}],
        }});
        settings
            .push(json!({"name": "NodeResourcesFit", "args": arguments("NodeResourcesFitArgs", strategy)}));
    }
    settings
}

/// A KubeSchedulerConfiguration's `profiles`.
pub fn profiles() -> Value {
    Profile::all().iter().map(Profile::configuration).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::collections::BTreeSet;

    fn zone() -> Strategy {
        Strategy::SpreadAttribute("ecs.availability-zone".to_owned())
    }

    #[test]
    fn every_order_of_strategies_has_a_profile() {
        let rack = || Strategy::SpreadAttribute("rack".to_owned());
        let memory = || Strategy::Binpack(Resource::Memory);
        let cases = [
            (vec![], "berth-random"),
            (vec![zone()], "berth-spread"),
            (vec![zone(), Strategy::SpreadInstance], "berth-spread-spread"),
            (vec![zone(), memory()], "berth-spread-memory"),
            (vec![memory(), zone()], "berth-memory-spread"),
            (vec![zone(), rack(), Strategy::SpreadInstance, memory()], "berth-spread-spread-memory"),
            (vec![zone(), memory(), rack()], "berth-spread-memory-spread"),
            (vec![Strategy::Binpack(Resource::Cpu), Strategy::Random, zone()], "berth-cpu"),
        ];
        for (strategies, name) in cases {
            let profile = Profile::of(&strategies);
            assert_eq!(profile.name(), name, "{strategies:?}");
            assert!(Profile::all().contains(&profile), "{name}");
        }
    }

    #[test]
    fn profiles_have_names_of_their_own() {
        let names: BTreeSet<String> = Profile::all().iter().map(Profile::name).collect();
        assert_eq!((names.len(), Profile::all().len()), (15, 15));
    }

    #[test]
    fn no_sum_of_lower_levels_makes_up_for_a_point_of_a_higher_one() {
        for profile in Profile::all() {
            let configuration = profile.configuration();
            let enabled = configuration["plugins"]["score"]["enabled"].as_array().unwrap();
            let weights: Vec<u64> = enabled.iter().map(|one| one["weight"].as_u64().unwrap()).collect();
            for (place, weight) in weights.iter().enumerate() {
                let below: u64 = weights.iter().skip(place + 1).map(|weight| weight * 100).sum();
                assert!(*weight > below, "{}", profile.name());
            }
        }
    }
}
