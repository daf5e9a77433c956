//! Revisions: what registers one, what deregisters one, and what they outlive.

use std::process::Command;

use berth::api::{Service, TaskDefinition};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::stage::{Stage, condition, definition, names, service};

const DEREGISTER: &str = "ecs.berth.dev/deregister";

/// Waits until the newest spec of a definition has been judged; its status.
async fn registered(stage: &Stage, name: &str) -> berth::api::TaskDefinitionStatus {
    let definition: TaskDefinition = stage
        .until(&format!("{name} is registered"), async || {
            let definition = stage.definition(name).await;
            let observed = definition.status.as_ref()?.observed_generation;
            (observed == definition.metadata.generation).then_some(definition)
        })
        .await;
    definition.status.unwrap()
}

/// Numbers of a family's revisions with their status.
async fn history(stage: &Stage, family: &str) -> Vec<(i64, String)> {
    let all = stage.api::<ControllerRevision>().list(&ListParams::default()).await.unwrap().items;
    let own = all
        .into_iter()
        .filter(|one| one.annotations().get("ecs.berth.dev/family").is_some_and(|it| it == family));
    let mut found: Vec<(i64, String)> = own
        .filter_map(|one| Some((one.revision?, one.labels().get("ecs.berth.dev/revision-status")?.clone())))
        .collect();
    found.sort();
    found
}

fn numbers(history: &[(i64, String)]) -> Vec<i64> {
    history.iter().map(|(number, _)| *number).collect()
}

fn pinned(name: &str, reference: &str, count: u32) -> Value {
    let mut document = service(name, count);
    document["spec"]["taskDefinition"] = json!(reference);
    document
}

fn runs(service: &Service) -> Option<&str> {
    service.status.as_ref()?.task_definition.as_deref()
}

fn images(pods: &[Pod]) -> Vec<String> {
    let images = pods.iter().map(|pod| pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap());
    images.collect()
}

