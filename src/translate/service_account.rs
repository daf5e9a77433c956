//! A task role in, the ServiceAccount that stands for it out.

use super::meta::{entry, meta};
use crate::model::access::TaskRole;
use crate::model::{label, name};
use k8s_openapi::api::core::v1::ServiceAccount;
use std::collections::BTreeMap;

/// The name of the ServiceAccount that stands for `role`: one per role in a namespace, the same for all its users.
pub fn service_account_name(role: &TaskRole) -> String {
    match role {
        TaskRole::Given { name } => name.clone(),
        TaskRole::Made { arn, .. } => {
            let own = arn.rsplit('/').next().unwrap_or(arn);
            let hash = name::hash(&[arn], 6);
            name::dns_label(&own.to_ascii_lowercase(), &format!("-role-{hash}"), name::MAX)
        }
    }
}

/// The ServiceAccount that Berth makes for `role`; none for one that is there already. It has no owner: its users
/// are named on it when it is written.
pub fn service_account(namespace: &str, cluster: &str, role: &TaskRole) -> Option<ServiceAccount> {
    let TaskRole::Made { arn, annotations } = role else { return None };
    let labels =
        [entry(label::TASK_ROLE, label::BERTH), entry(label::STANDS_FOR, name::hash(&["role", arn], 16))];
    let mut metadata = meta(namespace, service_account_name(role), labels);
    let own = BTreeMap::from([entry(label::ARN, arn), entry(label::CLUSTER, cluster)]);
    metadata.annotations = Some(own.into_iter().chain(annotations.clone()).collect());
    Some(ServiceAccount { metadata, automount_service_account_token: Some(false), ..Default::default() })
}
