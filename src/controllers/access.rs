//! What tasks of several services share in their namespace: ServiceAccounts for roles, ExternalSecrets for secrets.

use super::context::Context;
use super::error::Error;
use super::launch;
use crate::api::{ConditionType, Reason};
use crate::conclude::Finding;
use crate::conclude::service::Problem;
use crate::kubernetes::{Guard, Key, Outcome, Owner, Seen};
use crate::model::access::{FetchedSecret, TaskRole};
use crate::model::{Service, TaskDefinition, label, name};
use crate::translate;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Resource, ResourceExt};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long an ExternalSecret that was in order is taken to be so: nothing watches them.
const TRUSTED: Duration = Duration::from_secs(600);

/// How long a cluster without External Secrets is taken to be one.
const MISSING: Duration = Duration::from_secs(10);

/// Which ExternalSecrets were found in order, and when.
#[derive(Default)]
pub struct Fetched {
    known: Mutex<HashMap<(Key, String), (String, Instant)>>,
    missing: Mutex<Option<Instant>>,
}

impl Fetched {
    fn is_known(&self, place: &(Key, String), content: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(place).is_some_and(|(found, at)| found == content && at.elapsed() < TRUSTED)
    }

    fn keep(&self, place: (Key, String), content: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // What has not been asked for in a while belongs to services that are gone.
        known.retain(|_, (_, at)| at.elapsed() < TRUSTED * 2);
        known.insert(place, (content, Instant::now()));
    }

    fn is_missing(&self) -> bool {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing.is_some_and(|at| at.elapsed() < MISSING)
    }

