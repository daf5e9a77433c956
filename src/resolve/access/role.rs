//! `taskRoleArn` → the ServiceAccount that stands for the role.

use super::Found;
use crate::api::TaskDefinitionSpec;
use crate::api::cluster::grant::RoleMapping;
use crate::model::access::{Access, TaskRole};
use crate::model::lack::{Entry, List};
use crate::resolve::grants::Permission;
use std::collections::BTreeMap;

/// What EKS reads on a ServiceAccount.
const IRSA: &str = "eks.amazonaws.com/role-arn";

/// Says what the role of `spec` is. Where no Cluster exists, an unmapped one is without effect; where one does, it
/// is refused unless the namespace has permission to run without, since a task without rights of its own may get
/// its node's.
pub(super) fn role(spec: &TaskDefinitionSpec, found: &mut Found<'_>, access: &mut Access) {
    let Some(arn) = spec.task_role_arn.as_deref().filter(|arn| !arn.is_empty()) else { return };
    let grants = found.grants;
    match grants.role(arn) {
        Some(mapping) => access.role = Some(stands_for(arn, mapping)),
        None if grants.is_open() => {}
        None if !grants.is_governed() || grants.permits(Permission::UnmappedRoles) => {
            access.unmapped_role = Some(arn.to_owned());
            access.blocks_node_role = grants.is_governed();
        }
        None => {
            let message = format!(
                "no grant says what {arn} is (with permission UnmappedRoles the tasks run without its rights)"
            );
            found.lacks("spec.taskRoleArn", message, Entry::new(List::Roles, arn));
        }
    }
}

fn stands_for(arn: &str, mapping: &RoleMapping) -> TaskRole {
    if let Some(name) = mapping.service_account.clone().filter(|name| !name.is_empty()) {
        return TaskRole::Given { name };
    }
    let annotations = match &mapping.annotations {
        Some(written) => {
            written.iter().map(|(key, value)| (key.clone(), value.replace("$(ROLE_ARN)", arn))).collect()
        }
        None => BTreeMap::from([(IRSA.to_owned(), arn.to_owned())]),
    };
    TaskRole::Made { arn: arn.to_owned(), annotations }
}
