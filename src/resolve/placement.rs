//! Constraints and strategies as written → as resolved.

use crate::api::service::placement::{PlacementConstraint, PlacementStrategy};
use crate::api::task_definition::TaskDefinitionPlacementConstraint;
use crate::model::{Constraint, Resource, Strategy, Violation};
use crate::placement::{check, expression};

/// The zone attribute that ECS spreads over by default.
const ZONE: &str = "ecs.availability-zone";

/// The constraints of a task definition, which can only be `memberOf`.
pub(super) fn definition<'a>(
    constraints: impl Iterator<Item = &'a TaskDefinitionPlacementConstraint>,
    found: &mut Vec<Violation>,
) -> Vec<Constraint> {
    let texts = constraints.map(|constraint| (constraint.type_.as_deref(), constraint.expression.as_deref()));
    collect(
        texts
            .map(|(kind, text)| (kind.filter(|kind| *kind != "distinctInstance").or(Some("memberOf")), text)),
        found,
    )
}

/// The constraints of a service.
pub(super) fn constraints(written: &[PlacementConstraint], found: &mut Vec<Violation>) -> Vec<Constraint> {
    collect(
        written.iter().map(|constraint| (constraint.type_.as_deref(), constraint.expression.as_deref())),
        found,
    )
}

fn collect<'a>(
    written: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
    found: &mut Vec<Violation>,
) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for (index, (kind, text)) in written.enumerate() {
        let path = format!("spec.placementConstraints[{index}]");
        match (kind, text.unwrap_or_default()) {
            (Some("distinctInstance"), _) => constraints.push(Constraint::DistinctInstance),
            (Some("memberOf"), text) => match expression::parse(text) {
                Err(error) => found.push(Violation::new(format!("{path}.expression"), error.to_string())),
                Ok(expression) => match check(&expression) {
                    Ok(()) => constraints.push(Constraint::MemberOf(expression)),
                    Err(error) => found.push(Violation::new(format!("{path}.expression"), error.to_string())),
                },
            },
            _ => found.push(Violation::new(format!("{path}.type"), "must be distinctInstance or memberOf")),
        }
    }
    constraints
}

/// The strategies of a service in order; ECS's default where none is written.
pub(super) fn strategies(written: &[PlacementStrategy], found: &mut Vec<Violation>) -> Vec<Strategy> {
    if written.is_empty() {
        return vec![Strategy::SpreadAttribute(ZONE.to_owned()), Strategy::SpreadInstance];
    }
    let mut strategies = Vec::new();
    for (index, strategy) in written.iter().enumerate() {
        match one(strategy) {
            Ok(strategy) => strategies.push(strategy),
            Err(message) => {
                found.push(Violation::new(format!("spec.placementStrategy[{index}]"), message));
            }
        }
    }
    strategies
}

fn one(strategy: &PlacementStrategy) -> Result<Strategy, &'static str> {
    let field = strategy.field.as_deref().unwrap_or_default();
    match strategy.type_.as_deref().unwrap_or_default() {
        "random" => Ok(Strategy::Random),
        "binpack" if field.eq_ignore_ascii_case("cpu") => Ok(Strategy::Binpack(Resource::Cpu)),
        "binpack" if field.eq_ignore_ascii_case("memory") => Ok(Strategy::Binpack(Resource::Memory)),
        "binpack" => Err("binpack needs field cpu or memory"),
        "spread" if field == "host" || field.eq_ignore_ascii_case("instanceId") => {
            Ok(Strategy::SpreadInstance)
        }
        "spread" => match field.strip_prefix("attribute:").filter(|name| !name.is_empty()) {
            Some(name) => Ok(Strategy::SpreadAttribute(name.to_owned())),
            None => Err("spread needs field instanceId, host or attribute:NAME"),
        },
        _ => Err("type must be random, spread or binpack"),
    }
}
