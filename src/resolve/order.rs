//! What containers need of one another → the one order in which they start, or what is wrong with it.
//!
//! `dependsOn`, `links` and `volumesFrom` all order: ECS adds what the latter two need to the former.

use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::{Condition, Container, Dependency, Violation};
use std::collections::BTreeSet;

/// A container and its place in the document.
pub(super) struct Placed<'a> {
    pub index: usize,
    pub definition: &'a ContainerDefinition,
    pub container: Container,
}

/// Brings `containers` into the order in which ECS starts them, each with what it waits for. Containers that
/// do not wait keep the document's order.
pub(super) fn sort<'a>(
    spec: &'a TaskDefinitionSpec,
    containers: &[Container],
    found: &mut Vec<Violation>,
) -> Vec<Placed<'a>> {
    let mut waiting: Vec<Placed<'a>> = Vec::new();
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let name = definition.name.as_deref().unwrap_or_default();
        if let Some(container) = containers.iter().find(|container| container.name == name) {
            let mut container = container.clone();
            container.depends_on = dependencies((spec, index), definition, containers, found);
            waiting.push(Placed { index, definition, container });
        }
    }
    let mut done: Vec<Placed<'a>> = Vec::new();
    while !waiting.is_empty() {
        let still: BTreeSet<String> = waiting.iter().map(|one| one.container.name.clone()).collect();
        let free =
            |one: &Placed<'_>| one.container.depends_on.iter().all(|it| !still.contains(&it.container));
        let Some(next) = waiting.iter().position(free) else {
            found.push(circle(&waiting));
            done.append(&mut waiting);
            break;
        };
        done.push(waiting.remove(next));
    }
    done
}

fn circle(waiting: &[Placed<'_>]) -> Violation {
    let names: Vec<&str> = waiting.iter().map(|one| one.container.name.as_str()).collect();
    let message = format!("dependsOn, links and volumesFrom of {} form a circle", names.join(", "));
    Violation::new("spec.containerDefinitions", message)
}

/// What one container waits for; of those it only has to find there, the unknown are told elsewhere.
fn dependencies(
    (spec, index): (&TaskDefinitionSpec, usize),
    definition: &ContainerDefinition,
    all: &[Container],
    found: &mut Vec<Violation>,
) -> Vec<Dependency> {
    let mut dependencies: Vec<Dependency> = Vec::new();
    for (number, entry) in definition.depends_on.iter().flatten().enumerate() {
        let path = format!("spec.containerDefinitions[{index}].dependsOn[{number}]");
        let name = entry.container_name.clone().unwrap_or_default();
        let Some(other) = all.iter().find(|other| other.name == name) else {
            let message = format!("there is no container '{name}' in the task definition");
            found.push(Violation::new(format!("{path}.containerName"), message));
            continue;
        };
        match condition(entry.condition.as_deref().unwrap_or_default(), other) {
            Ok(condition) => dependencies.push(Dependency { container: name, condition }),
            Err(message) => found.push(Violation::new(format!("{path}.condition"), message)),
        }
    }
    let links = definition.links.iter().flatten().map(|link| super::sharing::split(link).0);
    let sources = definition.volumes_from.iter().flatten();
    for router in super::sharing::routers(spec, definition) {
        dependencies.push(Dependency { container: router.to_owned(), condition: Condition::Start });
    }
    for name in links.chain(sources.filter_map(|from| from.source_container.as_deref())) {
        let container = name.to_owned();
        let is_new = dependencies.iter().all(|known| known.container != container);
        if is_new && all.iter().any(|other| other.name == container) {
            dependencies.push(Dependency { container, condition: Condition::Create });
        }
    }
    dependencies
}

/// The condition, if `other` can ever meet it.
fn condition(text: &str, other: &Container) -> Result<Condition, String> {
    let condition = match text {
        "START" => Condition::Start,
        "COMPLETE" => Condition::Complete,
        "SUCCESS" => Condition::Success,
        "HEALTHY" => Condition::Healthy,
        _ => return Err("must be START, COMPLETE, SUCCESS or HEALTHY".to_owned()),
    };
    let ends = matches!(condition, Condition::Complete | Condition::Success);
    if ends && other.essential {
        let message =
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container";
        return Err(message.to_owned());
    }
    if condition == Condition::Healthy && other.health_check.is_none() {
        return Err(format!("HEALTHY needs a healthCheck, and container '{}' has none", other.name));
    }
    Ok(condition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::container::container;
    use crate::resolve::grants::Grants;
    use serde_json::{Value, json};

    fn sorted(containers: Value) -> (Vec<Container>, Vec<String>) {
        let spec: TaskDefinitionSpec =
            serde_json::from_value(json!({"containerDefinitions": containers})).unwrap();
        let mut found = Vec::new();
        let read = spec.container_definitions.iter().flatten();
        let all: Vec<Container> = read.map(|one| container(one, "", &Grants::open(), &mut found)).collect();
        let placed = sort(&spec, &all, &mut found);
        let texts = found.iter().map(ToString::to_string).collect();
        (placed.into_iter().map(|one| one.container).collect(), texts)
    }

    fn one(name: &str, essential: bool, depends_on: &[(&str, &str)]) -> Value {
        let depends_on: Vec<Value> = depends_on
            .iter()
            .map(|(name, condition)| json!({"containerName": name, "condition": condition}))
            .collect();
        json!({"name": name, "image": "i", "essential": essential, "dependsOn": depends_on})
    }

    #[test]
    fn what_is_waited_for_comes_first_and_the_rest_stays_as_written() {
        let (containers, found) = sorted(json!([
            one("app", true, &[("db", "START"), ("seed", "SUCCESS")]),
            one("log", false, &[]),
            one("seed", false, &[("db", "START")]),
            one("db", true, &[]),
        ]));
        let names: Vec<&str> = containers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((names, found), (vec!["log", "db", "seed", "app"], vec![]));
        assert_eq!(containers[3].depends_on[1].condition, Condition::Success);
    }

    #[test]
    fn every_wait_that_can_never_end_is_told_with_its_path() {
        let (_, found) = sorted(json!([
            one("app", true, &[("nobody", "START"), ("db", "SUCCESS"), ("db", "HEALTHY"), ("app", "START")]),
            one("db", true, &[]),
        ]));
        assert_eq!(
            found,
            [
                "spec.containerDefinitions[0].dependsOn[0].containerName: there is no container 'nobody' in the task \
                 definition",
                "spec.containerDefinitions[0].dependsOn[1].condition: A dependency container with SUCCESS or COMPLETE \
                 condition cannot be an essential container",
                "spec.containerDefinitions[0].dependsOn[2].condition: HEALTHY needs a healthCheck, and container 'db' \
                 has none",
                "spec.containerDefinitions: dependsOn, links and volumesFrom of app form a circle",
            ]
        );
    }

    #[test]
    fn links_and_volumes_order_together_with_depends_on() {
        let (containers, found) = sorted(json!([
            {"name": "web", "image": "i", "links": ["app:backend"]},
            {"name": "app", "image": "i", "volumesFrom": [{"sourceContainer": "data"}]},
            one("data", false, &[("base", "SUCCESS")]),
            one("base", false, &[]),
        ]));
        let names: Vec<&str> = containers.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((names, found), (vec!["base", "data", "app", "web"], vec![]));
        assert_eq!(containers[3].depends_on[0].condition, Condition::Create);
    }
}
