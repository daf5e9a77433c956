//! What a bundle lacks → the Clusters that an administrator applies so that it lacks nothing.

use super::bundle::{Bundle, Item};
use super::judge::{Missing, Report};
use crate::api::{Cluster, ClusterSpec, GROUP, VERSION};
use crate::model::Lack;
use crate::model::lack::Entry;
use crate::resolve::reference::is_named;
use crate::resolve::remedy::object_name;
use kube::ResourceExt;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Entries of one list in a grant.
const ENTRIES: usize = 100;

/// What is granted can show what else is lacking: a first Cluster governs those that none governed before, and a sound
/// definition is judged together with its service. It ends long before.
const ROUNDS: usize = 8;

/// The Clusters of `bundle` with all that `report` says it lacks, as a stream of YAML documents: each that is new or
/// has to be changed, as a whole, so that applying it takes nothing away. None where nothing is lacking.
pub(super) fn clusters(bundle: &Bundle, report: &Report, missing: Missing) -> Option<String> {
    let mut granted: BTreeSet<Lack> = lacks(report);
    // What a Cluster that is broken itself would grant, nobody knows.
    let is_broken = report.violations.iter().any(|one| one.object.starts_with("Cluster/"));
    if granted.is_empty() || is_broken {
        return None;
    }
    // Where there is no Cluster yet, all that the services name have to be there as soon as one is.
    let missing = if bundle.clusters.is_empty() { Missing::IsWrong } else { missing };
    let (mut bundle, mut touched) = (bundle.clone(), BTreeSet::new());
    let mut open = granted.clone();
    for _ in 0..ROUNDS {
        touched.extend(open.iter().map(|lack| bundle.grant(lack)));
        open = lacks(&bundle.judge(missing).report).difference(&granted).cloned().collect();
        if open.is_empty() {
            break;
        }
        granted.extend(open.iter().cloned());
    }
    let changed = bundle.clusters.iter().filter(|item| touched.contains(&item.object.name_any()));
    let texts = changed.filter_map(|item| serde_saphyr::to_string(&manifest(&item.object)).ok());
    Some(super::yaml_stream(&texts.collect::<Vec<_>>()))
}

fn lacks(report: &Report) -> BTreeSet<Lack> {
    report.violations.iter().filter_map(|one| one.violation.lack.as_deref().cloned()).collect()
}

impl Bundle {
    /// Gives what `lack` says; the name of the Cluster that has it now.
    fn grant(&mut self, lack: &Lack) -> String {
        let known = self.clusters.iter().position(|item| is_named(&item.object, &lack.cluster));
        let mut cluster = known
            .and_then(|index| self.clusters.get(index))
            .map_or_else(|| new(&lack.cluster), |item| Cluster::clone(&item.object));
        if let Some(entry) = &lack.entry {
            let spec = with(&cluster.spec, &lack.namespace, entry);
            cluster.spec = spec.unwrap_or(cluster.spec);
        }
        let name = cluster.name_any();
        let object = Arc::new(cluster);
        match known.and_then(|index| self.clusters.get_mut(index)) {
            Some(item) => item.object = object,
            None => self.clusters.push(Item { source: String::new(), label: String::new(), object }),
        }
        name
    }
}

fn new(wanted: &str) -> Cluster {
    let name = object_name(wanted);
    let mut cluster = Cluster::new(&name, ClusterSpec::default());
    cluster.spec.cluster_name = (name != wanted).then(|| wanted.to_owned());
    cluster
}

/// The spec with `entry` in a grant for `namespace` alone.
fn with(spec: &ClusterSpec, namespace: &str, entry: &Entry) -> Option<ClusterSpec> {
    let mut spec = serde_json::to_value(spec).ok()?;
    let grants = member(member(&mut spec, "kubernetes", json!({}))?, "grants", json!([]))?.as_array_mut()?;
    let list = entry.list.member();
    let has_room = |grant: &Value| {
        let entries = grant.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        grant.get("namespaces") == Some(&json!([namespace])) && entries < ENTRIES
    };
    let grant = match grants.iter().position(has_room) {
        Some(index) => grants.get_mut(index)?,
        None => {
            grants.push(json!({"namespaces": [namespace]}));
            grants.last_mut()?
        }
    };
    let (entries, entry) = (member(grant, list, json!([]))?.as_array_mut()?, written(entry));
    if !entries.contains(&entry) {
        entries.push(entry);
    }
    serde_json::from_value(spec).ok()
}

/// The member `name` of an object, which is `default` where it was not there.
fn member<'a>(object: &'a mut Value, name: &str, default: Value) -> Option<&'a mut Value> {
    let value = object.as_object_mut()?.entry(name).or_insert(Value::Null);
    if value.is_null() {
        *value = default;
    }
    Some(value)
}

fn written(entry: &Entry) -> Value {
    let Some(key) = entry.list.key() else { return json!(entry.name) };
    let mut value = json!({key: entry.name});
    if let (Some(members), Some(meaning)) = (value.as_object_mut(), &entry.meaning) {
        members.insert(meaning.key.to_owned(), json!(meaning.value));
    }
    value
}

/// A Cluster as people write it, its members in the order of the documentation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: String,
    kind: &'static str,
    metadata: Value,
    spec: &'a ClusterSpec,
}

fn manifest(cluster: &Cluster) -> Manifest<'_> {
    let mut metadata = json!({"name": cluster.name_any()});
    let texts = [("labels", cluster.labels()), ("annotations", cluster.annotations())];
    for (name, texts) in texts.into_iter().filter(|(_, texts)| !texts.is_empty()) {
        metadata.as_object_mut().map(|members| members.insert(name.to_owned(), json!(texts)));
    }
    Manifest { api_version: format!("{GROUP}/{VERSION}"), kind: "Cluster", metadata, spec: &cluster.spec }
}
