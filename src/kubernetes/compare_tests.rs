//! Every way in which an apply can be superfluous or needed.

use super::*;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::FieldsV1;
use proptest::prelude::*;
use serde_json::json;

fn owned_by(manager: &str, fields: Value) -> ObjectMeta {
    ObjectMeta {
        managed_fields: Some(vec![ManagedFieldsEntry {
            manager: Some(manager.into()),
            operation: Some("Apply".into()),
            fields_v1: Some(FieldsV1(fields)),
            ..ManagedFieldsEntry::default()
        }]),
        ..ObjectMeta::default()
    }
}

/// What the API server records and stores for `service(…)`.
fn live() -> (Value, ObjectMeta) {
    let live = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"a": "1", "theirs": "x"}},
        "spec": {
            "selector": {"owner": "u1"},
            "clusterIP": "10.0.0.7",
            "type": "ClusterIP",
            "ports": [
                {"name": "http", "port": 80, "targetPort": 80, "protocol": "TCP"},
                {"name": "theirs", "port": 81, "protocol": "TCP"},
            ],
        },
        "status": {"loadBalancer": {}},
    });
    let meta = owned_by(
        "berth",
        json!({
            "f:metadata": {"f:labels": {"f:a": {}}},
            "f:spec": {
                "f:selector": {},
                "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}}},
            },
        }),
    );
    (live, meta)
}

fn desired() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "1"}, "annotations": {}},
        "spec": {"selector": {"owner": "u1"}, "ports": [{"name": "http", "port": 80}], "externalIPs": []},
        "status": {},
    })
}

fn applied(change: impl FnOnce(&mut Value)) -> bool {
    let (live, meta) = live();
    let mut desired = desired();
    change(&mut desired);
    is_applied(&desired, &live, &meta)
}

#[test]
fn defaults_and_fields_of_others_need_no_write() {
    assert!(applied(|_| ()));
}

#[test]
fn a_changed_value_needs_a_write() {
    assert!(!applied(|d| d["metadata"]["labels"]["a"] = json!("2")));
    assert!(!applied(|d| d["spec"]["ports"][0]["name"] = json!("web")));
    assert!(!applied(|d| d["spec"]["ports"][0]["port"] = json!(8080)));
    assert!(!applied(|d| d["spec"]["selector"] = json!({"owner": "u2"})));
}

#[test]
fn an_added_field_needs_a_write_even_if_somebody_else_has_set_it_to_the_same() {
    assert!(!applied(|d| d["spec"]["publishNotReadyAddresses"] = json!(true)));
    assert!(!applied(|d| d["metadata"]["labels"]["theirs"] = json!("x")));
    assert!(!applied(|d| d["spec"]["type"] = json!("ClusterIP")));
}

#[test]
fn a_field_that_is_no_longer_wanted_needs_a_write() {
    assert!(!applied(|d| {
        d["metadata"].as_object_mut().unwrap().remove("labels");
    }));
    assert!(!applied(|d| d["spec"]["ports"] = json!([])));
    assert!(!applied(|d| {
        d["spec"]["ports"][0].as_object_mut().unwrap().remove("name");
    }));
}

#[test]
fn an_object_on_which_we_own_nothing_needs_a_write() {
    let (live, _) = live();
    assert!(!is_applied(&desired(), &live, &ObjectMeta::default()));
    let (_, meta) = self::live();
    let fields = meta.managed_fields.unwrap()[0].fields_v1.clone().unwrap().0;
    assert!(!is_applied(&desired(), &live, &owned_by("kubectl", fields)));
}

#[test]
fn a_list_that_is_owned_as_a_whole_is_compared_as_a_whole() {
    let meta = owned_by("berth", json!({"f:spec": {"f:rules": {}}}));
    let rule = |path: &str| json!({"backendRefs": [{"name": path}]});
    let stored = json!({"spec": {"rules": [{"backendRefs": [{"name": "a", "weight": 1}]}, rule("b")]}});
    let want = |rules: Value| json!({"spec": {"rules": rules}});
    assert!(is_applied(&want(json!([rule("a"), rule("b")])), &stored, &meta));
    assert!(!is_applied(&want(json!([rule("b"), rule("a")])), &stored, &meta));
    assert!(!is_applied(&want(json!([rule("a")])), &stored, &meta));
}