/// `berth` with the bed's kubeconfig; whether it succeeded, and what it said.
fn berth(stage: &Stage, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(arguments)
        .args(["--namespace", &stage.namespace, "--kubeconfig"])
        .arg(stage.bed.kubeconfig())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_applies_of_a_b_a_run_a_as_the_third_revision() {
    let stage = Stage::new("aba").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 2)]).await;
    stage.steady("web").await;
    for (image, number) in [("nginx:2", 2), ("nginx:1", 3)] {
        stage.apply(&[&definition("web", image)]).await;
        let wanted = format!("web:{number}");
        stage.until_service("web", "it runs the newest", |it| runs(it) == Some(wanted.as_str())).await;
        stage.steady("web").await;
    }
    assert_eq!(images(&stage.live("web").await), ["nginx:1", "nginx:1"]);

    // The same in other words is no fourth.
    let mut same = definition("web", "nginx:1");
    same["spec"]["containerDefinitions"][0]["essential"] = json!(true);
    same["spec"]["containerDefinitions"][0]["portMappings"][0] =
        json!({"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"});
    same["spec"]["kubernetes"] = json!({"revisionHistoryLimit": 50});
    stage.apply(&[&same]).await;
    let status = registered(&stage, "web").await;
    assert_eq!((status.latest_revision, status.status.as_deref()), (Some(3), Some("ACTIVE")));
    assert_eq!(status.active_revisions, [3, 2, 1]);

    let (ok, table) = berth(&stage, &["revisions", "web"]);
    assert!(ok, "{table}");
    let last: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(
        (last[0], last[1], last[3..].join(" ")),
        ("web:3", "ACTIVE", "ecsservice/web, 2 tasks".to_owned())
    );
    let (ok, changed) = berth(&stage, &["revisions", "web", "--diff"]);
    assert!(ok && changed.contains("--- web:2\n+++ web:3\n"), "{changed}");
    let (ok, same) = berth(&stage, &["revisions", "web", "--diff", "1", "3"]);
    assert!(ok && same == "web:1 and web:3 are the same definition\n", "{same}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_definition_stops_nothing_and_making_it_again_uses_no_number_twice() {
    let stage = Stage::new("again").await;
    stage.apply(&[&definition("web", "nginx:1"), &pinned("web", "web:1", 2)]).await;
    stage.apply(&[&definition("idle", "nginx:1")]).await;
    stage.steady("web").await;
    registered(&stage, "idle").await;
    let before = names(&stage.live("web").await);
    stage
        .until("the service holds its revision", async || {
            let revision = stage.api::<ControllerRevision>().get("web-1").await.ok()?;
            revision.owner_references().iter().any(|owner| owner.kind == "Service").then_some(())
        })
        .await;

    stage.kubectl(&["delete", "ecstd", "web", "idle"]).await;
    stage
        .until("what nobody uses is collected", async || {
            history(&stage, "idle").await.is_empty().then_some(())
        })
        .await;
    stage.edit("web", json!({"spec": {"desiredCount": 3}})).await;
    stage
        .until_service("web", "it is scaled", |it| it.status.as_ref().is_some_and(|it| it.running_count == 3))
        .await;
    let scaled = names(&stage.live("web").await);
    assert!(before.iter().all(|name| scaled.contains(name)), "{before:?} {scaled:?}");

    stage.apply(&[&definition("web", "nginx:1"), &definition("idle", "nginx:1")]).await;
    assert_eq!(registered(&stage, "web").await.latest_revision, Some(1));
    assert_eq!(registered(&stage, "idle").await.latest_revision, Some(2));
    stage.kubectl(&["delete", "ecstd", "web"]).await;
    stage.apply(&[&definition("web", "nginx:2")]).await;
    assert_eq!(registered(&stage, "web").await.latest_revision, Some(2));
    let steady = stage.steady("web").await;
    assert_eq!(runs(&steady), Some("web:1"));
    assert_eq!(names(&stage.live("web").await), scaled);
    assert_eq!(steady.status.unwrap().deployments.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deregistered_revision_goes_on_where_it_runs_and_is_refused_elsewhere() {
    let stage = Stage::new("inactive").await;
    stage.apply(&[&definition("web", "nginx:1"), &pinned("old", "web:1", 1)]).await;
    stage.steady("old").await;
    stage.apply(&[&definition("web", "nginx:2"), &pinned("new", "web", 1)]).await;
    stage.until_service("new", "it runs the newest", |it| runs(it) == Some("web:2")).await;
    stage.steady("new").await;
    let before = names(&stage.live("old").await);

    // All or nothing: the first that is named is not carried out before the second is found wrong.
    let (ok, said) = berth(&stage, &["deregister", "web:1", "web:7"]);
    assert!(!ok && said.contains("Unable to describe task definition. There is no web:7"), "{said}");
    assert!(!stage.definition("web").await.annotations().contains_key(DEREGISTER));
    let (ok, said) = berth(&stage, &["deregister", "web:1"]);
    assert!(ok, "{said}");
    let handled = async |wanted: &str| {
        stage
            .until("the annotation is carried out", async || {
                let status = stage.definition("web").await.status?;
                (status.deregistered.as_deref() == Some(wanted)).then_some(status)
            })
            .await
    };
    let status = handled("1").await;
    assert_eq!((status.status.as_deref(), &status.active_revisions[..]), (Some("ACTIVE"), &[2][..]));
    assert_eq!(stage.event("web", "TaskDefinitionDeregistered").await, "deregistered web:1");

    // What runs it goes on and may scale.
    stage.edit("old", json!({"spec": {"desiredCount": 2}})).await;
    stage
        .until_service("old", "it is scaled", |it| it.status.as_ref().is_some_and(|it| it.running_count == 2))
        .await;
    let live = names(&stage.live("old").await);
    assert!(before.iter().all(|name| live.contains(name)), "{before:?} {live:?}");
    // A new one and an update to it are refused; what the updated one ran stays.
    stage.apply(&[&pinned("late", "web:1", 1), &pinned("new", "web:1", 1)]).await;
    for name in ["late", "new"] {
        let refused = stage
            .until_service(name, "it is refused", |it| {
                condition(it, "Stalled").is_some_and(|it| it.1 == "TaskDefinitionInactive")
            })
            .await;
        assert!(condition(&refused, "Stalled").unwrap().2.contains("TaskDefinition is inactive"));
    }
    assert_eq!(images(&stage.live("new").await), ["nginx:2"]);
    assert!(stage.pods("late").await.is_empty());

    // Nobody follows an inactive one, and whoever runs it does not go back.
    stage.apply(&[&pinned("new", "web", 1)]).await;
    stage.kubectl(&["annotate", "--overwrite", "ecstd", "web", &format!("{DEREGISTER}=1-9")]).await;
    let status = handled("1-9").await;
    assert_eq!((status.status.as_deref(), status.latest_revision), (Some("INACTIVE"), Some(2)));
    stage.apply(&[&pinned("later", "web", 1)]).await;
    stage
        .until_service("later", "it is refused", |it| {
            condition(it, "Stalled").is_some_and(|it| it.1 == "TaskDefinitionInactive")
        })
        .await;
    assert_eq!(runs(&stage.steady("new").await), Some("web:2"));

    // What is registered after the annotation was carried out is not meant by it.
    stage.apply(&[&definition("web", "nginx:3")]).await;
    stage.until_service("new", "it follows", |it| runs(it) == Some("web:3")).await;
    assert_eq!(runs(&stage.steady("later").await), Some("web:3"));
    let inactive = |number| (number, "INACTIVE".to_owned());
    assert_eq!(history(&stage, "web").await, [inactive(1), inactive(2), (3, "ACTIVE".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_limit_spares_what_is_used_and_no_number_comes_back() {
    let stage = Stage::new("history").await;
    let limited = |image: &str| {
        let mut document = definition("web", image);
        document["spec"]["kubernetes"] = json!({"revisionHistoryLimit": 2});
        document
    };
    stage.apply(&[&limited("nginx:1"), &pinned("web", "web:1", 1)]).await;
    stage.steady("web").await;
    for number in 2..=5 {
        stage.apply(&[&limited(&format!("nginx:{number}"))]).await;
        assert_eq!(registered(&stage, "web").await.latest_revision, Some(number));
    }
    stage
        .until("two and the used one are left", async || {
            (numbers(&history(&stage, "web").await) == [1, 4, 5]).then_some(())
        })
        .await;
    stage.kubectl(&["delete", "ecssvc", "web"]).await;
    stage.apply(&[&limited("nginx:6")]).await;
    assert_eq!(registered(&stage, "web").await.latest_revision, Some(6));
    stage
        .until("what is used no more goes", async || {
            (numbers(&history(&stage, "web").await) == [5, 6]).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_objects_takes_a_family_over_when_the_first_is_gone() {
    let stage = Stage::new("claims").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 1)]).await;
    stage.steady("web").await;
    // Times of creation are whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let mut other = definition("web", "nginx:2");
    other["metadata"]["name"] = json!("other");
    stage.apply(&[&other]).await;
    let reason = async || {
        let status = stage.definition("other").await.status?;
        status.conditions.iter().find(|one| one.type_ == "Ready").map(|one| one.reason.clone())
    };
    stage.until("the later one is told", async || reason().await.filter(|it| it == "Duplicate")).await;
    stage.kubectl(&["delete", "ecstd", "web"]).await;
    stage.until("it has the family", async || reason().await.filter(|it| it == "Registered")).await;
    assert_eq!(registered(&stage, "other").await.latest_revision, Some(2));
    stage.until_service("web", "it follows", |it| runs(it) == Some("web:2")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_resolves_once_moves_by_an_edit_or_by_force_alone() {
    let stage = Stage::new("once").await;
    let mut once = service("web", 1);
    once["spec"]["kubernetes"] = json!({"deregistrationDelaySeconds": 0, "resolveTaskDefinition": "ONCE"});
    stage.apply(&[&definition("web", "nginx:1"), &once]).await;
    stage.steady("web").await;
    stage.apply(&[&definition("web", "nginx:2"), &pinned("follows", "web", 1)]).await;
    stage.until_service("follows", "it runs the newest", |it| runs(it) == Some("web:2")).await;
    stage.edit("web", json!({"spec": {"desiredCount": 2}})).await;
    stage
        .until_service("web", "it is scaled", |it| it.status.as_ref().is_some_and(|it| it.running_count == 2))
        .await;
    assert_eq!(images(&stage.live("web").await), ["nginx:1", "nginx:1"]);

    let percent = json!({"spec": {"deploymentConfiguration": {"minimumHealthyPercent": 50}}});
    stage.edit("web", percent).await;
    stage.until_service("web", "an edit moves it", |it| runs(it) == Some("web:2")).await;
    stage.steady("web").await;
    stage.apply(&[&definition("web", "nginx:3")]).await;
    stage.until_service("follows", "it runs the newest", |it| runs(it) == Some("web:3")).await;
    assert_eq!(runs(&stage.steady("web").await), Some("web:2"));
    let force = json!({"metadata": {"annotations": {"ecs.berth.dev/force-new-deployment": "1"}}});
    stage.edit("web", force).await;
    stage.until_service("web", "force moves it", |it| runs(it) == Some("web:3")).await;
}
