//! What the first tasks of a deployment pulled → what its later tasks run.
//!
//! ECS resolves a tag before the first task starts
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html>). Here the nodes do it: tasks
//! that start before any has reported carry the tag and pull it afresh, and what the one with the lowest number got is
//! what every later task names.

use super::task::failed_pulls;
use crate::model::image::digest_of;
use crate::model::task_definition::Pull;
use crate::model::{Container, ContainerImage, Deployment, TaskDefinition, label};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use std::collections::BTreeMap;

/// Adds to `deployment` what its tasks among `pods` have found for containers of `definition`. What is known stays:
/// a tag that moves while a deployment goes on is the next deployment's.
pub fn note<'a>(
    deployment: &mut Deployment,
    definition: &TaskDefinition,
    pods: impl Iterator<Item = &'a Pod>,
) {
    let settled =
        |name: &str| deployment.images.iter().any(|known| known.container == name && known.digest.is_some());
    let open = definition.containers.iter();
    let open: Vec<&Container> = open.filter(|one| one.pull == Pull::Afresh && !settled(&one.name)).collect();
    if open.is_empty() {
        return;
    }
    let own = own(deployment, pods);
    for container in open {
        let digest = own.iter().find_map(|pod| digest(pod, &container.name, &container.image));
        let failed = || own.iter().any(|pod| failed_pulls(pod).contains(&container.name));
        let given_up = deployment.images.iter().any(|known| known.container == container.name);
        if digest.is_none() && (given_up || !failed()) {
            continue;
        }
        let (name, image) = (container.name.clone(), container.image.clone());
        deployment.images.retain(|known| known.container != name);
        deployment.images.push(ContainerImage { container: name, image, digest });
    }
}

/// The deployment's tasks, the first first.
fn own<'a>(deployment: &Deployment, pods: impl Iterator<Item = &'a Pod>) -> Vec<&'a Pod> {
    let mut own: Vec<&Pod> = pods.filter(|pod| is_of(pod, deployment)).collect();
    own.sort_by_key(|pod| number(pod));
    own
}

/// The task's number in its deployment, with which its name ends.
fn number(pod: &Pod) -> u32 {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX)
}

fn is_of(pod: &Pod, deployment: &Deployment) -> bool {
    let labels = pod.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(label::DEPLOYMENT)).is_some_and(|hash| hash == deployment.id.hash())
}

fn digest(pod: &Pod, container: &str, image: &str) -> Option<String> {
    let renamed = renamed(pod);
    let is = |status: &&ContainerStatus| {
        renamed.get(&status.name).map_or(status.name == container, |name| name == container)
    };
    statuses(pod).filter(is).find_map(|status| digest_of(&status.image_id, image))
}

/// Statuses of all containers that a document may mean.
pub(super) fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let containers = status.and_then(|status| status.container_statuses.as_ref());
    let first = status.and_then(|status| status.init_container_statuses.as_ref());
    containers.into_iter().chain(first).flatten()
}

