//! Revisions, and who uses them → those that nobody needs any more.

use super::{Revision, reference_of};
use crate::api::Service;
use crate::model::{label, name};
use crate::resolve::arn::TaskDefinitionReference;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::sync::Arc;

/// How many revisions of a family are kept where its definition does not say.
pub const KEPT: usize = 100;

/// Who uses a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// Services that name it, run it or are still replacing it, by object name.
    pub services: Vec<String>,
    /// Live tasks of it.
    pub tasks: usize,
    /// Other objects that hold it, as `Kind/name`.
    pub others: Vec<String>,
}

impl Users {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.tasks == 0 && self.others.is_empty()
    }
}

/// Who uses `revision`, stored as `object`, among the `services` and `pods` of its namespace.
///
/// A Service's reference on the object is no proof of use: it stays when the service has moved on.
pub fn users(
    (object, revision): (&ControllerRevision, &Revision),
    services: &[Arc<Service>],
    pods: &[Arc<Pod>],
) -> Users {
    let reference = reference_of(&revision.family, revision.number);
    let family = name::label_value(&revision.family);
    let number = revision.number.to_string();
    let runs = |pod: &&Arc<Pod>| {
        let labels = pod.labels();
        labels.get(label::FAMILY) == Some(&family)
            && labels.get(label::REVISION) == Some(&number)
            && is_live(pod)
    };
    let others = object.owner_references().iter();
    let others = others.filter(|owner| !matches!(owner.kind.as_str(), "TaskDefinition" | "Service"));
    let mut services: Vec<String> = services
        .iter()
        .filter(|service| uses(service, &reference, revision))
        .map(|service| service.name_any())
        .collect();
    services.sort();
    Users {
        services,
        tasks: pods.iter().filter(runs).count(),
        others: others.map(|owner| format!("{}/{}", owner.kind, owner.name)).collect(),
    }
}

fn uses(service: &Service, reference: &str, revision: &Revision) -> bool {
    let pins = |text: &str| {
        TaskDefinitionReference::parse(text)
            .is_some_and(|named| named.family == revision.family && named.revision == Some(revision.number))
    };
    let status = service.status.as_ref();
    let runs =
        status.is_some_and(|status| status.deployments.iter().any(|one| one.task_definition == reference));
    let accepted = status.and_then(|status| status.accepted.as_ref()?.get("taskDefinition")?.as_str());
    runs || accepted.is_some_and(pins) || service.spec.task_definition.as_deref().is_some_and(pins)
}

/// Whether a task may still run: one that has ended uses no revision, however long it stays readable.
pub fn is_live(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

/// The revisions beyond the newest `kept`, the oldest first, but for those that are used. Neither the newest
/// goes nor the newest ACTIVE one: that is what the family's name means.
pub fn surplus<'a>(
    revisions: &'a [Revision],
    kept: usize,
    is_used: &dyn Fn(&Revision) -> bool,
) -> Vec<&'a Revision> {
    let mut ordered: Vec<&Revision> = revisions.iter().collect();
    ordered.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    let meant = ordered.iter().find(|revision| !revision.inactive).map(|revision| revision.number);
    let mut surplus: Vec<&Revision> = ordered
        .into_iter()
        .skip(kept.max(1))
        .filter(|revision| Some(revision.number) != meant && !is_used(revision))
        .collect();
    surplus.reverse();
    surplus
}

#[cfg(test)]
mod tests {
    use super::super::tests::revision;
    use super::*;
    use serde_json::{Value, json};

    fn service(name: &str, spec: Value, status: Value) -> Arc<Service> {
        let object = json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service",
            "metadata": {"name": name}, "spec": spec, "status": status});
        Arc::new(serde_json::from_value(object).unwrap())
    }

    fn deployment(reference: &str) -> Value {
        json!({"deployments": [{"id": "x", "status": "ACTIVE", "taskDefinition": reference,
            "rolloutState": "COMPLETED"}]})
    }

    fn pod(number: &str, phase: &str) -> Arc<Pod> {
        let labels = json!({label::FAMILY: "web", label::REVISION: number});
        let object = json!({"metadata": {"name": "p", "labels": labels}, "status": {"phase": phase}});
        Arc::new(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn a_revision_is_used_by_who_names_it_runs_it_or_still_replaces_it() {
        let services = [
            service(
                "pins",
                json!({"taskDefinition": "arn:aws:ecs:eu-west-1:1:task-definition/web:3"}),
                json!({}),
            ),
            service("runs", json!({"taskDefinition": "web"}), deployment("web:3")),
            service(
                "accepted",
                json!({"taskDefinition": "web:9"}),
                json!({"accepted": {"taskDefinition": "web:3"}}),
            ),
            service("follows", json!({"taskDefinition": "web"}), deployment("web:4")),
            service("other", json!({"taskDefinition": "webs:3"}), json!({})),
        ];
        let pods = [pod("3", "Running"), pod("3", "Pending"), pod("3", "Failed"), pod("4", "Running")];
        let object: ControllerRevision = serde_json::from_value(json!({"metadata": {"name": "web-3",
            "ownerReferences": [
                {"apiVersion": "a/v1", "kind": "TaskDefinition", "name": "web", "uid": "1"},
                {"apiVersion": "a/v1", "kind": "Service", "name": "gone", "uid": "2"},
                {"apiVersion": "a/v1", "kind": "Task", "name": "once", "uid": "3"}]}, "revision": 3}))
        .unwrap();
        let users = users((&object, &revision(3, false)), &services, &pods);
        assert_eq!(users.services, ["accepted", "pins", "runs"]);
        assert_eq!((users.tasks, users.others), (2, vec!["Task/once".to_owned()]));
    }

    #[test]
    fn the_oldest_go_first_and_neither_the_newest_nor_a_used_one_does() {
        let revisions: Vec<Revision> = (1..=6).map(|number| revision(number, number > 2)).collect();
        let numbers = |kept: usize, used: &[i64]| -> Vec<i64> {
            let is_used = |revision: &Revision| used.contains(&revision.number);
            surplus(&revisions, kept, &is_used).iter().map(|revision| revision.number).collect()
        };
        // 2 is the newest ACTIVE one.
        assert_eq!(numbers(1, &[]), [1, 3, 4, 5]);
        assert_eq!(numbers(0, &[]), [1, 3, 4, 5]);
        assert_eq!(numbers(3, &[1]), [3]);
        assert_eq!(numbers(6, &[]), Vec::<i64>::new());
    }
}
