//! `secrets` and `environmentFiles` → keys of Secrets and whole objects that the node gives to a container.

use super::value_from::{ValueFrom, Version, key, object_name};
use super::{Access, Found};
use crate::api::cluster::grant::{SecretMapping, SecretStoreReference};
use crate::api::common::Secret;
use crate::api::task_definition::container::{ContainerDefinition, EnvironmentFile};
use crate::model::access::{FetchedSecret, Form, KeyedObject, SecretKey, Store};
use crate::model::lack::{Entry, List};
use crate::model::{Violation, name};

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
    let mapping = mapping(&from, &path, found)?;
    let key = from.json_key.as_deref().map_or_else(|| whole_key(&mapping), key);
    let Some(store) = &mapping.store else {
        if from.version != Version::Current {
            let message = "a version is pinned, but the Secret is somebody else's: it has the version that they put there";
            access.without_effect.push(Violation::new(path, message));
        }
        return Some(SecretKey { secret: base_name(&from, &mapping), key });
    };
    let fetched = fetched(&from, &mapping, store);
    let secret = fetched.name.clone();
    if !access.fetched.iter().any(|known| known.name == secret) {
        access.fetched.push(fetched);
    }
    Some(SecretKey { secret, key })
}

/// What a grant says of a secret. Where nothing is judged, any would do.
fn mapping(from: &ValueFrom, path: &str, found: &mut Found<'_>) -> Option<SecretMapping> {
    let mapping = found.grants.secret(&from.names).cloned();
    let mapping = mapping.or_else(|| found.grants.is_open().then(SecretMapping::default));
    if mapping.is_none() {
        let shown = from.names.get(1).unwrap_or(&from.source);
        let entry = Entry::new(List::Secrets, shown).by_default("secretName", from.object_name());
        found.lacks(path, format!("no grant says which Secret {} is", from.source), entry);
    }
    mapping
}

/// The name of the Secret, before what tells forms and versions apart.
fn base_name(from: &ValueFrom, mapping: &SecretMapping) -> String {
    mapping.secret_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| from.object_name())
}

fn whole_key(mapping: &SecretMapping) -> String {
    mapping.key.clone().filter(|key| !key.is_empty()).unwrap_or_else(|| WHOLE.to_owned())
}

/// What External Secrets is asked for. A value as a whole and its members are two Secrets, since whoever wants the
/// one must not fail because the other cannot be had; so are two versions.
fn fetched(from: &ValueFrom, mapping: &SecretMapping, store: &SecretStoreReference) -> FetchedSecret {
    let base = base_name(from, mapping);
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
pub(super) fn files(definition: &ContainerDefinition, path: &str, found: &mut Found<'_>) -> Vec<KeyedObject> {
    let path = format!("{path}.environmentFiles");
    let files = definition.environment_files.as_deref().unwrap_or_default();
    if files.len() > FILES {
        found.violation(path.clone(), format!("at most {FILES} environment files, not {}", files.len()));
    }
    let arn = |file: &EnvironmentFile| file.value.clone().unwrap_or_default();
    let numbered = files.iter().enumerate();
    numbered.filter_map(|(index, one)| file(&arn(one), format!("{path}[{index}].value"), found)).collect()
}

/// The object that one file is.
fn file(arn: &str, path: String, found: &mut Found<'_>) -> Option<KeyedObject> {
    let Some(stem) = arn.strip_suffix(".env") else {
        found.violation(path, format!("\"{arn}\": the name of an environment file ends in .env"));
        return None;
    };
    let own = object_name(stem.rsplit(['/', ':']).next().unwrap_or(stem));
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    match found.grants.environment_file(arn) {
        Some(mapping) => Some(match (text(&mapping.config_map_name), text(&mapping.secret_name)) {
            (None, Some(secret)) => KeyedObject::Secret(secret),
            (config_map, _) => KeyedObject::ConfigMap(config_map.unwrap_or(own)),
        }),
        None if found.grants.is_open() => Some(KeyedObject::ConfigMap(own)),
        None => {
            let entry = Entry::new(List::EnvironmentFiles, arn).by_default("configMapName", own);
            found.lacks(path, format!("no grant says which ConfigMap or Secret {arn} is"), entry);
            None
        }
    }
}
