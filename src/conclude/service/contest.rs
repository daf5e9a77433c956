//! Who writes `spec.desiredCount` → a remark if they are two.
//!
//! An autoscaler writes through the scale subresource; whoever applies a manifest that names the count as well
//! takes it back each time. Field managers tell of both, or the manifest that `kubectl apply` remembers does.

use crate::api;
use crate::api::{ConditionType, Reason};
use crate::conclude::Finding;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::ResourceExt;
use serde_json::Value;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The remark that two managers write the count, naming both and the line to remove.
pub fn contested(service: &api::Service) -> Option<Finding> {
    let entries = service.metadata.managed_fields.iter().flatten();
    let owners: Vec<&ManagedFieldsEntry> = entries.filter(|entry| owns_count(entry)).collect();
    let name = |entry: &&ManagedFieldsEntry| entry.manager.clone().unwrap_or_else(|| "unknown".to_owned());
    let scaler = name(owners.iter().find(|entry| entry.subresource.as_deref() == Some("scale"))?);
    let other = owners
        .iter()
        .find(|entry| entry.subresource.as_deref() != Some("scale"))
        .map(name)
        .or_else(|| remembered(service).then(|| "kubectl apply".to_owned()))?;
    let message = format!(
        "{scaler} scales this service, and {other} writes spec.desiredCount too, which resets it at each apply: remove \
         the line desiredCount from the manifest"
    );
    Some(Finding::new(ConditionType::DesiredCountContested, true, Reason::TwoManagers, message))
}

fn owns_count(entry: &ManagedFieldsEntry) -> bool {
    let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
    fields.is_some_and(|fields| fields.pointer("/f:spec/f:desiredCount").is_some())
}

fn remembered(service: &api::Service) -> bool {
    let applied = service.annotations().get(LAST_APPLIED);
    let manifest: Option<Value> = applied.and_then(|text| serde_json::from_str(text).ok());
    manifest.is_some_and(|manifest| manifest.pointer("/spec/desiredCount").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(entries: Value, annotations: Value) -> api::Service {
        let object = json!({
            "metadata": {"name": "web", "managedFields": entries, "annotations": annotations},
            "spec": {"desiredCount": 5}
        });
        serde_json::from_value(object).unwrap()
    }

    fn entry(manager: &str, subresource: Option<&str>) -> Value {
        json!({"manager": manager, "subresource": subresource, "fieldsV1": {"f:spec": {"f:desiredCount": {}}}})
    }

    #[test]
    fn an_autoscaler_beside_a_manifest_that_names_the_count_is_told_with_both_names() {
        let both = service(
            json!([entry("argocd", None), entry("kube-controller-manager", Some("scale"))]),
            json!({}),
        );
        let message = contested(&both).unwrap().message;
        assert!(message.contains("kube-controller-manager") && message.contains("argocd"), "{message}");
        let applied = json!({LAST_APPLIED: "{\"spec\":{\"desiredCount\":2}}"});
        let remembered = service(json!([entry("kube-controller-manager", Some("scale"))]), applied);
        assert!(contested(&remembered).unwrap().message.contains("kubectl apply"));
    }

    #[test]
    fn one_writer_contests_nothing() {
        assert_eq!(contested(&service(json!([entry("kubectl", None)]), json!({}))), None);
        let applied = json!({LAST_APPLIED: "{\"spec\":{}}"});
        assert_eq!(
            contested(&service(json!([entry("kube-controller-manager", Some("scale"))]), applied)),
            None
        );
    }
}
