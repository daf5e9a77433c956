//! How evenly a service's tasks lie over the zones, in ECS's words.

use super::ServiceStatus;
use crate::conclude::Notice;
use crate::model::Service;
use crate::rollout::Balance;
use std::collections::BTreeMap;

/// Reason of the event that zones are even.
pub(super) const BALANCED: &str = "ServiceRebalancingCompleted";
/// Reason of the event that they cannot be made even.
pub(super) const HINDERED: &str = "ServiceRebalancingFailed";

/// What there is to tell about the balance of the zones.
pub(super) fn rebalanced(service: &Service, balance: Option<&Balance>) -> Option<Notice> {
    let name = &service.name;
    Some(match balance? {
        Balance::Begun(counts) => {
            let counts = listed(counts);
            let message =
                format!("(service {name}) is not AZ balanced with {counts}. AZ Rebalancing in progress.");
            Notice::normal("ServiceRebalancingStarted", message)
        }
        Balance::Even(counts) => {
            let message = format!("(service {name}) is AZ balanced with {}.", listed(counts));
            Notice::normal(BALANCED, message)
        }
        Balance::Unplaced(zone) => {
            let message = format!(
                "(service {name}) is unable to place a task in {zone} because no container instance met all of its \
                 requirements."
            );
            Notice::warning(HINDERED, message)
        }
        Balance::Protected => {
            let message = format!(
                "(service {name}) was unable to AZ Rebalance because it was unable to scale in due to task protection."
            );
            Notice::warning(HINDERED, message)
        }
        Balance::Stopped => {
            Notice::normal("ServiceRebalancingStopped", format!("(service {name}) stopped AZ Rebalancing."))
        }
    })
}

/// Whether it is news that zones are even: only if the last that was told about them is something else.
pub(super) fn is_news(status: &ServiceStatus) -> bool {
    let is_about = |message: &str| message.contains("AZ Rebalanc") || message.contains("AZ balanced with");
    let last = status.events.iter().find(|event| is_about(&event.message));
    last.is_some_and(|last| !last.message.contains(") is AZ balanced with"))
}

fn listed(counts: &BTreeMap<String, u32>) -> String {
    let texts: Vec<String> = counts.iter().map(|(zone, count)| format!("{count} tasks in {zone}")).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::service::status::ServiceEvent;

    fn after(messages: &[&str]) -> bool {
        let event = |text: &&str| ServiceEvent { message: (*text).to_owned(), ..ServiceEvent::default() };
        is_news(&ServiceStatus { events: messages.iter().map(event).collect(), ..ServiceStatus::default() })
    }

    #[test]
    fn that_zones_are_even_is_told_once_and_only_after_they_were_not() {
        let service = Service { name: "web".into(), ..Service::default() };
        let counts = || [("a", 2), ("b", 0)].map(|(zone, count)| (zone.to_owned(), count)).into();
        let told = |balance: &Balance| rebalanced(&service, Some(balance)).unwrap().message;
        let begun = told(&Balance::Begun(counts()));
        assert_eq!(
            begun,
            "(service web) is not AZ balanced with 2 tasks in a, 0 tasks in b. AZ Rebalancing in progress."
        );
        let even = told(&Balance::Even(counts()));
        assert_eq!(even, "(service web) is AZ balanced with 2 tasks in a, 0 tasks in b.");
        let steady = "(service web) has reached a steady state.";
        assert!(!after(&[]) && !after(&[steady]));
        assert!(after(&[steady, &begun]) && after(&["(service web) stopped AZ Rebalancing.", &even]));
        assert!(!after(&[steady, &even, &begun]));
    }
}
