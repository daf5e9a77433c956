//! Revisions → a table as kubectl prints them, or documents.

use super::super::cluster::Output;
use super::super::table::aligned;
use super::Entry;
use crate::resolve::revision::reference_of;
use serde::Serialize;
use serde_json::{Value, json};

/// The history of `family`, the oldest revision first.
pub(super) fn table(family: &str, entries: &[Entry], output: Option<Output>) -> anyhow::Result<String> {
    match output {
        None => Ok(columns(entries, false)),
        Some(Output::Wide) => Ok(columns(entries, true)),
        Some(Output::Name) => Ok(entries.iter().map(name).collect()),
        Some(Output::Yaml) => yaml(&document(family, entries)),
        Some(Output::Json) => json_text(&document(family, entries)),
    }
}

/// One revision with its content, as DescribeTaskDefinition shows it.
pub(super) fn whole(entry: &Entry, output: Option<Output>) -> anyhow::Result<String> {
    match output {
        Some(Output::Name) => Ok(name(entry)),
        Some(Output::Json) => json_text(&described(entry)),
        _ => yaml(&described(entry)),
    }
}

/// A value as YAML.
pub(super) fn yaml(value: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_saphyr::to_string(value)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn json_text(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn name(entry: &Entry) -> String {
    format!("controllerrevision.apps/{}\n", entry.revision.object)
}

fn status(entry: &Entry) -> &'static str {
    if entry.revision.inactive { "INACTIVE" } else { "ACTIVE" }
}

fn document(family: &str, entries: &[Entry]) -> Value {
    json!({"family": family, "revisions": entries.iter().map(described).collect::<Vec<_>>()})
}

fn described(entry: &Entry) -> Value {
    let revision = &entry.revision;
    let mut described = serde_json::to_value(&revision.spec).unwrap_or_else(|_| json!({}));
    let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
    let more = json!({
        "family": revision.family,
        "revision": revision.number,
        "status": status(entry),
        "registeredAt": time(revision.registered_at),
        "deregisteredAt": time(revision.deregistered_at),
        "usedBy": used_by(entry),
    });
    if let (Some(described), Value::Object(more)) = (described.as_object_mut(), more) {
        described.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    described
}

fn used_by(entry: &Entry) -> Vec<String> {
    let users = &entry.users;
    let services = users.services.iter().map(|name| format!("ecsservice/{name}"));
    let tasks = match users.tasks {
        0 => None,
        1 => Some("1 task".to_owned()),
        many => Some(format!("{many} tasks")),
    };
    services.chain(users.others.iter().cloned()).chain(tasks).collect()
}

fn columns(entries: &[Entry], wide: bool) -> String {
    let mut head = vec!["REVISION", "STATUS", "REGISTERED", "IN USE BY"];
    head.extend(wide.then_some(["DEREGISTERED", "IMAGES"]).into_iter().flatten());
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<String>>()];
    rows.extend(entries.iter().map(|entry| row(entry, wide)));
    aligned(&rows)
}

fn row(entry: &Entry, wide: bool) -> Vec<String> {
    let revision = &entry.revision;
    let time = |time: Option<jiff::Timestamp>| time.map_or_else(none, |time| time.to_string());
    let used = Some(used_by(entry).join(", ")).filter(|used| !used.is_empty());
    let mut row = vec![
        reference_of(&revision.family, revision.number),
        status(entry).to_owned(),
        time(revision.registered_at),
        used.unwrap_or_else(none),
    ];
    if wide {
        let containers = revision.spec.container_definitions.iter().flatten();
        let images: Vec<&str> = containers.filter_map(|container| container.image.as_deref()).collect();
        row.extend([time(revision.deregistered_at), images.join(",")]);
    }
    row
}

fn none() -> String {
    "<none>".to_owned()
}
