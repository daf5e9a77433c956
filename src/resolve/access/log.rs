//! `logConfiguration` → what a log agent on the node reads on the task: group, region and stream.

use super::Found;
use crate::api::common::LogConfiguration;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::access::Access;
use crate::model::{Log, Violation};

/// What a container's log configuration means.
pub(super) fn log(
    definition: &ContainerDefinition,
    path: &str,
    found: &mut Found<'_>,
    access: &mut Access,
) -> Option<Log> {
    let configuration = definition.log_configuration.as_ref()?;
    let path = format!("{path}.logConfiguration");
    let driver = configuration.log_driver.clone().filter(|driver| !driver.is_empty())?;
    let mut log = Log { driver, ..Log::default() };
    match log.driver.as_str() {
        "awslogs" => {
            required(configuration, &path, found);
            log.group = option(configuration, "awslogs-group");
            log.region = option(configuration, "awslogs-region");
            let container = definition.name.as_deref().unwrap_or_default();
            log.stream = Some(match option(configuration, "awslogs-stream-prefix") {
                Some(prefix) => format!("{prefix}/{container}/$(TASK_ID)"),
                None => "$(CONTAINER_ID)".to_owned(),
            });
        }
        // Its options are the router's.
        "awsfirelens" => return Some(log),
        _ => {}
    }
    if configuration.secret_options.as_ref().is_some_and(|list| !list.is_empty()) {
        let message = "nothing on Kubernetes hands them to the node's container runtime; a log agent has settings of its own";
        access.without_effect.push(Violation::new(format!("{path}.secretOptions"), message));
    }
    Some(log)
}

/// The options that ECS insists on, in its words.
fn required(configuration: &LogConfiguration, path: &str, found: &mut Found<'_>) {
    let missing: Vec<&str> = ["awslogs-region", "awslogs-group"]
        .into_iter()
        .filter(|name| option(configuration, name).is_none())
        .collect();
    if !missing.is_empty() {
        let message = format!("Log driver awslogs requires options: {}", missing.join(", "));
        found.violation(format!("{path}.options"), message);
    }
    if ["awslogs-datetime-format", "awslogs-multiline-pattern"]
        .iter()
        .all(|name| option(configuration, name).is_some())
    {
        let message = "awslogs-datetime-format and awslogs-multiline-pattern exclude one another";
        found.violation(format!("{path}.options"), message);
    }
}

fn option(configuration: &LogConfiguration, name: &str) -> Option<String> {
    configuration.options.as_ref()?.get(name).cloned().filter(|value| !value.is_empty())
}
