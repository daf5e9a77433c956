//! A task role in, the ServiceAccount that stands for it out.

use super::meta::{entry, meta};
use crate::model::access::TaskRole;
use crate::model::{label, name};
use k8s_openapi::api::core::v1::ServiceAccount;
use serde_json::{Map, Value, json};
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
    let keys: Vec<&str> = annotations.keys().map(String::as_str).collect();
    let given = entry(label::ANNOTATED, keys.join(","));
    let own = BTreeMap::from([entry(label::ARN, arn), entry(label::CLUSTER, cluster), given]);
    metadata.annotations = Some(own.into_iter().chain(annotations.clone()).collect());
    Some(ServiceAccount { metadata, automount_service_account_token: Some(false), ..Default::default() })
}

/// The annotations of `live` that a grant once gave it and `desired` no longer has, as a merge patch that removes them:
/// rights that were taken back must not stay.
pub fn outdated(live: &ServiceAccount, desired: &ServiceAccount) -> Option<Value> {
    let all = |account: &ServiceAccount| account.metadata.annotations.clone().unwrap_or_default();
    let (before, after) = (all(live), all(desired));
    let given = before.get(label::ANNOTATED).cloned().unwrap_or_default();
    let stale = given.split(',').filter(|key| before.contains_key(*key) && !after.contains_key(*key));
    let nothing: Map<String, Value> = stale.map(|key| (key.to_owned(), Value::Null)).collect();
    (!nothing.is_empty()).then(|| json!({"metadata": {"annotations": nothing}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(annotations: &[(&str, &str)]) -> ServiceAccount {
        let annotations = annotations.iter().map(|(key, value)| entry(key, *value)).collect();
        let role = TaskRole::Made { arn: "arn:aws:iam::1:role/path/Web_Role".into(), annotations };
        service_account("shop", "prod", &role).unwrap()
    }

    #[test]
    fn a_role_has_one_name_everywhere() {
        let name = account(&[]).metadata.name.unwrap();
        assert!(
            name.starts_with("web-role-") && name.contains("-role-") && name.len() <= name::MAX,
            "{name}"
        );
        assert_eq!(account(&[("a", "b")]).metadata.name.unwrap(), name);
    }

    #[test]
    fn what_a_grant_no_longer_gives_is_taken_away_and_what_others_wrote_stays() {
        let mut live = account(&[("eks.amazonaws.com/role-arn", "arn"), ("kept", "1")]);
        live.metadata.annotations.get_or_insert_default().insert("theirs".into(), "x".into());
        let removed = outdated(&live, &account(&[("kept", "2")])).unwrap();
        assert_eq!(removed, json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": null}}}));
        assert_eq!(outdated(&live, &live), None);
    }
}
