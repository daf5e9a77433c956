//! What grants lack → what an administrator writes so that nothing is lacking: one Cluster, however many lack.

use crate::model::lack::{Entry, List};
use crate::model::{Lack, Violation, name};
use std::collections::{BTreeMap, BTreeSet};

/// What an administrator would do so that nothing of what `violations` lack is lacking any more, in one sentence for
/// all of it; none where they lack nothing. A meaning that a name has by default is left out.
pub fn remedy<'a>(violations: impl IntoIterator<Item = &'a Violation>) -> Option<String> {
    let lacks: BTreeSet<&Lack> = violations.into_iter().filter_map(|one| one.lack.as_deref()).collect();
    let mut clusters: BTreeMap<(&str, bool), BTreeMap<&str, Vec<&Entry>>> = BTreeMap::new();
    for lack in lacks {
        let namespaces = clusters.entry((&lack.cluster, lack.exists)).or_default();
        if let Some(entry) = &lack.entry {
            namespaces.entry(&lack.namespace).or_default().push(entry);
        }
    }
    let told: Vec<String> = clusters
        .into_iter()
        .map(|((cluster, exists), namespaces)| {
            let grants: Vec<String> = namespaces.iter().map(|(name, entries)| grant(name, entries)).collect();
            one(cluster, exists, &grants)
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn one(cluster: &str, exists: bool, grants: &[String]) -> String {
    let grants = grants.join(", ");
    match (exists, grants.is_empty()) {
        (true, _) => {
            format!("an administrator adds to Cluster \"{cluster}\" spec.kubernetes.grants: [{grants}]")
        }
        (false, true) => format!("an administrator applies {}", a_cluster(cluster, "")),
        (false, false) => {
            let settings = format!("kubernetes: {{grants: [{grants}]}}");
            format!("an administrator applies {}", a_cluster(cluster, &settings))
        }
    }
}

/// A Cluster with these settings.
fn a_cluster(wanted: &str, settings: &str) -> String {
    let object = object_name(wanted);
    let named = if object == wanted { String::new() } else { format!("clusterName: {}", scalar(wanted)) };
    let spec: Vec<&str> = [named.as_str(), settings].into_iter().filter(|part| !part.is_empty()).collect();
    format!(
        "{{apiVersion: ecs.berth.dev/v1alpha1, kind: Cluster, metadata: {{name: {object}}}, spec: {{{}}}}}",
        spec.join(", ")
    )
}

/// The name of a new object for a cluster that documents call `wanted`.
pub fn object_name(wanted: &str) -> String {
    name::dns_label(wanted, "", name::MAX)
}

/// A grant in YAML's flow style.
fn grant(namespace: &str, entries: &[&Entry]) -> String {
    let mut lists: BTreeMap<List, Vec<String>> = BTreeMap::new();
    for entry in entries {
        lists.entry(entry.list).or_default().push(flow(entry));
    }
    let lists = lists.into_iter().map(|(list, all)| format!(", {}: [{}]", list.member(), all.join(", ")));
    format!("{{namespaces: [{namespace}]{}}}", lists.collect::<String>())
}

fn flow(entry: &Entry) -> String {
    let name = scalar(&entry.name);
    let Some(key) = entry.list.key() else { return name };
    let meaning = entry.meaning.as_ref().filter(|meaning| !meaning.is_default);
    let meaning = meaning.map(|meaning| format!(", {}: {}", meaning.key, scalar(&meaning.value)));
    format!("{{{key}: {name}{}}}", meaning.unwrap_or_default())
}

/// A text as YAML reads it as one, in quotes where it could be anything else.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-');
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    match begins && text.chars().all(is_plain) && !matches!(text, "true" | "false" | "null" | "yes" | "no") {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacking(exists: bool, entries: Vec<Entry>) -> Vec<Violation> {
        let lack =
            |entry| Lack { cluster: "Prod".into(), exists, namespace: "shop".into(), entry: Some(entry) };
        entries.into_iter().map(|entry| Violation::new("spec", "lacks").lacking(lack(entry))).collect()
    }

    #[test]
    fn all_that_lacks_is_one_grant_with_each_entry_once_and_in_order() {
        let violations = lacking(
            true,
            vec![
                Entry::new(List::Secrets, "arn:aws:x").by_default("secretName", "x"),
                Entry::new(List::Volumes, "ebs").chosen("storageClass", "CLASS"),
                Entry::new(List::Permissions, "Privileged"),
                Entry::new(List::HostPaths, "/a b"),
                Entry::new(List::Secrets, "arn:aws:x").by_default("secretName", "x"),
                Entry::new(List::Permissions, "Devices"),
            ],
        );
        let told = "an administrator adds to Cluster \"Prod\" spec.kubernetes.grants: [{namespaces: [shop], permissions: \
                    [Devices, Privileged], hostPaths: [\"/a b\"], secrets: [{arn: \"arn:aws:x\"}], volumes: [{source: ebs, \
                    storageClass: CLASS}]}]";
        assert_eq!(remedy(&violations).unwrap(), told);
        assert_eq!(remedy(&[Violation::new("spec", "is wrong")]), None);
    }

    #[test]
    fn where_there_is_no_cluster_it_is_a_whole_one() {
        let told = remedy(&lacking(false, vec![Entry::new(List::Roles, "arn:r")])).unwrap();
        let cluster = told.strip_prefix("an administrator applies ").unwrap();
        let read: serde_json::Value = serde_saphyr::from_str(cluster).unwrap();
        assert_eq!(read["spec"]["clusterName"], "Prod");
        assert_eq!(read["spec"]["kubernetes"]["grants"][0]["roles"][0]["arn"], "arn:r");
    }
}
