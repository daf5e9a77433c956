//! What a task has from outside its document, as an administrator granted it: values of secrets, rights, credentials.
//!
//! Names of Kubernetes objects only; no value of a secret is ever here.

use std::collections::BTreeMap;

/// What a task has from outside its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// What its role stands for, where a grant maps it.
    pub role: Option<TaskRole>,
    /// The role that the document names and no grant maps: the task runs without its rights.
    pub unmapped_role: Option<String>,
    /// Whether such a task must not ask its node for the node's own rights.
    pub blocks_node_role: bool,
    /// Secrets with credentials of registries, each once, in order.
    pub pull_secrets: Vec<String>,
    /// Secrets that External Secrets is to fetch, each once, in order.
    pub fetched: Vec<FetchedSecret>,
    /// `AWS_REGION` of its containers, where the Cluster says one.
    pub region: Option<String>,
    /// Images in private registries of ECR that no grant mentions.
    pub unmapped_images: Vec<String>,
    /// Members that change nothing here, with the reason of each.
    pub without_effect: Vec<super::Violation>,
}

/// What a task role stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskRole {
    /// A ServiceAccount that is there already.
    Given {
        /// Its name.
        name: String,
    },
    /// A ServiceAccount that Berth makes, one per role and namespace.
    Made {
        /// ARN of the role.
        arn: String,
        /// Annotations by which the cloud gives it the role's rights.
        annotations: BTreeMap<String, String>,
    },
}

/// A key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// Name of the Secret, in the task's namespace.
    pub secret: String,
    /// The key.
    pub key: String,
}

/// An object of the task's namespace with keys: each a variable, or one a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyedObject {
    /// A ConfigMap of this name.
    ConfigMap(String),
    /// A Secret of this name.
    Secret(String),
}

/// A Secret that External Secrets is to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedSecret {
    /// Name of the Secret, and of the ExternalSecret that asks for it.
    pub name: String,
    /// What the document names: ARN or name, and version.
    pub source: String,
    /// Which key in the store.
    pub remote_key: String,
    /// Which version of it, in the store's words; none is the newest.
    pub version: Option<String>,
    /// What becomes of its value.
    pub form: Form,
    /// The store.
    pub store: Store,
}

/// What becomes of a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The whole value under this key.
    Whole(String),
    /// Each member of a JSON object under its own name.
    Members,
}

/// A store of External Secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Its name.
    pub name: String,
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: String,
    /// Time between two fetches, as in `1h`.
    pub refresh_interval: String,
}
