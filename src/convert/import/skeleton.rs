//! A Cluster with all that is left to map, as comments: an administrator uncomments what a namespace may use.
//!
//! Must not grant anything: what comes out of here applies as it is and permits nothing.

use super::need::{Needs, Sort};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Begins each line of the grant that waits to be uncommented.
const WAITS: &str = "    # ";

/// Entries of one kind in a grant.
const ENTRIES: usize = 100;

/// The namespace of a place and its Cluster, as a stream of YAML documents.
///
/// # Errors
/// When the Cluster cannot be written as YAML, which would be a defect of its types.
pub fn skeleton(
    cluster: &Value,
    namespace: &str,
    needs: &Needs,
) -> Result<String, serde_saphyr::SerializeError> {
    let mut stream = String::new();
    if namespace != "default" {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        stream.push_str(&serde_saphyr::to_string(&object)?);
        stream.push_str("---\n");
    }
    let region = cluster.pointer("/spec/kubernetes/region").and_then(Value::as_str).map(str::to_owned);
    let mut cluster = cluster.clone();
    if let Some(spec) = cluster.get_mut("spec").and_then(Value::as_object_mut) {
        // It goes to the end, where comments can follow it.
        spec.remove("kubernetes");
    }
    stream.push_str(&serde_saphyr::to_string(&ordered(cluster))?);
    let _ = write!(stream, "  kubernetes:\n    namespaces:\n    - {}\n", quoted(namespace));
    if let Some(region) = region {
        let _ = writeln!(stream, "    region: {}", quoted(&region));
    }
    stream.push_str(&grant(namespace, needs));
    stream.push_str(&others(needs));
    Ok(stream)
}

/// The same with its grant given.
pub fn granted(skeleton: &str) -> String {
    let lines = skeleton.lines().map(|line| match line.strip_prefix(WAITS) {
        Some(rest) => format!("    {rest}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// `spec` at the end, whatever the order of members is.
fn ordered(cluster: Value) -> Value {
    match cluster {
        Value::Object(mut members) => {
            let spec = members.remove("spec").unwrap_or_else(|| Value::Object(Map::new()));
            members.insert("spec".into(), spec);
            Value::Object(members)
        }
        other => other,
    }
}

fn grant(namespace: &str, needs: &Needs) -> String {
    const MEMBERS: [(Sort, &str, &str); 8] = [
        (Sort::Permission, "permissions", ""),
        (Sort::HostPath, "hostPaths", ""),
        (Sort::Role, "roles", "arn: "),
        (Sort::Secret, "secrets", "arn: "),
        (Sort::EnvironmentFile, "environmentFiles", "arn: "),
        (Sort::ConfigFile, "configFiles", "arn: "),
        (Sort::Volume, "volumes", "source: "),
        (Sort::Registry, "registries", "host: "),
    ];
    let most = MEMBERS.iter().map(|(sort, _, _)| of(needs, *sort).count()).max().unwrap_or_default();
    let mut text = String::new();
    // A grant has room for so many of each; more go into another one.
    for round in 0..most.div_ceil(ENTRIES) {
        let _ = writeln!(text, "{WAITS}- namespaces: [{}]", quoted(namespace));
        for (sort, member, key) in MEMBERS {
            let mut entries = of(needs, sort).skip(round * ENTRIES).take(ENTRIES).peekable();
            if entries.peek().is_some() {
                let _ = writeln!(text, "{WAITS}  {member}:");
            }
            for (name, users) in entries {
                let _ = writeln!(text, "{WAITS}  - {key}{}  # {}", quoted(name), listed(users));
            }
        }
    }
    if text.is_empty() {
        return text;
    }
    let told = "    ## What documents of the namespace ask for. Uncomment what it may use; docs/mapping.md says what each\n    \
                ## entry stands for by default.\n";
    format!("{told}{WAITS}grants:\n{text}")
}

/// What documents name and no grant has a word for.
fn others(needs: &Needs) -> String {
    const OTHERS: [(Sort, &str); 5] = [
        (
            Sort::SecurityGroup,
            "Security groups; nothing restricts the network of their tasks until a NetworkPolicy does",
        ),
        (Sort::Subnet, "Subnets; tasks run in every zone"),
        (Sort::CapacityProvider, "Capacity providers; tasks run on all nodes of the cluster"),
        (Sort::LogGroup, "Log groups; whoever collects the nodes' logs decides where they go"),
        (Sort::ExecutionRole, "Execution roles; what they allow, nodes do with rights of their own"),
    ];
    let mut text = String::new();
    for (sort, title) in OTHERS {
        let mut entries = of(needs, sort).peekable();
        if entries.peek().is_some() {
            let _ = writeln!(text, "    ## {title}:");
        }
        for (name, users) in entries {
            let _ = writeln!(text, "    ##   {}  ({})", plain(name), listed(users));
        }
    }
    text
}

pub(super) fn of(needs: &Needs, sort: Sort) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
    needs.iter().filter(move |((one, _), _)| *one == sort).map(|((_, name), users)| (name.as_str(), users))
}

fn listed(users: &BTreeSet<String>) -> String {
    users.iter().map(|user| plain(user)).collect::<Vec<_>>().join(", ")
}

/// Text that cannot end a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A text in quotes: what is a string in JSON is one in YAML.
fn quoted(text: &str) -> String {
    Value::String(plain(text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> Value {
        json!({
            "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "shop"},
            "spec": {"clusterName": "shop", "kubernetes": {"namespaces": ["shop"], "region": "eu-west-1"}, "tags": [{"key": "a", "value": "b"}]}
        })
    }

    fn read(text: &str) -> Value {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
        documents[1].clone()
    }

    fn needs() -> Needs {
        let users = BTreeSet::from(["Service/web".to_owned()]);
        let of = |sort, name: &str| ((sort, name.to_owned()), users.clone());
        Needs::from([
            of(Sort::Permission, "HostNetwork"),
            of(Sort::Role, "arn:aws:iam::1:role/a\n# b: \"c\""),
            of(Sort::Volume, "fs-1"),
            of(Sort::Subnet, "subnet-1\nspec: {}"),
        ])
    }

    #[test]
    fn it_grants_nothing_until_somebody_uncomments_it() {
        let text = skeleton(&cluster(), "shop", &needs()).unwrap();
        assert_eq!(read(&text), cluster());
        let given = read(&granted(&text));
        let grant = &given["spec"]["kubernetes"]["grants"][0];
        assert_eq!(grant["namespaces"], json!(["shop"]));
        assert_eq!(grant["permissions"], json!(["HostNetwork"]));
        assert_eq!(grant["volumes"], json!([{"source": "fs-1"}]));
        assert_eq!(grant["roles"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn what_is_more_than_a_grant_has_room_for_goes_into_another() {
        let users = BTreeSet::from(["Service/web".to_owned()]);
        let needs: Needs =
            (0..101).map(|one| ((Sort::Secret, format!("/key/{one:03}")), users.clone())).collect();
        let given = read(&granted(&skeleton(&cluster(), "shop", &needs).unwrap()));
        let grants = given["spec"]["kubernetes"]["grants"].as_array().unwrap();
        let counts: Vec<usize> = grants.iter().map(|one| one["secrets"].as_array().unwrap().len()).collect();
        assert_eq!(counts, [100, 1]);
    }

    #[test]
    fn a_cluster_that_asks_for_nothing_has_no_comments() {
        let text = skeleton(&cluster(), "shop", &Needs::new()).unwrap();
        assert!(!text.contains('#'), "{text}");
        assert_eq!(granted(&text), text);
    }
}
