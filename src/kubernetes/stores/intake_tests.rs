//! What stores show and tell for every order of events.

use std::sync::Mutex;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::*;

struct Bed {
    intake: Intake<Pod>,
    told: Arc<Mutex<Vec<String>>>,
    shared: Arc<Shared>,
    metrics: Metrics,
}

fn bed() -> Bed {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    let shared = Arc::new(Shared::new("Pod.".into()));
    let metrics = Metrics::new();
    let on_change = move |pod: &Pod, change| {
        let meta = &pod.metadata;
        assert_ne!(meta.name.as_deref(), Some("panics"));
        let (name, version) = (meta.name.clone().unwrap(), meta.resource_version.clone().unwrap());
        sink.lock().unwrap().push(format!("{change:?} {name}@{version}"));
    };
    let intake = Intake::new("Pod", ManagedFields::Ours, Arc::clone(&shared), metrics.clone(), on_change);
    Bed { intake, told, shared, metrics }
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn pod(name: &str, uid: &str, version: u32) -> Box<RawValue> {
    raw(&json!({"metadata": {
        "namespace": "shop", "name": name, "uid": uid, "resourceVersion": version.to_string(),
        "annotations": {LAST_APPLIED: "{}", "kept": "x"},
        "managedFields": [
            {"manager": "kubelet", "operation": "Update", "fieldsV1": {}},
            {"manager": "berth", "operation": "Apply", "fieldsV1": {}},
            {"manager": "berth", "operation": "Update", "fieldsV1": {}},
        ],
    }}))
}

fn bad(name: &str, uid: &str, version: u32) -> Box<RawValue> {
    raw(&json!({
        "metadata": {"namespace": "shop", "name": name, "uid": uid, "resourceVersion": version.to_string()},
        "spec": {"containers": "not a list"},
    }))
}

impl Bed {
    fn list(&mut self, pods: &[Box<RawValue>], version: u32) {
        self.intake.begin();
        pods.iter().for_each(|pod| self.intake.listed(pod));
        self.intake.complete(&version.to_string());
    }

    fn told(&self) -> Vec<String> {
        let mut told = std::mem::take(&mut *self.told.lock().unwrap());
        told.sort();
        told
    }

    fn version_of(&self, name: &str) -> Option<String> {
        self.intake.store.get(&ObjectRef::new(name).within("shop"))?.metadata.resource_version.clone()
    }

    fn seen(&self) -> String {
        self.shared.seen().to_string()
    }
}

#[test]
fn a_list_counts_only_once_it_is_complete() {
    let mut bed = bed();
    bed.intake.begin();
    bed.intake.listed(&pod("a", "u1", 5));
    assert_eq!((bed.version_of("a"), bed.seen()), (None, "0".into()));
    assert_eq!(bed.shared.waiting().as_deref(), Some("Pod.: not listed yet"));
    bed.intake.complete("9");
    assert_eq!((bed.version_of("a"), bed.seen()), (Some("5".into()), "9".into()));
    assert_eq!(bed.shared.waiting(), None);
    assert_eq!(bed.told(), ["Applied a@5"]);
}

#[test]
fn changes_deletions_and_bookmarks_move_on() {
    let mut bed = bed();
    bed.list(&[pod("a", "u1", 5)], 9);
    assert_eq!(bed.intake.changed(&pod("b", "u2", 10)).as_deref(), Some("10"));
    assert_eq!(bed.intake.deleted(&pod("a", "u1", 11)).as_deref(), Some("11"));
    bed.intake.bookmark("20");
    bed.intake.bookmark("15");
    assert_eq!(bed.seen(), "20");
    assert_eq!((bed.version_of("a"), bed.version_of("b")), (None, Some("10".into())));
    assert_eq!(bed.told(), ["Applied a@5", "Applied b@10", "Deleted a@11"]);
}

#[test]
fn a_second_list_tells_what_differs_and_nothing_else() {
    let mut bed = bed();
    bed.list(&[pod("same", "u1", 1), pod("new", "u2", 2), pod("gone", "u3", 3), pod("other", "u4", 4)], 9);
    bed.told();
    bed.list(&[pod("same", "u1", 1), pod("new", "u2", 12), pod("other", "u5", 13)], 20);
    assert_eq!(bed.told(), ["Applied new@12", "Applied other@13", "Deleted gone@3", "Deleted other@4"]);
    bed.list(&[], 7);
    assert_eq!(bed.seen(), "7", "a restored etcd starts earlier");
}

#[test]
fn an_unreadable_object_keeps_its_last_good_form_and_is_named() {
    let mut bed = bed();
    bed.list(&[pod("a", "u1", 5), bad("b", "u2", 6)], 9);
    assert_eq!(bed.version_of("b"), None);
    assert_eq!(bed.metrics.unparsables("Pod"), 1);
    assert_eq!(bed.intake.changed(&bad("a", "u1", 10)).as_deref(), Some("10"));
    assert_eq!((bed.version_of("a"), bed.seen()), (Some("5".into()), "10".into()));
    assert_eq!(bed.metrics.unparsables("Pod"), 2);
    let named: Vec<_> = bed.shared.lock_unparsable().values().cloned().collect();
    assert_eq!((named[0].name.as_str(), named[0].resource_version.as_str()), ("a", "10"));
    assert!(named[0].error.contains("not a list"), "{}", named[0].error);
    bed.list(&[bad("a", "u1", 10)], 15);
    assert_eq!(bed.version_of("a"), Some("5".into()), "a new list changes nothing about it");
    assert_eq!(bed.metrics.unparsables("Pod"), 1);
    bed.told();
    bed.intake.changed(&pod("a", "u1", 16));
    assert_eq!((bed.version_of("a"), bed.metrics.unparsables("Pod")), (Some("16".into()), 0));
    assert_eq!(bed.told(), ["Applied a@16"]);
}

#[test]
fn an_unreadable_object_that_goes_or_is_another_one_takes_its_form_with_it() {
    let mut bed = bed();
    bed.list(&[pod("a", "u1", 5), pod("b", "u2", 6)], 9);
    bed.told();
    bed.intake.changed(&bad("a", "u9", 10));
    assert_eq!(bed.version_of("a"), None);
    bed.intake.changed(&bad("b", "u2", 11));
    bed.intake.deleted(&bad("b", "u2", 12));
    assert_eq!((bed.version_of("b"), bed.seen()), (None, "12".into()));
    assert_eq!(bed.told(), ["Deleted a@5", "Deleted b@6"]);
    assert_eq!(bed.metrics.unparsables("Pod"), 1);
    bed.list(&[bad("a", "u9", 10)], 15);
    assert_eq!(bed.version_of("a"), None);
}

#[test]
fn junk_without_metadata_stalls_nothing() {
    let mut bed = bed();
    bed.list(&[raw(&json!(5)), pod("a", "u1", 5)], 9);
    assert_eq!(bed.intake.changed(&raw(&json!({"metadata": []}))), None);
    assert_eq!(bed.version_of("a"), Some("5".into()));
}

#[test]
fn a_panic_in_the_change_handler_ends_nothing() {
    let mut bed = bed();
    bed.list(&[pod("panics", "u1", 5)], 9);
    bed.intake.changed(&pod("a", "u2", 10));
    assert_eq!(bed.told(), ["Applied a@10"]);
}

#[test]
fn stores_hold_no_field_ownership_but_ours_and_no_second_copy_of_objects() {
    let mut bed = bed();
    bed.list(&[pod("a", "u1", 5)], 9);
    let kept = bed.intake.store.get(&ObjectRef::new("a").within("shop")).unwrap();
    let managers: Vec<_> =
        kept.metadata.managed_fields.iter().flatten().map(|entry| &entry.operation).collect();
    assert_eq!(managers, [&Some("Apply".to_owned())]);
    assert_eq!(kept.metadata.annotations.as_ref().unwrap().keys().collect::<Vec<_>>(), ["kept"]);
}
