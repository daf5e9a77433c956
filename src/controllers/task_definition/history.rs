//! Revisions beyond the limit that nobody uses → gone.

use super::super::error::Error;
use super::{NAME, SOON, Subject};
use crate::kubernetes::{Guard, Next, Removal};
use crate::resolve::revision::Revision;
use crate::resolve::revision::history::{KEPT, surplus, users};
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;
use std::sync::Arc;

/// Most revisions that one pass lets go.
const AT_ONCE: usize = 50;

/// Deletes what the family has too many of; says when to go on where that is more than one pass should do.
pub(super) async fn prune(subject: &Subject<'_>) -> Result<Next, Error> {
    let settings = subject.object.spec.kubernetes.as_ref();
    let limit = settings.and_then(|settings| settings.revision_history_limit);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(KEPT);
    let stored = subject.revisions();
    if stored.len() <= limit {
        return Ok(Next::Done);
    }
    let doomed = doomed(subject, &stored, limit);
    for object in doomed.iter().take(AT_ONCE) {
        // Whoever has begun to use it meanwhile has written its name on it.
        let removal = subject.context.writer.delete(&***object, None, Guard::Version).await?;
        if removal != Removal::Changed {
            subject.context.freshness.removed(&(NAME, subject.key.clone()), &***object);
        }
        tracing::debug!(object = object.name_any(), ?removal, "revision beyond the family's limit");
    }
    Ok(if doomed.len() > AT_ONCE { Next::After(SOON) } else { Next::Done })
}

fn doomed<'s>(
    subject: &Subject<'_>,
    stored: &[(&'s Arc<ControllerRevision>, Revision)],
    limit: usize,
) -> Vec<&'s Arc<ControllerRevision>> {
    let stores = &subject.context.stores;
    let namespace = Some(subject.key.namespace.as_str());
    let mut services = stores.services.state();
    services.retain(|service| service.metadata.namespace.as_deref() == namespace);
    let mut pods = stores.pods.state();
    pods.retain(|pod| pod.metadata.namespace.as_deref() == namespace);
    let find = |revision: &Revision| stored.iter().find(|(_, known)| known.number == revision.number);
    let is_used = |revision: &Revision| {
        find(revision).is_some_and(|(object, known)| !users((object, known), &services, &pods).is_empty())
    };
    let revisions: Vec<Revision> = stored.iter().map(|(_, revision)| revision.clone()).collect();
    let surplus = surplus(&revisions, limit, &is_used);
    surplus.into_iter().filter_map(|revision| Some(find(revision)?.0)).collect()
}
