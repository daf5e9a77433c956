//! The CustomResourceDefinitions of every kind, as an administrator applies them.

use super::{Cluster, Service, ServiceDiscovery, TaskDefinition};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// One CustomResourceDefinition for each kind, in the order in which they are applied.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![Cluster::crd(), TaskDefinition::crd(), Service::crd(), ServiceDiscovery::crd()]
}
