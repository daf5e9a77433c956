//! What every pass works with.

use super::access::Fetched;
use super::hold::{Hold, Passes, Starts};
use super::stores::Stores;
use crate::api::{ServiceStatus, TaskDefinitionStatus};
use crate::kubernetes::{Freshness, Key, Notifier, Writer};
use crate::translate::Capabilities;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What every pass works with. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// What is known, in memory.
    pub stores: Arc<Stores>,
    /// Writes tasks and what belongs to one service.
    pub writer: Writer,
    /// Writes revisions, which several objects share.
    pub registrar: Writer,
    /// Writes what services share: ServiceAccounts, ExternalSecrets.
    pub sharer: Writer,
    /// Which ExternalSecrets were found in order, and when.
    pub fetched: Arc<Fetched>,
    /// Tells events.
    pub notifier: Notifier,
    /// Which of our own writes the stores do not show yet.
    pub freshness: Arc<Freshness<(&'static str, Key)>>,
    /// Which statuses of services are held back.
    pub hold: Arc<Hold<ServiceStatus>>,
    /// Which statuses of task definitions are held back.
    pub hold_definitions: Arc<Hold<TaskDefinitionStatus>>,
    /// When services were last passed over.
    pub passes: Arc<Passes>,
    /// Which services start tasks just now.
    pub starts: Arc<Starts>,
    /// Cancelled when this replica is to hand over: long work ends after its next step, as whoever follows
    /// goes on from any.
    pub leaving: CancellationToken,
    /// Whether it sees one namespace only, so that what it counts is not all there is.
    pub partial: bool,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
    /// What the cluster can do.
    pub capabilities: Capabilities,
}

impl Context {
    /// Whether the stores show everything that earlier passes over `key` wrote. A pass that acted on less
    /// would do it twice.
    pub fn is_fresh(&self, controller: &'static str, key: &Key) -> bool {
        self.freshness.caught_up(&(controller, key.clone()), |pending| self.stores.reflects(pending))
    }

    /// Remembers that `object` was written in a pass over `key`.
    pub fn wrote<K: kube::Resource<DynamicType = ()>>(
        &self,
        controller: &'static str,
        key: &Key,
        object: &K,
    ) {
        self.freshness.wrote(&(controller, key.clone()), object);
    }
}
