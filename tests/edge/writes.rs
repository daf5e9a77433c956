//! The writer: what it writes, what it leaves alone.

use berth::api::ServiceDiscovery;
use berth::kubernetes::{
    CrossNamespace, Error, Guard, Notice, NoticeType, Notifier, NotifierOptions, Outcome, Owner, Removal,
};
use berth::observe::{NoticeResult, Verb};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, Resource};
use serde_json::{Value, json};

use crate::support::{Edge, of, until};

/// `object` in `owner`'s namespace, controlled by it.
fn owned(owner: &Owner, name: &str, rest: Value) -> Value {
    let reference = owner.controller_reference(&owner.namespace).unwrap();
    let mut object = rest;
    let meta = object.as_object_mut().unwrap().entry("metadata").or_insert_with(|| json!({}));
    meta["name"] = json!(name);
    meta["namespace"] = json!(owner.namespace);
    meta["ownerReferences"] = json!([reference]);
    object
}

fn core_service(owner: &Owner, name: &str) -> Value {
    owned(
        owner,
        name,
        json!({
            "metadata": {"labels": {"a": "1", "b": "2"}, "annotations": {}},
            "spec": {
                "clusterIP": "None",
                "selector": {"owner": owner.uid},
                "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}],
            },
        }),
    )
}

fn pod(owner: &Owner, name: &str, deployment: &str) -> Pod {
    of(&owned(
        owner,
        name,
        json!({
            "metadata": {"labels": {"ecs.berth.dev/deployment": deployment, "target": "x"}},
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "app", "image": "app"}],
                "schedulerName": "nobody",
            },
        }),
    ))
}

fn written<K>(outcome: Outcome<K>) -> K {
    match outcome {
        Outcome::Written(object) => object,
        Outcome::Unchanged(_) => panic!("unchanged"),
        Outcome::Conflict(conflict) => panic!("{conflict}"),
    }
}

fn is_unchanged<K>(outcome: &Outcome<K>) -> bool {
    matches!(outcome, Outcome::Unchanged(_))
}

pub async fn an_apply_writes_what_differs_and_only_that(edge: &Edge) {
    let (_, owner) = edge.namespace("apply").await;
    let writer = &edge.writer;
    let desired = core_service(&owner, "web");
    let typed: Service = of(&desired);
    let live = written(writer.apply(&owner, &typed, None).await.unwrap());
    assert!(is_unchanged(&writer.apply(&owner, &typed, Some(&live)).await.unwrap()));
    assert!(is_unchanged(&writer.apply(&owner, &typed, None).await.unwrap()), "also when the store lags");

    let mut fewer = desired.clone();
    fewer["metadata"]["labels"].as_object_mut().unwrap().remove("b");
    fewer["spec"]["ports"].as_array_mut().unwrap().pop();
    let live = written(writer.apply(&owner, &of::<Service>(&fewer), Some(&live)).await.unwrap());
    assert!(!live.metadata.labels.as_ref().unwrap().contains_key("b"), "what we no longer want is gone");
    assert_eq!(live.spec.as_ref().unwrap().ports.as_ref().unwrap().len(), 1);
    assert!(is_unchanged(&writer.apply(&owner, &of::<Service>(&fewer), Some(&live)).await.unwrap()));

    let live = edge.edit(&live, json!({"metadata": {"labels": {"theirs": "x"}}})).await;
    assert!(is_unchanged(&writer.apply(&owner, &of::<Service>(&fewer), Some(&live)).await.unwrap()));
    let live = edge.edit(&live, json!({"metadata": {"labels": {"a": "changed"}}})).await;
    let live = written(writer.apply(&owner, &of::<Service>(&fewer), Some(&live)).await.unwrap());
    let labels = live.metadata.labels.as_ref().unwrap();
    assert_eq!((labels["a"].as_str(), labels["theirs"].as_str()), ("1", "x"));

    let budget = owned(
        &owner,
        "web",
        json!({"spec": {
            "minAvailable": 2, "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": {"owner": owner.uid}},
        }}),
    );
    let budget: PodDisruptionBudget = of(&budget);
    let live = written(writer.apply(&owner, &budget, None).await.unwrap());
    assert!(is_unchanged(&writer.apply(&owner, &budget, Some(&live)).await.unwrap()));

    let policy = owned(
        &owner,
        "web",
        json!({"spec": {
            "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}],
        }}),
    );
    let policy: NetworkPolicy = of(&policy);
    let live = written(writer.apply(&owner, &policy, None).await.unwrap());
    assert!(is_unchanged(&writer.apply(&owner, &policy, Some(&live)).await.unwrap()));
    assert_eq!(edge.metrics.writes("NetworkPolicy", Verb::Apply), 1);
}

