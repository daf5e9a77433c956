//! `secrets` and `environmentFiles` → keys of Secrets and whole objects that the node gives to a container.

use super::value_from::{ValueFrom, Version, key, object_name};
use super::{Access, Found};
use crate::api::cluster::grant::{SecretMapping, SecretStoreReference};
use crate::api::common::Secret;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::access::{EnvironmentSource, FetchedSecret, Form, SecretKey, Store};
use crate::model::name;

/// Key of a Secret with a whole value, where the grant names none.
const WHOLE: &str = "value";

/// Most files of one container
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html>).
const FILES: usize = 10;

/// The variables of `definition` that come from secrets. ECS refuses a name that is there twice or in `environment`
/// too.
pub(super) fn variables(
    definition: &ContainerDefinition,
    path: &str,
    found: &mut Found<'_>,
    access: &mut Access,
) -> Vec<(String, SecretKey)> {
    let plain = definition.environment.iter().flatten().filter_map(|pair| pair.name.as_deref());
    let plain: Vec<&str> = plain.collect();
    let mut variables: Vec<(String, SecretKey)> = Vec::new();
    for (index, secret) in definition.secrets.iter().flatten().enumerate() {
        let path = format!("{path}.secrets[{index}]");
        let name = secret.name.clone().unwrap_or_default();
        if plain.contains(&name.as_str()) || variables.iter().any(|(known, _)| *known == name) {
            found.violation(
                format!("{path}.name"),
                format!(
                    "The secret name must be unique and not shared with any new or existing environment variables set \
                     on the container, such as '{name}'."
                ),
            );
            continue;
        }
        variables.extend(value(secret, &path, found, access).map(|value| (name, value)));
    }
    variables
}

/// The key that a secret's value is under.
pub(super) fn value(
    secret: &Secret,
    path: &str,
    found: &mut Found<'_>,
    access: &mut Access,
) -> Option<SecretKey> {
    let written = secret.value_from.as_deref().unwrap_or_default();
    let path = format!("{path}.valueFrom");
    let Some(from) = ValueFrom::parse(written) else {
        let message = "is no ARN of a Secrets Manager secret, nor ARN or name of an SSM parameter";
        found.violation(path, format!("\"{written}\" {message}"));
        return None;
    };
    let open = SecretMapping::default();
    let mapping = match found.grants.secret(&from.names) {
        Some(mapping) => mapping,
        None if found.grants.is_open() => &open,
        None => {
            let shown = from.names.get(1).unwrap_or(&from.source);
            let grant = format!("secrets: [{{arn: \"{shown}\", secretName: {}}}]", from.object_name());
            let message =
                format!("no grant says which Secret {} is: {}", from.source, found.grants.remedy(&grant));
            found.violation(path, message);
            return None;
        }
    };
    let fetched = mapping.store.as_ref().map(|store| fetched(&from, mapping, store));
    if fetched.is_none() && from.version != Version::Current {
        let message =
            "a version is pinned, but the Secret is somebody else's: it has the version that they put there";
        access.without_effect.push(crate::model::Violation::new(path, message));
    }
    let known = |one: &FetchedSecret| access.fetched.iter().any(|known| known.name == one.name);
    let named = mapping.secret_name.clone().filter(|name| !name.is_empty());
    let secret = match &fetched {
        Some(one) => one.name.clone(),
        None => named.unwrap_or_else(|| from.object_name()),
    };
    let new = fetched.filter(|one| !known(one));
    access.fetched.extend(new);
    Some(SecretKey { secret, key: from.json_key.as_deref().map_or_else(|| whole_key(mapping), key) })
}

fn whole_key(mapping: &SecretMapping) -> String {
    mapping.key.clone().filter(|key| !key.is_empty()).unwrap_or_else(|| WHOLE.to_owned())
}

/// What External Secrets is asked for. A value as a whole and its members are two Secrets, since whoever wants the
/// one must not fail because the other cannot be had; so are two versions.
fn fetched(from: &ValueFrom, mapping: &SecretMapping, store: &SecretStoreReference) -> FetchedSecret {
    let base =
        mapping.secret_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| from.object_name());
    let is_parameter = !from.source.contains(":secretsmanager:");
    let version = match &from.version {
        Version::Current => None,
        Version::Stage(stage) => Some(stage.clone()),
        Version::Id(id) => Some(format!("uuid/{id}")),
    };
    let form = match from.json_key {
        Some(_) => Form::Members,
        None => Form::Whole(whole_key(mapping)),
    };
    let members = if form == Form::Members { "-keys" } else { "" };
    let pinned =
        version.as_ref().map(|version| format!("-{}", name::hash(&[version], 8))).unwrap_or_default();
    let key = store.remote_key.clone().filter(|key| !key.is_empty());
    let own = if is_parameter { from.name.clone() } else { from.source.clone() };
    let remote_key =
        key.map_or(own, |key| key.replace("$(ARN)", &from.source).replace("$(NAME)", &from.name));
    let or = |text: &Option<String>, default: &str| {
        text.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
    };
    FetchedSecret {
        name: format!("{base}{members}{pinned}"),
        source: format!(
            "{}{}",
            from.source,
            version.as_ref().map(|one| format!("#{one}")).unwrap_or_default()
        ),
        remote_key,
        version,
        form,
        store: Store {
            name: store.name.clone().unwrap_or_default(),
            kind: or(&store.kind, "SecretStore"),
            refresh_interval: or(&store.refresh_interval, "1h"),
        },
    }
}

/// The objects that the environment files of `definition` are, in the order of the document: of a variable in two
/// files the first value holds.
pub(super) fn files(
    definition: &ContainerDefinition,
    path: &str,
    found: &mut Found<'_>,
) -> Vec<EnvironmentSource> {
    let path = format!("{path}.environmentFiles");
    let files = definition.environment_files.as_deref().unwrap_or_default();
    if files.len() > FILES {
        found.violation(path.clone(), format!("at most {FILES} environment files, not {}", files.len()));
    }
    let mut sources = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let arn = file.value.as_deref().unwrap_or_default();
        let path = format!("{path}[{index}].value");
        if !arn.ends_with(".env") {
            found.violation(path, format!("\"{arn}\": the name of an environment file ends in .env"));
            continue;
        }
        let file = arn.rsplit('/').next().unwrap_or(arn).trim_end_matches(".env");
        let own = object_name(file.rsplit(':').next().unwrap_or(file));
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match found.grants.environment_file(arn) {
            Some(mapping) => {
                sources.push(match (text(&mapping.config_map_name), text(&mapping.secret_name)) {
                    (None, Some(secret)) => EnvironmentSource::Secret(secret),
                    (config_map, _) => EnvironmentSource::ConfigMap(config_map.unwrap_or(own)),
                })
            }
            None if found.grants.is_open() => sources.push(EnvironmentSource::ConfigMap(own)),
            None => {
                let grant = format!("environmentFiles: [{{arn: \"{arn}\", configMapName: {own}}}]");
                let message =
                    format!("no grant says which ConfigMap or Secret it is: {}", found.grants.remedy(&grant));
                found.violation(path, message);
            }
        }
    }
    sources
}
