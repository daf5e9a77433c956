//! A tag that moves while a deployment goes on.

use super::documents::{app, definition, merged, reachable, service};
use super::site::{Site, container, url};
use super::traffic::get;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;
use testbed::image::testapp_image;
use testbed::registry::Registry;

/// The first task pulls the tag; later ones run what it got, also after the tag has moved and after scaling out.
/// A forced deployment runs what the tag means then.
pub async fn moving_tag(site: Site<'_>) {
    site.create(json!({})).await;
    let registry = Registry::start(site.bed).unwrap();
    let push = |version: &str| registry.push(&testapp_image(version).unwrap(), "shop/app", "stable").unwrap();
    let first = push("v1");
    let image = registry.image("shop/app", "stable");
    let floating = json!({
        "name": "floating", "image": "localhost/testapp:v1", "essential": false, "versionConsistency": "disabled",
        "environment": [{"name": "PORT", "value": "8081"}],
    });
    let mut main = app(json!({"image": image}));
    main.as_object_mut().unwrap().remove("versionConsistency");
    let more = merged(reachable("web"), json!({"kubernetes": {"deregistrationDelaySeconds": 0}}));
    site.apply(&[definition("web", &[main, floating]), service("web", 1, more)]).await;
    site.steady("web", 1).await;
    let task = site.task("web").await;
    assert_eq!(image_of(&task), image);
    let known = serde_json::to_value(&site.service("web").await.status.unwrap().deployments).unwrap();
    let wanted = json!([{"containerName": "app", "image": image, "imageDigest": first}]);
    assert_eq!(known[0]["containerImages"], wanted, "{known:#}");

    let second = push("v2");
    assert_ne!(first, second);
    site.kubectl(&["scale", "ecssvc", "web", "--replicas", "3"]).await;
    site.steady("web", 1).await;
    let later = site.tasks("web").await;
    assert_eq!(later.len(), 3);
    for task in &later {
        assert!(says(task).contains("v1"), "{} says {}", task.name_any(), says(task));
        assert!(container(task, "app")["imageID"].as_str().unwrap().ends_with(&first), "{task:?}");
    }
    let pinned = format!("{}@{first}", image.rsplit_once(':').unwrap().0);
    assert_eq!(
        later.iter().filter(|task| image_of(task) == pinned).count(),
        2,
        "{:?}",
        later.iter().map(image_of).collect::<Vec<_>>()
    );

    site.kubectl(&["annotate", "ecssvc", "web", "ecs.berth.dev/force-new-deployment=1"]).await;
    super::site::until("the forced deployment is complete", 90, || async {
        let status = site.service("web").await.status?;
        let [only] = &status.deployments[..] else { return None };
        (only.sequence == 2 && only.rollout_state == "COMPLETED").then_some(())
    })
    .await;
    for task in site.tasks("web").await {
        assert!(says(&task).contains("v2"), "{} says {}", task.name_any(), says(&task));
    }
}

fn image_of(pod: &Pod) -> String {
    pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap()
}

fn says(pod: &Pod) -> String {
    format!("{:?}", get(&url(pod, "")))
}