pub async fn nobody_else_s_object_is_touched(edge: &Edge) {
    let (namespace, owner) = edge.namespace("foreign").await;
    let writer = &edge.writer;
    let foreign: Service = edge
        .post(&json!({
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"selector": {"app": "theirs"}, "ports": [{"port": 80}]},
        }))
        .await;
    let ours: Service = of(&core_service(&owner, "web"));
    let outcome = writer.apply(&owner, &ours, None).await.unwrap();
    let Outcome::Conflict(conflict) = outcome else { panic!("{outcome:?}") };
    assert_eq!(conflict.to_string(), "Service `foreign/web` exists already and is controlled by nobody");
    let other = edge.owner(&namespace, "other").await;
    let theirs: Service = of(&core_service(&other, "theirs"));
    let stale = written(writer.apply(&other, &theirs, None).await.unwrap());
    let outcome = writer.apply(&owner, &of::<Service>(&core_service(&owner, "theirs")), Some(&stale)).await;
    let Outcome::Conflict(conflict) = outcome.unwrap() else { panic!() };
    assert_eq!(conflict.owner, format!("ConfigMap `other` (uid {})", other.uid));

    // The store still shows ours, but somebody else has taken the name since.
    let mine =
        written(writer.apply(&owner, &of::<Service>(&core_service(&owner, "mine")), None).await.unwrap());
    let api: Api<Service> = Api::namespaced(edge.client.clone(), &namespace);
    api.delete("mine", &DeleteParams::default()).await.unwrap();
    edge.post::<Service>(&json!({
        "metadata": {"name": "mine", "namespace": namespace}, "spec": {"ports": [{"port": 80}]},
    }))
    .await;
    let mut changed = core_service(&owner, "mine");
    changed["metadata"]["labels"]["a"] = json!("9");
    let outcome = writer.apply(&owner, &of::<Service>(&changed), Some(&mine)).await.unwrap();
    assert!(matches!(outcome, Outcome::Conflict(_)), "{outcome:?}");
    // And when nobody has taken it, ours is made anew.
    api.delete("mine", &DeleteParams::default()).await.unwrap();
    let anew = written(writer.apply(&owner, &of::<Service>(&changed), Some(&mine)).await.unwrap());
    assert_ne!(anew.metadata.uid, mine.metadata.uid);
    let now = api.get("web").await.unwrap();
    assert_eq!(now.metadata.resource_version, foreign.metadata.resource_version, "untouched");
}

pub async fn a_create_happens_once(edge: &Edge) {
    let (namespace, owner) = edge.namespace("create").await;
    let writer = &edge.writer;
    let first = written(writer.create(&owner, &pod(&owner, "task-1", "d1")).await.unwrap());
    let again = writer.create(&owner, &pod(&owner, "task-1", "d1")).await.unwrap();
    let Outcome::Unchanged(again) = again else { panic!("{again:?}") };
    assert_eq!(again.metadata.uid, first.metadata.uid);
    let of_another_deployment = writer.create(&owner, &pod(&owner, "task-1", "d2")).await.unwrap();
    assert!(matches!(of_another_deployment, Outcome::Conflict(_)));
    edge.post::<Pod>(&json!({
        "metadata": {"name": "task-2", "namespace": namespace, "labels": {"ecs.berth.dev/deployment": "d1"}},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    }))
    .await;
    let foreign = writer.create(&owner, &pod(&owner, "task-2", "d1")).await.unwrap();
    assert!(matches!(foreign, Outcome::Conflict(_)));
    let mut invalid = pod(&owner, "task-3", "d1");
    invalid.spec.as_mut().unwrap().containers.clear();
    let error = writer.create(&owner, &invalid).await.unwrap_err();
    assert!(error.refusal().is_some_and(|why| why.contains("spec.containers")), "{error}");
}