    fn set_missing(&self) {
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// What came of it.
#[derive(Default)]
pub(super) struct Prepared {
    /// Why no task may start.
    pub blocked: Option<Problem>,
    /// What there is to remark.
    pub remarks: Vec<Finding>,
}

/// Makes what new tasks of `service` need to have their rights and secrets.
pub(super) async fn prepare(context: &Context, owner: &Owner, service: &Service) -> Result<Prepared, Error> {
    let access = &service.task_definition.access;
    let mut prepared = Prepared::default();
    if let Some(role) = &access.role {
        prepared.blocked = account(context, owner, service, role).await?;
    }
    if access.fetched.is_empty() {
        return Ok(prepared);
    }
    if context.fetched.is_missing() {
        prepared.remarks.push(no_external_secrets());
        return Ok(prepared);
    }
    for wanted in &access.fetched {
        if let Some(finding) = external_secret(context, owner, service, wanted).await? {
            prepared.remarks.push(finding);
            // One condition tells it; the rest is told when this is mended.
            break;
        }
    }
    Ok(prepared)
}

/// The ServiceAccount of `role`; or why tasks cannot run with it.
async fn account(
    context: &Context,
    owner: &Owner,
    service: &Service,
    role: &TaskRole,
) -> Result<Option<Problem>, Error> {
    let namespace = &service.identity.namespace;
    let name = translate::service_account_name(role);
    let live = context.stores.service_accounts.get(namespace, &name);
    let Some(desired) = translate::service_account(namespace, &service.cluster, role) else {
        let allowed =
            live.is_some_and(|live| live.labels().get(label::TASK_ROLE).is_some_and(|text| text == "true"));
        let message = format!(
            "the Cluster gives tasks of this role ServiceAccount {name}, which is not there or does not allow it: \
             kubectl label serviceaccount {name} {}=true",
            label::TASK_ROLE
        );
        return Ok((!allowed).then_some(Problem { reason: Reason::NotPermitted, message }));
    };
    let mut live = live.map(|live| (*live).clone());
    let is_ours = |live: &ServiceAccount| {
        live.labels().get(label::STANDS_FOR) == desired.labels().get(label::STANDS_FOR)
            && live.annotations().get(label::CLUSTER) == desired.annotations().get(label::CLUSTER)
    };
    if let Some(found) = live.clone().filter(is_ours)
        && let Some(patch) = translate::outdated(&found, &desired)
    {
        live = context.sharer.patch(&found, &patch, Guard::Uid).await?;
    }
    match context.sharer.share_current(owner, &desired, (live.as_ref(), label::CLUSTER)).await? {
        Outcome::Written(object) => {
            context.wrote(super::service::NAME, &key(owner), &object);
            Ok(None)
        }
        Outcome::Unchanged(_) => Ok(None),
        Outcome::Conflict(conflict) => Ok(Some(launch::taken(&conflict))),
    }
}

/// Asks External Secrets for `wanted`; or says why that cannot be done. Tasks start all the same: the Secret may be
/// there already, and one whose Secret is not fails with its name.
async fn external_secret(
    context: &Context,
    owner: &Owner,
    service: &Service,
    wanted: &FetchedSecret,
) -> Result<Option<Finding>, Error> {
    let desired = translate::external_secret(&service.identity.namespace, &service.cluster, wanted);
    let content = serde_json::to_string(&desired).map(|text| name::hash(&[&text], 16)).unwrap_or_default();
    let place = (Key { namespace: owner.namespace.clone(), name: wanted.name.clone() }, owner.uid.clone());
    if context.fetched.is_known(&place, &content) {
        return Ok(None);
    }
    let seen = match context.sharer.look(&desired).await {
        Ok(seen) => seen,
        Err(error) => match error.refusal() {
            Some(refusal) => return Ok(Some(unavailable(refusal))),
            None => return Err(error.into()),
        },
    };
    let live = match seen {
        Seen::NoSuchKind => {
            context.fetched.set_missing();
            return Ok(Some(no_external_secrets()));
        }
        Seen::Nothing => None,
        Seen::Object(live) => Some(live),
    };
    match context.sharer.share_current(owner, &desired, (live.as_deref(), label::CLUSTER)).await {
        Ok(Outcome::Conflict(conflict)) => Ok(Some(unavailable(&launch::taken(&conflict).message))),
        Ok(_) => {
            context.fetched.keep(place, content);
            Ok(None)
        }
        Err(error) => match error.refusal() {
            Some(refusal) => Ok(Some(unavailable(refusal))),
            None => Err(error.into()),
        },
    }
}

fn no_external_secrets() -> Finding {
    unavailable(
        "External Secrets is not installed (there is no kind ExternalSecret of external-secrets.io/v1), so nobody \
         fetches what the Cluster maps to a store",
    )
}

fn unavailable(message: &str) -> Finding {
    Finding::new(ConditionType::SecretsAvailable, false, Reason::ReferenceNotFound, message)
}

/// Lets go of ServiceAccounts that no deployment of the service runs with any more.
pub(super) async fn release<'a>(
    context: &Context,
    owner: &Owner,
    definitions: impl Iterator<Item = &'a TaskDefinition>,
) -> Result<(), Error> {
    let roles = definitions.filter_map(|definition| definition.access.role.as_ref());
    let kept: Vec<String> = roles.map(translate::service_account_name).collect();
    for account in context.stores.service_accounts.state() {
        let is_ours = account.labels().get(label::TASK_ROLE).is_some_and(|by| by == label::BERTH);
        if !is_ours || !owner.uses(account.meta()) || kept.contains(&account.name_any()) {
            continue;
        }
        if account.owner_references().len() == 1 {
            let removal = context.sharer.delete(&*account, None, Guard::Version).await?;
            tracing::debug!(
                account = account.name_any(),
                ?removal,
                "ServiceAccount of a role no longer used"
            );
        } else if let Some(account) = context.sharer.remove_user(&owner.uid, &*account).await? {
            context.wrote(super::service::NAME, &key(owner), &account);
        }
    }
    Ok(())
}

fn key(owner: &Owner) -> Key {
    Key { namespace: owner.namespace.clone(), name: owner.name.clone() }
}
