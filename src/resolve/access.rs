//! What a definition names outside the cluster → what an administrator says it is here, or what is missing.
//!
//! An ARN means nothing on Kubernetes by itself: what no grant maps is refused or without effect, never guessed.

mod config_file;
mod image;
mod log;
mod role;
mod router;
mod secret;
mod value_from;

use super::grants::Grants;
use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::access::Access;
use crate::model::lack::{Entry, List};
use crate::model::{Container, Violation};
use std::collections::BTreeSet;

/// The broken rules found so far, beside the grants that they are judged by.
struct Found<'a> {
    grants: &'a Grants,
    violations: &'a mut Vec<Violation>,
}

impl Found<'_> {
    fn violation(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.violations.push(Violation::new(path, message));
    }

    fn lacks(&mut self, path: impl Into<String>, message: impl Into<String>, entry: Entry) {
        self.violations.push(self.grants.lacking(path, message, entry));
    }
}

/// Gives `containers`, which are in the order of `spec`, what they have from outside, and says what the task has.
pub(super) fn access(
    spec: &TaskDefinitionSpec,
    containers: &mut [Container],
    grants: &Grants,
    violations: &mut Vec<Violation>,
) -> Access {
    let mut found = Found { grants, violations };
    let mut access = Access { region: grants.region().map(str::to_owned), ..Access::default() };
    role::role(spec, &mut found, &mut access);
    let definitions = spec.container_definitions.as_deref().unwrap_or_default();
    for (index, (definition, container)) in definitions.iter().zip(containers.iter_mut()).enumerate() {
        let path = format!("spec.containerDefinitions[{index}]");
        container.secrets = secret::variables(definition, &path, &mut found, &mut access);
        container.environment_files = secret::files(definition, &path, &mut found);
        container.log = log::log(definition, &path, &mut found, &mut access);
        credentials(definition, &path, &mut found, &mut access);
    }
    router::route(definitions, containers, &mut found, &mut access);
    surroundings(containers, &access);
    access
}

/// What ECS or the cloud's own agents would have told the containers, where the document does not.
fn surroundings(containers: &mut [Container], access: &Access) {
    let mut told: Vec<(&str, &str)> = Vec::new();
    if let Some(region) = &access.region {
        told.extend([("AWS_REGION", region.as_str()), ("AWS_DEFAULT_REGION", region.as_str())]);
    }
    if access.unmapped_role.is_some() && access.blocks_node_role {
        // Without a role of its own the SDK would ask the node for the node's.
        told.push(("AWS_EC2_METADATA_DISABLED", "true"));
    }
    for container in containers {
        for (name, value) in &told {
            let known = container.environment.iter().any(|(known, _)| known == name)
                || container.secrets.iter().any(|(known, _)| known == name);
            if !known {
                container.environment.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
    }
}

/// Credentials for the registry of a container's image.
fn credentials(definition: &ContainerDefinition, path: &str, found: &mut Found<'_>, access: &mut Access) {
    let Some(image) = definition.image.as_deref().filter(|image| !image.is_empty()) else { return };
    let host = image::registry(image);
    let mapping = found.grants.registry(&host);
    let parameter =
        definition.repository_credentials.as_ref().and_then(|one| one.credentials_parameter.as_deref());
    let parameter = parameter.filter(|parameter| !parameter.is_empty());
    match (mapping, parameter) {
        (Some(mapping), _) => {
            let secret = mapping.pull_secret.clone().filter(|name| !name.is_empty());
            let secret = secret.filter(|name| !access.pull_secrets.contains(name));
            access.pull_secrets.extend(secret);
        }
        (None, Some(parameter)) if !found.grants.is_open() => {
            let message = format!(
                "no grant says which Secret of type kubernetes.io/dockerconfigjson holds {parameter} for {host}"
            );
            let path = format!("{path}.repositoryCredentials.credentialsParameter");
            found.lacks(path, message, registry_of(&host));
        }
        (None, _) if image::is_private_ecr(&host) => access.unmapped_images.push(image.to_owned()),
        (None, _) => {}
    }
}

/// What there is to say about images that nobody has given credentials for, before their first pull fails.
pub(super) fn about_images(access: &Access, grants: &Grants) -> Option<String> {
    let hosts: BTreeSet<String> = access.unmapped_images.iter().map(|image| image::registry(image)).collect();
    let first = hosts.first()?;
    Some(format!(
        "no grant gives credentials for {first}: unless the nodes have some of their own, {} cannot be pulled; {} \
         (without pullSecret where the nodes have)",
        access.unmapped_images.join(", "),
        grants.remedy(hosts.iter().map(|host| registry_of(host)))
    ))
}

/// The entry for a registry at `host`.
fn registry_of(host: &str) -> Entry {
    Entry::new(List::Registries, host).chosen("pullSecret", "NAME")
}

#[cfg(test)]
mod tests;
