//! The CustomResourceDefinitions of every kind, as an administrator applies them.

use super::{Cluster, Service, ServiceDiscovery, TaskDefinition};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// One CustomResourceDefinition for each kind, in the order in which they are applied.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![Cluster::crd(), TaskDefinition::crd(), Service::crd(), ServiceDiscovery::crd()]
}

/// A CustomResourceDefinition as YAML, ending with a line break.
///
/// # Errors
///
/// When it cannot be written as YAML, which would be a defect of its types.
pub fn yaml(definition: &CustomResourceDefinition) -> Result<String, serde_saphyr::SerializeError> {
    serde_saphyr::to_string(definition)
}