#[test]
fn a_set_is_compared_by_value() {
    let meta = owned_by("berth", json!({"f:metadata": {"f:finalizers": {"v:\"x\"": {}}}}));
    let stored = json!({"metadata": {"finalizers": ["y", "x"]}});
    assert!(is_applied(&json!({"metadata": {"finalizers": ["x"]}}), &stored, &meta));
    assert!(!is_applied(&json!({"metadata": {"finalizers": ["y"]}}), &stored, &meta));
    assert!(!is_applied(&json!({"metadata": {"finalizers": ["x", "y"]}}), &stored, &meta));
}

#[test]
fn quantities_are_compared_by_what_they_mean_and_only_where_they_are() {
    let meta = owned_by(
        "berth",
        json!({"f:spec": {"f:resources": {"f:requests": {"f:cpu": {}}}}, "f:metadata": {"f:labels": {"f:v": {}}}}),
    );
    let object = |cpu: &str, label: &str| json!({"metadata": {"labels": {"v": label}}, "spec": {"resources": {"requests": {"cpu": cpu}}}});
    assert!(is_applied(&object("1000m", "1"), &object("1", "1"), &meta));
    assert!(!is_applied(&object("1", "1"), &object("1001m", "1"), &meta));
    assert!(!is_applied(&object("1", "1"), &object("1", "1000m"), &meta));
}

#[test]
fn quantities_are_read() {
    for (text, same) in [("0.5", "500m"), ("1Ki", "1024"), ("1e3", "1k"), ("100u", "100000n"), (".5", "0.5")]
    {
        assert_eq!(quantity(text), quantity(same), "{text} and {same}");
        assert!(quantity(text).is_some(), "{text}");
    }
    for text in ["", "x", "1.2.3", "1Zi", "0.0000000001", "1e99", "--1", "e", "Ki"] {
        assert_eq!(quantity(text), None, "{text:?}");
    }
}

/// FieldsV1 of an object of maps and scalars, as the API server would write it.
fn fields_of(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (format!("f:{key}"), fields_of(value))).collect(),
        _ => json!({}),
    }
}

fn objects() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..9i64).prop_map(Value::from),
        "[a-c]{1,2}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop::collection::btree_map("[a-d]", inner, 1..4).prop_map(|map| map.into_iter().collect())
    })
    .prop_map(|spec| json!({"spec": {"inner": spec}}))
}

proptest! {
    #[test]
    fn what_was_just_applied_is_applied_and_anything_else_is_not(a in objects(), b in objects()) {
        let meta = owned_by("berth", fields_of(&a));
        prop_assert!(is_applied(&a, &a, &meta));
        prop_assert_eq!(is_applied(&b, &a, &meta), a == b);
    }

    #[test]
    fn no_text_breaks_the_reading_of_quantities(text in "\\PC{0,12}") {
        let _ = quantity(&text);
    }
}

#[test]
fn an_empty_map_is_fine_whether_it_is_recorded_as_ours_or_not() {
    let stored = json!({"metadata": {"labels": {"theirs": "x"}}});
    let want = json!({"metadata": {"annotations": {}, "labels": {}}});
    for fields in [json!({}), json!({"f:annotations": {}, "f:labels": {}}), json!({"f:labels": {}})] {
        let meta = owned_by("berth", json!({"f:metadata": fields}));
        assert!(is_applied(&want, &stored, &meta), "{fields}");
    }
    let ours = owned_by("berth", json!({"f:metadata": {"f:labels": {"f:a": {}}}}));
    let stored = json!({"metadata": {"labels": {"a": "1"}}});
    assert!(!is_applied(&want, &stored, &ours), "what we had in it is to go");
}
