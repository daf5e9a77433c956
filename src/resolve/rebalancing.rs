//! Whether a service's tasks can be moved when zones have become uneven.

use crate::api;
use crate::model::expression::{Expression, Subject};
use crate::model::{Constraint, Placement, Strategy, Violation};
use crate::placement::attribute;

/// What keeps ECS from rebalancing the service, if something does
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html>).
pub(super) fn obstacle(spec: &api::ServiceSpec, placement: &Placement) -> Option<&'static str> {
    let configuration = spec.deployment_configuration.as_ref();
    let maximum = configuration.and_then(|configuration| configuration.maximum_percent);
    let first = placement.strategies.first();
    let is_spread = matches!(first, None | Some(Strategy::SpreadAttribute(_)))
        && first.is_none_or(|first| *first == Strategy::SpreadAttribute(attribute::ZONE.to_owned()));
    let about_zone = |constraint: &Constraint| match constraint {
        Constraint::MemberOf(expression) => asks_for_zone(expression),
        Constraint::DistinctInstance => false,
    };
    let is = |member: &Option<String>, value: &str| member.as_deref() == Some(value);
    if is(&spec.scheduling_strategy, "DAEMON") {
        Some("a DAEMON service has a task on every instance")
    } else if is(&spec.launch_type, "EXTERNAL") {
        Some("launchType is EXTERNAL")
    } else if maximum.is_some_and(|maximum| maximum <= 100) {
        Some("deploymentConfiguration.maximumPercent leaves no room for a task more")
    } else if !is_spread {
        Some("the first placement strategy is no spread over attribute:ecs.availability-zone")
    } else if placement.constraints.iter().any(about_zone) {
        Some("a placement constraint asks for attribute:ecs.availability-zone")
    } else {
        None
    }
}

/// That a document asks for it in vain.
pub(super) fn in_vain(spec: &api::ServiceSpec, placement: &Placement) -> Option<Violation> {
    let asked = spec.availability_zone_rebalancing.as_deref() == Some("ENABLED");
    let obstacle = obstacle(spec, placement).filter(|_| asked)?;
    Some(Violation::new("spec.availabilityZoneRebalancing", format!("tasks are not moved, as {obstacle}")))
}

fn asks_for_zone(expression: &Expression) -> bool {
    match expression {
        Expression::Or(parts) | Expression::And(parts) => parts.iter().any(asks_for_zone),
        Expression::Not(part) => asks_for_zone(part),
        Expression::Test(subject, _) => *subject == Subject::Attribute(attribute::ZONE.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Resource, Strategy};
    use crate::placement::expression::parse;
    use serde_json::{Value, json};

    fn refused(spec: Value, strategies: &[Strategy], constraint: &str) -> Option<String> {
        let constraints = match constraint {
            "" => vec![Constraint::DistinctInstance],
            text => vec![Constraint::MemberOf(parse(text).unwrap())],
        };
        let placement = Placement { strategies: strategies.to_vec(), constraints, ..Placement::default() };
        let mut spec: api::ServiceSpec = serde_json::from_value(spec).unwrap();
        spec.availability_zone_rebalancing = Some("ENABLED".into());
        let found = in_vain(&spec, &placement);
        assert_eq!(found.is_some(), obstacle(&spec, &placement).is_some());
        spec.availability_zone_rebalancing = None;
        assert_eq!(in_vain(&spec, &placement), None, "nobody asked");
        found.map(|violation| violation.to_string())
    }

    #[test]
    fn services_that_ecs_excludes_are_not_balanced_and_say_why_if_asked() {
        let zone = || Strategy::SpreadAttribute("ecs.availability-zone".into());
        let pack = || Strategy::Binpack(Resource::Cpu);
        assert_eq!(refused(json!({}), &[], ""), None);
        assert_eq!(refused(json!({}), &[zone(), pack()], "attribute:stack == prod"), None);
        for (spec, strategies, constraint, part) in [
            (json!({}), vec![pack(), zone()], "", "first placement strategy"),
            (json!({}), vec![Strategy::SpreadInstance], "", "first placement strategy"),
            (json!({}), vec![], "not(attribute:ecs.availability-zone == a)", "a placement constraint asks"),
            (json!({"deploymentConfiguration": {"maximumPercent": 100}}), vec![], "", "maximumPercent"),
            (json!({"launchType": "EXTERNAL"}), vec![], "", "EXTERNAL"),
            (json!({"schedulingStrategy": "DAEMON"}), vec![], "", "DAEMON"),
        ] {
            let said = refused(spec, &strategies, constraint).unwrap();
            assert!(said.starts_with("spec.availabilityZoneRebalancing: tasks are not moved, as "), "{said}");
            assert!(said.contains(part), "{said}");
        }
    }
}