pub async fn patches_and_deletes_hold_for_one_object(edge: &Edge) {
    let (namespace, owner) = edge.namespace("patch").await;
    let writer = &edge.writer;
    let first = written(writer.create(&owner, &pod(&owner, "task", "d")).await.unwrap());
    let stop = json!({
        "metadata": {"labels": {"target": null, "stop-code": "UserInitiated"}},
        "spec": {"activeDeadlineSeconds": 1},
    });
    let stopped = writer.patch(&first, &stop, Guard::Uid).await.unwrap().unwrap();
    let labels = stopped.metadata.labels.as_ref().unwrap();
    assert!(!labels.contains_key("target") && labels.contains_key("stop-code"));
    assert_eq!(stopped.spec.as_ref().unwrap().active_deadline_seconds, Some(1));
    assert_eq!(writer.patch(&first, &stop, Guard::Version).await.unwrap(), None, "changed since");
    assert!(writer.patch(&first, &stop, Guard::Uid).await.unwrap().is_some());
    let invalid = json!({"spec": {"activeDeadlineSeconds": 100}});
    let error = writer.patch(&stopped, &invalid, Guard::Uid).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error}");

    assert_eq!(writer.delete(&first, Some(0), Guard::Version).await.unwrap(), Removal::Changed);
    assert_eq!(writer.delete(&first, Some(0), Guard::Uid).await.unwrap(), Removal::Asked);
    assert_eq!(writer.delete(&first, Some(0), Guard::Uid).await.unwrap(), Removal::Gone);
    assert_eq!(writer.patch(&first, &stop, Guard::Uid).await.unwrap(), None);

    let namesake = written(writer.create(&owner, &pod(&owner, "task", "d")).await.unwrap());
    assert_eq!(writer.patch(&first, &stop, Guard::Uid).await.unwrap(), None, "another object");
    assert_eq!(writer.delete(&first, Some(0), Guard::Uid).await.unwrap(), Removal::Changed);
    let now: Pod = Api::namespaced(edge.client.clone(), &namespace).get("task").await.unwrap();
    assert_eq!(now.metadata.resource_version, namesake.metadata.resource_version, "untouched");
}

pub async fn shared_objects_live_as_long_as_their_users(edge: &Edge) {
    let (namespace, first) = edge.namespace("shared").await;
    let writer = &edge.writer;
    let second = edge.owner(&namespace, "second").await;
    let revision: ControllerRevision = of(&json!({
        "metadata": {"name": "web-1", "namespace": namespace, "labels": {"ecs.berth.dev/deployment": "web"}},
        "revision": 1, "data": {"x": 1},
    }));
    written(writer.share(&first, &revision).await.unwrap());
    let shared = written(writer.share(&second, &revision).await.unwrap());
    assert_eq!(shared.metadata.owner_references.as_ref().unwrap().len(), 2);
    assert!(first.uses(&shared.metadata) && second.uses(&shared.metadata));
    assert!(!first.controls(&shared.metadata));
    assert!(is_unchanged(&writer.share(&second, &revision).await.unwrap()));
    // From a store that lags: still one write, and nothing is lost.
    let mut stale = shared.clone();
    edge.edit(&shared, json!({"metadata": {"labels": {"theirs": "x"}}})).await;
    stale.metadata.labels.as_mut().unwrap().clear();
    let left = writer.remove_user(&first.uid, &stale).await.unwrap().unwrap();
    assert!(!first.uses(&left.metadata) && second.uses(&left.metadata));
    assert!(left.metadata.labels.as_ref().unwrap().contains_key("theirs"));

    let account: ServiceAccount = of(&json!({
        "metadata": {"name": "role", "namespace": namespace, "labels": {"ecs.berth.dev/deployment": "role"}},
    }));
    edge.post::<ServiceAccount>(&json!({"metadata": {"name": "role", "namespace": namespace}})).await;
    assert!(matches!(writer.share(&first, &account).await.unwrap(), Outcome::Conflict(_)));
    assert_eq!(edge.account(&namespace, "role").await.metadata.owner_references, None, "untouched");

    let counter: ControllerRevision = of(&json!({
        "metadata": {"name": "count", "namespace": namespace, "labels": {"ecs.berth.dev/deployment": "web"}},
        "revision": 1, "data": {},
    }));
    let counter = written(writer.create_lasting(&counter).await.unwrap());
    let mut next = counter.clone();
    next.metadata.labels.as_mut().unwrap().insert("n".into(), "2".into());
    assert!(writer.replace(&next).await.unwrap().is_some());
    assert_eq!(writer.replace(&next).await.unwrap(), None, "somebody was faster");
}

