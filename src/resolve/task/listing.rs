//! A live task → who shows it as an endpoint of its core Services.
//!
//! Kubernetes' endpoint controller goes by the pod's readiness, and calls no pod ready of which a container has
//! ended. On ECS a task of which only containers ended that are not essential serves on.

use super::view::View;
use crate::model::{Listing, label};
use jiff::Timestamp;

impl View<'_> {
    /// Once Berth shows it, it does so until the task stops: going back would cost two more writes, and moments
    /// in which nobody shows it.
    pub fn listing(&self, started_at: Option<Timestamp>, lost: bool) -> Listing {
        let ready = self.essential().all(|status| status.ready);
        let labels = self.pod.metadata.labels.iter().flatten();
        let mut registrations = labels.filter(|(key, _)| label::is_endpoint(key)).peekable();
        let is_registered = registrations.peek().is_some();
        if registrations.any(|(_, value)| value == label::LISTED) {
            return Listing::Own { ready: ready && !lost };
        }
        match is_registered && started_at.is_some() && ready && !lost && self.is_partly_ended() {
            true => Listing::Dropped,
            false => Listing::Selected,
        }
    }

    /// Whether a container that is not essential has ended, for good or for the time that its node waits before it
    /// restarts it. A restart that comes at once is over before anybody could be told.
    fn is_partly_ended(&self) -> bool {
        let mut others = self.containers().filter(|status| !self.is_essential(&status.name));
        others.any(|status| {
            let waits = status.state.as_ref().is_some_and(|state| state.waiting.is_some());
            let runs = status.state.as_ref().is_some_and(|state| state.running.is_some());
            !runs && (waits || self.ended(status).is_some())
        })
    }
}
