//! `firelensConfiguration` and the options of driver `awsfirelens` → the router of a task and what it routes.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html>

use super::{Access, Found, config_file, secret};
use crate::api::task_definition::container::{ContainerDefinition, FirelensConfiguration};
use crate::model::lack::{Entry, List};
use crate::model::{Container, Include, LogRouter, Output, RouterKind, Violation};
use std::collections::BTreeMap;

/// The node's log files, one folder per task.
const LOGS: &str = "/var/log/pods";

/// Where the router listens: the containers of a task share one address.
const HOST: &str = "127.0.0.1";
const PORT: &str = "24224";

/// Gives the router among `containers` what it routes, and those that it routes for the way to it.
pub(super) fn route(
    definitions: &[ContainerDefinition],
    containers: &mut [Container],
    found: &mut Found<'_>,
    access: &mut Access,
) {
    let settings = |one: &ContainerDefinition| one.firelens_configuration.clone();
    let routers: Vec<(usize, FirelensConfiguration)> =
        definitions.iter().enumerate().filter_map(|(index, one)| Some((index, settings(one)?))).collect();
    let routed: Vec<usize> =
        (0..definitions.len()).filter(|index| is_routed(definitions.get(*index))).collect();
    let Some((place, configuration)) = routers.first() else {
        if let Some(index) = routed.first() {
            let message = "a container with log driver awsfirelens needs a container with firelensConfiguration in the task";
            found
                .violation(format!("spec.containerDefinitions[{index}].logConfiguration.logDriver"), message);
        }
        return;
    };
    if let Some((second, _)) = routers.get(1) {
        let message = "a task has one container with firelensConfiguration at most";
        found.violation(format!("spec.containerDefinitions[{second}].firelensConfiguration"), message);
    }
    let path = format!("spec.containerDefinitions[{place}].firelensConfiguration");
    let Some(mut router) = settings_of(configuration, &path, found) else { return };
    let mut variables = Vec::new();
    for index in &routed {
        let Some(definition) = definitions.get(*index) else { continue };
        let path = format!("spec.containerDefinitions[{index}].logConfiguration");
        router.outputs.push(output(definition, &path, &mut variables, (found, access)));
        if let Some(container) = containers.get_mut(*index) {
            tell(container);
        }
    }
    if !router.reads_node && !routed.is_empty() {
        let message = format!(
            "what the containers print stays with the node's container runtime: the router gets what they send to \
             {HOST}:{PORT} (FLUENT_HOST, FLUENT_PORT); for their output {}",
            found.grants.remedy([Entry::new(List::HostPaths, LOGS)])
        );
        access.without_effect.push(Violation::new(path, message));
    }
    if let Some(container) = containers.get_mut(*place) {
        container.secrets.extend(variables);
        container.log_router = Some(router);
    }
}

fn is_routed(definition: Option<&ContainerDefinition>) -> bool {
    let log = definition.and_then(|definition| definition.log_configuration.as_ref());
    log.and_then(|log| log.log_driver.as_deref()) == Some("awsfirelens")
}

fn settings_of(
    configuration: &FirelensConfiguration,
    path: &str,
    found: &mut Found<'_>,
) -> Option<LogRouter> {
    let options = configuration.options.clone().unwrap_or_default();
    let option = |name: &str| options.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let kind = match configuration.type_.as_deref() {
        Some("fluentbit") => RouterKind::FluentBit,
        Some("fluentd") => RouterKind::Fluentd,
        _ => return None,
    };
    let file = option("config-file-value");
    let include = match option("config-file-type") {
        Some("file") => file.map(|path| Include::OfImage(path.to_owned())),
        Some("s3") => config_file::mapped(file, &format!("{path}.options.config-file-value"), found),
        _ => None,
    };
    Some(LogRouter {
        kind,
        metadata: option("enable-ecs-log-metadata") != Some("false"),
        include,
        reads_node: !found.grants.is_open() && found.grants.permits_path(LOGS),
        outputs: Vec::new(),
    })
}

/// Where the router sends the output of a container. Values of secrets are variables of the router.
fn output(
    definition: &ContainerDefinition,
    path: &str,
    variables: &mut Vec<(String, crate::model::access::SecretKey)>,
    (found, access): (&mut Found<'_>, &mut Access),
) -> Output {
    let log = definition.log_configuration.clone().unwrap_or_default();
    let mut options: BTreeMap<String, String> = log.options.unwrap_or_default();
    let buffer_limit = options.remove("log-driver-buffer-limit").and_then(|limit| limit.parse().ok());
    for (index, option) in log.secret_options.iter().flatten().enumerate() {
        let path = format!("{path}.secretOptions[{index}]");
        let name = option.name.clone().unwrap_or_default();
        let Some(key) = secret::value(option, &path, found, access) else { continue };
        let variable = format!("FIRELENS_SECRET_{}", variables.len());
        options.insert(name, format!("${{{variable}}}"));
        variables.push((variable, key));
    }
    Output { container: definition.name.clone().unwrap_or_default(), options, buffer_limit }
}

/// The way to the router, as ECS tells it.
fn tell(container: &mut Container) {
    for (name, value) in [("FLUENT_HOST", HOST), ("FLUENT_PORT", PORT)] {
        let known = container.environment.iter().any(|(known, _)| known == name)
            || container.secrets.iter().any(|(known, _)| known == name);
        if !known {
            container.environment.push((name.to_owned(), value.to_owned()));
        }
    }
}
