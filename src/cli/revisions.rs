//! `berth revisions`: the history of a family.

mod diff;
mod page;

use super::cluster::{Access, Output, colours};
use super::files::texts;
use crate::api::Service;
use crate::kubernetes::Desk;
use crate::render::documents;
use crate::resolve::arn::TaskDefinitionReference;
use crate::resolve::revision::history::{Users, users};
use crate::resolve::revision::{Revision, content, read};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Which revisions to show, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The family; with `:REVISION`, that one in full.
    #[arg(value_name = "FAMILY[:REVISION]")]
    family: String,
    /// What differs between two revisions; between one and the newest; or, without a number, between the two newest.
    /// Lists whose order means nothing are sorted, what ECS says by default is left out.
    #[arg(long, value_name = "REVISION", num_args = 0..=2)]
    diff: Option<Vec<i64>>,
    /// Files to read instead of a cluster, as from `kubectl get controllerrevisions,ecssvc,pods -o yaml`; `-` is standard
    /// input.
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Form of the output.
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    #[command(flatten)]
    access: Access,
}

/// A revision and who uses it.
struct Entry {
    revision: Revision,
    users: Users,
}

/// Prints the table, one revision, or a difference.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let reference = TaskDefinitionReference::parse(&arguments.family)
        .ok_or_else(|| anyhow!("Invalid revision number. Number: {}", arguments.family))?;
    let family = &reference.family;
    let mut entries = match arguments.files.is_empty() {
        true => arguments.access.ask(async |desk| asked(&desk, family).await)?,
        false => read_from(arguments, family)?,
    };
    entries.sort_by_key(|entry| entry.revision.number);
    if entries.is_empty() {
        bail!("Unable to describe task definition. There is no revision of family {family} here.");
    }
    let text = match (&arguments.diff, reference.revision) {
        (Some(numbers), _) => difference(&entries, numbers)?,
        (None, Some(number)) => page::whole(find(&entries, number)?, arguments.output)?,
        (None, None) => page::history(family, &entries, arguments.output)?,
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Labels of a family's revisions.
pub(super) fn selector(family: &str) -> String {
    crate::translate::revision_selector(family)
}

async fn asked(desk: &Desk, family: &str) -> anyhow::Result<Vec<Entry>> {
    let revisions: Vec<ControllerRevision> =
        desk.list(&selector(family)).await.context("cannot read controllerrevisions")?;
    let services: Vec<Service> = desk.list("").await.context("cannot read ecsservices")?;
    let tasks: Vec<Pod> =
        desk.list(&crate::translate::task_selector(family)).await.context("cannot read pods")?;
    Ok(entries(family, &revisions, &shared(services), &shared(tasks)))
}

fn read_from(arguments: &Arguments, family: &str) -> anyhow::Result<Vec<Entry>> {
    let mut objects = Vec::new();
    let read = texts(&arguments.files)?;
    if let Some((source, why)) = read.unread.first() {
        return Err(anyhow!("{source}: {why}"));
    }
    for (source, text) in &read.texts {
        let found =
            documents(text).map_err(|error| anyhow!("{source}: is neither YAML nor JSON: {error}"))?;
        found.into_iter().for_each(|document| unpack(document, &mut objects));
    }
    if let Some(namespace) = arguments.access.namespace() {
        objects
            .retain(|object| object.pointer("/metadata/namespace").is_some_and(|place| place == namespace));
    }
    let revisions: Vec<ControllerRevision> = of_kind(&objects, "apps/v1", "ControllerRevision");
    let services = shared(of_kind(&objects, "ecs.berth.dev/v1alpha1", "Service"));
    let tasks = shared(of_kind(&objects, "v1", "Pod"));
    Ok(entries(family, &revisions, &services, &tasks))
}

fn unpack(document: Value, objects: &mut Vec<Value>) {
    match document.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().for_each(|item| unpack(item.clone(), objects)),
        None => objects.push(document),
    }
}

fn of_kind<K: DeserializeOwned>(objects: &[Value], version: &str, kind: &str) -> Vec<K> {
    let is = |object: &&Value| {
        object.get("apiVersion").is_some_and(|found| found == version)
            && object.get("kind").is_some_and(|found| found == kind)
    };
    objects.iter().filter(is).filter_map(|object| serde_json::from_value(object.clone()).ok()).collect()
}

fn shared<K>(objects: Vec<K>) -> Vec<Arc<K>> {
    objects.into_iter().map(Arc::new).collect()
}

fn entries(
    family: &str,
    objects: &[ControllerRevision],
    services: &[Arc<Service>],
    tasks: &[Arc<Pod>],
) -> Vec<Entry> {
    let read = objects.iter().filter_map(|object| Some((object, read(object)?)));
    let own = read.filter(|(_, revision)| revision.family == family);
    own.map(|(object, revision)| {
        let users = users((object, &revision), services, tasks);
        Entry { revision, users }
    })
    .collect()
}

fn find(entries: &[Entry], number: i64) -> anyhow::Result<&Entry> {
    let found = entries.iter().find(|entry| entry.revision.number == number);
    found.ok_or_else(|| anyhow!("Unable to describe task definition. There is no revision {number} here."))
}

fn difference(entries: &[Entry], numbers: &[i64]) -> anyhow::Result<String> {
    let newest: Vec<i64> = entries.iter().rev().map(|entry| entry.revision.number).collect();
    let (one, other) = match (numbers, newest.as_slice()) {
        ([one, other], _) => (*one, *other),
        ([one], [newest, ..]) => (*one, *newest),
        (_, [newest, before, ..]) => (*before, *newest),
        _ => bail!("there is one revision only: nothing to compare"),
    };
    let (one, other) = (find(entries, one)?, find(entries, other)?);
    let text = |entry: &Entry| page::yaml(&content::canonical(&entry.revision.spec));
    let name = |entry: &Entry| format!("{}:{}", entry.revision.family, entry.revision.number);
    Ok(diff::unified((&name(one), &text(one)?), (&name(other), &text(other)?), colours()))
}
