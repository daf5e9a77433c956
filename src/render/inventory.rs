//! Files → nodes and the pods on them.

use super::documents;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is said of a file without a node.
pub const NO_NODE: &str = "there is no Node in it: write it with kubectl get nodes -o yaml";

/// The nodes and pods that files hold, each once.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    nodes: BTreeMap<String, Node>,
    pods: BTreeMap<(String, String), Pod>,
}

impl Inventory {
    /// Reads a file: documents in YAML or JSON, lists unpacked. What is neither Node nor Pod is passed over; of two of
    /// one name the later counts.
    ///
    /// # Errors
    /// Why it is no file of nodes.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let documents = documents(text).map_err(|error| format!("is neither YAML nor JSON: {error}"))?;
        documents.into_iter().try_for_each(|document| self.unpack(document, None))
    }

    /// What the files hold, by name.
    pub fn into_parts(self) -> (Vec<Node>, Vec<Pod>) {
        (self.nodes.into_values().collect(), self.pods.into_values().collect())
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The members of a NodeList do not say what they are.
    fn unpack(&mut self, mut document: Value, kind: Option<&str>) -> Result<(), String> {
        let own = document.get("kind").and_then(Value::as_str).map(str::to_owned);
        let kind = own.as_deref().or(kind).unwrap_or_default();
        if let Some(items) = document.get_mut("items").and_then(Value::as_array_mut) {
            let member = kind.strip_suffix("List").filter(|member| !member.is_empty());
            return items.drain(..).try_for_each(|item| self.unpack(item, member));
        }
        match kind {
            "Node" => {
                let node: Node = object(kind, document)?;
                self.nodes.insert(node.name_any(), node);
            }
            "Pod" => {
                let pod: Pod = object(kind, document)?;
                self.pods.insert((pod.namespace().unwrap_or_default(), pod.name_any()), pod);
            }
            _ => {}
        }
        Ok(())
    }
}

fn object<K: DeserializeOwned>(kind: &str, document: Value) -> Result<K, String> {
    let name = document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(format!("there is a {kind} without metadata.name"));
    }
    serde_json::from_value(document).map_err(|error| format!("{kind} {name} cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let mut inventory = Inventory::default();
        inventory.add(text)?;
        let (nodes, pods) = inventory.into_parts();
        let nodes = nodes.iter().map(ResourceExt::name_any);
        Ok(nodes.chain(pods.iter().map(ResourceExt::name_any)).collect())
    }

    #[test]
    fn nodes_are_found_alone_in_documents_and_in_every_sort_of_list() {
        let one = "{apiVersion: v1, kind: Node, metadata: {name: one}}";
        let two = "{metadata: {name: two}}";
        for text in [
            format!("{one}\n---\n{}", one.replace("one", "two")),
            format!("{{apiVersion: v1, kind: List, items: [{one}, {}]}}", one.replace("one", "two")),
            format!("{{apiVersion: v1, kind: NodeList, items: [{two}, {one}]}}"),
        ] {
            assert_eq!(names(&text).unwrap(), ["one", "two"], "{text}");
        }
        let pods = "{kind: PodList, items: [{metadata: {name: web}}]}";
        let other = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}";
        assert_eq!(names(&format!("{one}\n---\n{pods}\n---\n{other}")).unwrap(), ["one", "web"]);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told() {
        assert!(names("a: [").unwrap_err().starts_with("is neither YAML nor JSON: "));
        assert!(names("{kind: Node}").unwrap_err().contains("without metadata.name"));
        let odd = "{kind: Node, metadata: {name: one}, status: 3}";
        assert!(names(odd).unwrap_err().starts_with("Node one cannot be read: "));
    }
}