pub async fn status_goes_to_the_object_that_was_judged(edge: &Edge) {
    let (namespace, _) = edge.namespace("status").await;
    let document = json!({"metadata": {"name": "web", "namespace": namespace}, "spec": {}});
    let first: ServiceDiscovery = edge.post(&document).await;
    let status = json!({"observedGeneration": 1, "dnsName": "web.status"});
    let object = edge.writer.apply_status(&first, &status).await.unwrap().unwrap();
    assert_eq!(object.status.as_ref().unwrap().dns_name.as_deref(), Some("web.status"));
    assert_eq!(object.meta().generation, first.meta().generation);
    let again = json!({"observedGeneration": 1, "dnsName": "other.status"});
    let object = edge.writer.apply_status(&first, &again).await.unwrap().unwrap();
    assert_eq!(object.status.unwrap().dns_name.as_deref(), Some("other.status"), "from a store that lags");
    let api: Api<ServiceDiscovery> = Api::namespaced(edge.client.clone(), &namespace);
    api.delete("web", &DeleteParams::default()).await.unwrap();
    assert_eq!(edge.writer.apply_status(&first, &status).await.unwrap(), None, "gone");
    edge.post::<ServiceDiscovery>(&document).await;
    assert_eq!(edge.writer.apply_status(&first, &status).await.unwrap(), None, "another one");
}

pub async fn guards_hold_before_any_request(edge: &Edge) {
    let (_, owner) = edge.namespace("guards").await;
    let writer = &edge.writer;
    let secret: Secret = of(&owned(&owner, "x", json!({})));
    assert!(matches!(writer.apply(&owner, &secret, None).await, Err(Error::Kind { .. })));
    assert!(matches!(writer.create(&owner, &secret).await, Err(Error::Kind { .. })));
    assert!(matches!(writer.delete(&secret, None, Guard::Uid).await, Err(Error::Kind { .. })));
    let mut elsewhere = pod(&owner, "x", "d");
    elsewhere.metadata.namespace = Some("default".into());
    let error = writer.create(&owner, &elsewhere).await.unwrap_err();
    assert!(matches!(error, Error::Namespace(CrossNamespace { .. })), "{error}");
    let mut orphan = pod(&owner, "x", "d");
    orphan.metadata.owner_references = None;
    let adopted = written(writer.create(&owner, &orphan).await.unwrap());
    assert!(owner.controls(&adopted.metadata), "the writer names the controller");
    orphan.metadata.name = None;
    assert!(matches!(writer.create(&owner, &orphan).await, Err(Error::Incomplete { .. })));
    let core: Service = of(&core_service(&owner, "x"));
    assert!(matches!(writer.apply_status(&core, &json!({})).await, Err(Error::Kind { .. })));
}

pub async fn notices_become_events(edge: &Edge) {
    let (namespace, _) = edge.namespace("notices").await;
    let object: ServiceDiscovery =
        edge.post(&json!({"metadata": {"name": "web", "namespace": namespace}, "spec": {}})).await;
    let tracker = tokio_util::task::TaskTracker::new();
    let cancel = tokio_util::sync::CancellationToken::new();
    let options = NotifierOptions::new("berth-0");
    let notifier =
        Notifier::new(edge.client.clone(), edge.metrics.clone(), options, &tracker, cancel.clone());
    let notice = |note: &str| Notice {
        type_: NoticeType::Warning,
        reason: "TestReason".into(),
        action: "Testing".into(),
        note: note.repeat(900),
    };
    for note in ["ä", "ä", "b", "ä"] {
        notifier.publish(&object.object_ref(&()), notice(note));
    }
    // What waits at the end is still sent.
    cancel.cancel();
    tracker.close();
    tracker.wait().await;
    let api: Api<Event> = Api::namespaced(edge.client.clone(), &namespace);
    until("the events are there", async || {
        let events = api.list(&ListParams::default()).await.unwrap().items;
        let ours: Vec<_> = events.iter().filter(|e| e.reason.as_deref() == Some("TestReason")).collect();
        ours.len() == 3 && ours.iter().all(|e| e.regarding.as_ref().unwrap().uid == object.meta().uid)
    })
    .await;
    assert_eq!(edge.metrics.notices(NoticeResult::Repeated), 1);
    assert_eq!(edge.metrics.notices(NoticeResult::Failed), 0);
}
