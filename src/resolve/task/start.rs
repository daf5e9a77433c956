//! A pod whose containers wait for one another → whose turn has come, and whose never will.
//!
//! The conditions stand in an annotation of the pod. A container at a gate has a text for an image; once it has
//! its true one, its turn has come for good, whatever becomes of those that it waited for.

use super::view::{View, started};
use crate::model::{After, Condition, Release, Turn};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ContainerStatus;

impl<'a> View<'a> {
    /// The containers whose conditions all hold and that are still at their gates.
    pub fn releases(&self) -> Vec<Release> {
        let turns = self.order.0.iter().filter(|(name, turn)| self.is_closed(name, turn));
        let open = turns.filter(|(_, turn)| turn.after.iter().all(|after| self.holds(after)));
        open.filter_map(|(name, turn)| Some(Release { container: name.clone(), image: turn.image.clone()? }))
            .collect()
    }

    /// Why a container will never start, if there is one: what it waits for cannot come any more, or is late.
    pub fn hopeless(&self) -> Option<String> {
        self.awaited().find_map(|(name, after)| {
            let status = self.find(&after.container)?;
            let reason = match (self.ended(status), after.condition) {
                (Some(end), Condition::Success) if end.exit_code != 0 => {
                    format!("it ended with exit code {}", end.exit_code)
                }
                (Some(_), Condition::Healthy) => "it ended".to_owned(),
                _ if self.late_at(after).is_some_and(|at| at <= self.now) => {
                    format!("its startTimeout of {} seconds is over", after.timeout.unwrap_or_default())
                }
                _ => return None,
            };
            let (other, condition) = (&after.container, after.condition.as_str());
            Some(format!("TaskDependencyError: container {name} waits for container {other} to be {condition}: {reason}"))
        })
    }

    /// When the first start will be too late, if nothing happens before.
    pub fn late_next(&self) -> Option<Timestamp> {
        self.awaited().filter_map(|(_, after)| self.late_at(after)).min()
    }

    /// Whether `status` says that a container is at its gate, and not that its image is wrong. The node's word
    /// may be about the text that stood there before.
    pub fn is_at_gate(&self, status: &ContainerStatus) -> bool {
        let turn = self.order.0.get(&status.name);
        let Some(image) = turn.and_then(|turn| turn.image.as_deref()) else { return false };
        let waiting = status.state.as_ref().and_then(|state| state.waiting.as_ref());
        waiting.is_some_and(|waiting| {
            let is_about_image =
                waiting.message.as_deref().is_some_and(|text| text.contains(&format!("\"{image}\"")));
            waiting.reason.as_deref() == Some("InvalidImageName") && !is_about_image
        })
    }

    /// The conditions that a start still waits for.
    fn awaited(&self) -> impl Iterator<Item = (&str, &After)> {
        let turns = self.order.0.iter().filter(|(name, turn)| match turn.image {
            Some(_) => self.is_closed(name, turn),
            None => self.find(name).is_none_or(|status| started(status).is_none()),
        });
        turns.flat_map(|(name, turn)| turn.after.iter().map(move |after| (name.as_str(), after)))
    }

    /// Whether the pod still has the text of the gate where the image belongs.
    fn is_closed(&self, name: &str, turn: &Turn) -> bool {
        let named = self.spec(name).and_then(|container| container.image.as_ref());
        turn.image.is_some() && named != turn.image.as_ref()
    }

    fn holds(&self, after: &After) -> bool {
        let Some(status) = self.find(&after.container) else { return false };
        let end = self.ended(status);
        match after.condition {
            Condition::Create | Condition::Start => end.is_some() || self.first_start(status).is_some(),
            Condition::Complete => end.is_some(),
            Condition::Success => end.is_some_and(|end| end.exit_code == 0),
            Condition::Healthy => end.is_none() && status.ready,
        }
    }

    /// When what `after` asks for has taken too long since the other container's start.
    fn late_at(&self, after: &After) -> Option<Timestamp> {
        let status = self.find(&after.container).filter(|status| self.ended(status).is_none())?;
        let seconds = after.timeout.filter(|_| !after.condition.is_order() && !self.holds(after))?;
        started(status)?.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()
    }
}