/// Names of containers that Kubernetes does not take, each with the form that ECS has.
pub(super) fn renamed(pod: &Pod) -> BTreeMap<String, String> {
    let written = pod.metadata.annotations.as_ref().and_then(|all| all.get(label::CONTAINER_NAMES));
    written.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeploymentId, RolloutState};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn hex(digit: char) -> String {
        format!("sha256:{}", digit.to_string().repeat(64))
    }

    fn deployment() -> Deployment {
        Deployment {
            id: DeploymentId::parse("ecs-svc/0123456789abcdef"),
            sequence: 1,
            task_definition: "web:1".into(),
            state: RolloutState::InProgress,
            created_at: Timestamp::UNIX_EPOCH,
            launch_attempts: 0,
            next_launch_at: None,
            failed_moves: 0,
            next_move_at: None,
            failed_tasks: 0,
            images: Vec::new(),
        }
    }

    fn definition(containers: &[(&str, &str, Pull)]) -> TaskDefinition {
        let containers = containers.iter().map(|(name, image, pull)| Container {
            name: (*name).into(),
            image: (*image).into(),
            pull: *pull,
            ..Container::default()
        });
        TaskDefinition {
            family: "web".into(),
            revision: 1,
            containers: containers.collect(),
            ..TaskDefinition::default()
        }
    }

    fn pod(name: &str, hash: &str, status: Value) -> Pod {
        let annotations = json!({label::CONTAINER_NAMES: r#"{"app-1":"App"}"#, label::PULLED_AFRESH: "App"});
        serde_json::from_value(json!({
            "metadata": {"name": name, "labels": {label::DEPLOYMENT: hash}, "annotations": annotations},
            "status": {"containerStatuses": [status]},
        }))
        .unwrap()
    }

    fn got(name: &str, image_id: &str) -> Pod {
        let status =
            json!({"name": "app-1", "image": "", "imageID": image_id, "ready": true, "restartCount": 0});
        pod(name, "0123456789abcdef", status)
    }

    #[test]
    fn what_the_first_task_got_is_the_deployments_and_stays_so() {
        let (mut deployment, one, other) = (deployment(), hex('a'), hex('b'));
        let definition = definition(&[("App", "nginx:1", Pull::Afresh), ("side", "busybox", Pull::AsNode)]);
        let pods = [
            got("web-01234-0002", &format!("docker.io/library/nginx@{other}")),
            got("web-01234-0001", &format!("docker.io/library/nginx@{one}")),
            pod(
                "web-99999-0000",
                "9999",
                json!({"name": "app-1", "image": "", "ready": true, "restartCount": 0,
                "imageID": format!("docker.io/library/nginx@{}", hex('c'))}),
            ),
        ];
        note(&mut deployment, &definition, pods.iter());
        let found =
            ContainerImage { container: "App".into(), image: "nginx:1".into(), digest: Some(one.clone()) };
        assert_eq!(deployment.images, std::slice::from_ref(&found));
        note(&mut deployment, &definition, pods[..1].iter());
        assert_eq!(deployment.images, [found]);

        let later = definition.pinned(&deployment.images);
        assert_eq!(
            (&*later.containers[0].image, later.containers[0].pull),
            (&*format!("nginx@{one}"), Pull::IfMissing)
        );
        assert_eq!((&*later.containers[1].image, later.containers[1].pull), ("busybox", Pull::AsNode));
    }

    #[test]
    fn a_node_that_tells_no_digest_leaves_the_tag() {
        let mut deployment = deployment();
        let definition = definition(&[("App", "nginx:1", Pull::Afresh)]);
        let pods = [got("web-01234-0001", ""), got("web-01234-0002", &hex('a'))];
        note(&mut deployment, &definition, pods.iter());
        assert_eq!(deployment.images, []);
        assert_eq!(definition.pinned(&deployment.images), definition);
    }

    #[test]
    fn a_tag_that_cannot_be_pulled_afresh_is_what_the_node_has() {
        let mut deployment = deployment();
        let definition = definition(&[("App", "nginx:1", Pull::Afresh)]);
        let waiting = json!({"waiting": {"reason": "ErrImagePull", "message": "no such host"}});
        let failed = pod(
            "web-01234-0001",
            "0123456789abcdef",
            json!({"name": "app-1", "image": "", "imageID": "",
            "ready": false, "restartCount": 0, "state": waiting}),
        );
        note(&mut deployment, &definition, [&failed].into_iter());
        assert_eq!(deployment.images[0].digest, None);
        let next = definition.pinned(&deployment.images);
        assert_eq!((&*next.containers[0].image, next.containers[0].pull), ("nginx:1", Pull::IfMissing));
        // What a later task had after all is what the others get.
        let found = got("web-01234-0002", &format!("docker.io/library/nginx@{}", hex('a')));
        note(&mut deployment, &definition, [&failed, &found].into_iter());
        assert_eq!(deployment.images[0].digest, Some(hex('a')));
    }
}
