//! A router's settings in S3 → the key of an object that an administrator has put them under.

use super::Found;
use super::value_from::{key, object_name};
use crate::api::cluster::grant::ConfigFileMapping;
use crate::model::Include;
use crate::model::access::KeyedObject;
use crate::model::lack::{Entry, List};

/// The object and key that the file at `arn` is; where nothing is judged, any would do.
pub(super) fn mapped(arn: Option<&str>, path: &str, found: &mut Found<'_>) -> Option<Include> {
    let Some((arn, file)) = arn.and_then(|arn| Some((arn, file_name(arn)?))) else {
        let written = arn.unwrap_or_default();
        let message = format!("\"{written}\" is no ARN of a file in S3: write arn:aws:s3:::BUCKET/PATH");
        found.violation(path, message);
        return None;
    };
    let mapping = found.grants.config_file(arn).cloned();
    let mapping = mapping.or_else(|| found.grants.is_open().then(ConfigFileMapping::default));
    if mapping.is_none() {
        let entry = Entry::new(List::ConfigFiles, arn).by_default("configMapName", object_name(file));
        found.lacks(path, format!("no grant says which ConfigMap or Secret {arn} is"), entry);
    }
    mapping.map(|mapping| include(&mapping, file))
}

fn include(mapping: &ConfigFileMapping, file: &str) -> Include {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let object = match (text(&mapping.config_map_name), text(&mapping.secret_name)) {
        (None, Some(secret)) => KeyedObject::Secret(secret),
        (config_map, _) => KeyedObject::ConfigMap(config_map.unwrap_or_else(|| object_name(file))),
    };
    Include::Mapped { object, key: text(&mapping.key).unwrap_or_else(|| key(file)) }
}

/// The last part of the path of an object in S3.
fn file_name(arn: &str) -> Option<&str> {
    let (_, place) = arn.strip_prefix("arn:")?.split_once(":s3:::")?;
    let (_, path) = place.split_once('/')?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}
