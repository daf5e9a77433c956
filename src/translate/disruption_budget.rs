//! A service in, the budget for voluntary disruptions of its tasks out.

use super::meta::{labelled, meta};
use crate::model::{Service, label, name};
use crate::placement::strategy;
use k8s_openapi::api::policy::v1 as policyv1;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The budget of a service: as many tasks stay as ECS keeps healthy.
///
/// It may allow no eviction at all, as with one task and 100 percent: ECS starts the replacement first,
/// and a refused eviction is what makes Berth do so.
///
/// Where tasks serve on of which a container has ended, as `partly_ended` says, Kubernetes takes them for unhealthy:
/// then those that are not ready are protected like the others.
pub fn disruption_budget(service: &Service, partly_ended: bool) -> policyv1::PodDisruptionBudget {
    let name = name::dns_label(&service.identity.name, "", name::MAX);
    let lower = i32::try_from(service.lower()).unwrap_or(i32::MAX);
    let labels = [labelled(label::SERVICE, &service.name)];
    let policy = if partly_ended { "IfHealthyBudget" } else { "AlwaysAllow" };
    let spec = policyv1::PodDisruptionBudgetSpec {
        min_available: Some(IntOrString::Int(lower)),
        selector: Some(strategy::members(&service.group())),
        unhealthy_pod_eviction_policy: Some(policy.into()),
        ..Default::default()
    };
    policyv1::PodDisruptionBudget {
        metadata: meta(&service.identity.namespace, name, labels),
        spec: Some(spec),
        status: None,
    }
}
