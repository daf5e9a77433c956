//! Tasks that are protected outlive a scale-in and a deployment.

use std::process::{Command, Output};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::stage::{Stage, condition, definition, names, service};

const PROTECTED: &str = "ecs.berth.dev/protected-until";
const EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
const DISRUPT: &str = "karpenter.sh/do-not-disrupt";

fn protect(stage: &Stage, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["protect", "--namespace", &stage.namespace, "--kubeconfig"])
        .arg(stage.bed.kubeconfig())
        .args(args)
        .output()
        .unwrap()
}

/// What autoscalers are told.
fn told(pod: &Pod) -> (Option<&str>, Option<&str>) {
    let value = |key| pod.annotations().get(key).map(String::as_str);
    (value(EVICT), value(DISRUPT))
}

async fn pod(stage: &Stage, name: &str) -> Pod {
    stage.api::<Pod>().get(name).await.unwrap()
}

async fn until_told(stage: &Stage, name: &str, wanted: (Option<&str>, Option<&str>)) {
    stage
        .until(&format!("autoscalers are told {wanted:?} of {name}"), async || {
            (told(&pod(stage, name).await) == wanted).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_task_outlives_scale_in_and_deployment_until_that_is_over() {
    let stage = Stage::new("protected").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 4)]).await;
    stage.steady("web").await;
    let live = stage.live("web").await;
    let (first, second) = (live[0].name_any(), live[3].name_any());
    let id = live[3].uid().unwrap().replace('-', "");
    let output = protect(&stage, &[&first, &format!("arn:aws:ecs:eu-west-1:1:task/default/{id}")]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains(&format!("pod/{first} protected until 20")),
        "{output:?}"
    );
    for name in [&first, &second] {
        until_told(&stage, name, (Some("false"), Some("true"))).await;
    }
    let shown = |count| move |it: &berth::api::Service| it.status.as_ref().unwrap().protected_count == count;
    stage.until_service("web", "it says that two are protected", shown(Some(2))).await;

    stage.kubectl(&["scale", "ecssvc/web", "--replicas=1"]).await;
    let note = stage.event("web", "TasksetScaleInFailureByTaskProtection").await;
    assert!(
        note.contains("was unable to scale in. Reason: The number of protected tasks are more than"),
        "{note}"
    );
    stage
        .until("only the protected are left", async || (stage.live("web").await.len() == 2).then_some(()))
        .await;
    assert_eq!(names(&stage.live("web").await), [first.clone(), second.clone()]);
    let service = stage.service("web").await;
    let (status, reason, message) = condition(&service, "Ready").unwrap();
    assert_eq!((status.as_str(), reason.as_str()), ("False", "Scaling"));
    assert!(
        message.contains("1 task(s) that would have to stop are protected, the first until"),
        "{message}"
    );

    let output = protect(&stage, &["--off", &second]);
    assert!(output.status.success(), "{output:?}");
    stage.steady("web").await;
    assert_eq!(names(&stage.live("web").await), std::slice::from_ref(&first));

    // A deployment starts the new task and waits for the old one.
    stage.apply(&[&definition("web", "nginx:2")]).await;
    stage
        .until("there is the new one too", async || (stage.live("web").await.len() == 2).then_some(()))
        .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(names(&stage.live("web").await).contains(&first));
    assert_eq!(stage.service("web").await.status.unwrap().deployments.len(), 2);
    // It ends by itself.
    let soon = k8s_openapi::jiff::Timestamp::now() + Duration::from_secs(4);
    stage.kubectl(&["annotate", "--overwrite", "pod", &first, &format!("{PROTECTED}={soon}")]).await;
    stage
        .until("the protected one is gone", async || {
            (!names(&stage.live("web").await).contains(&first)).then_some(())
        })
        .await;
    stage.steady("web").await;
    stage.until_service("web", "nothing is protected", shown(None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_over_autoscalers_are_told_what_they_were_told_before() {
    let stage = Stage::new("unprotected").await;
    stage.apply(&[&definition("web", "nginx:1"), &service("web", 1)]).await;
    stage.steady("web").await;
    let name = stage.live("web").await[0].name_any();
    assert!(protect(&stage, &[&name, "--for", "5"]).status.success());
    until_told(&stage, &name, (Some("false"), Some("true"))).await;
    assert!(protect(&stage, &[&name, "--off"]).status.success());
    until_told(&stage, &name, (Some("true"), None)).await;
    let soon = k8s_openapi::jiff::Timestamp::now() + Duration::from_secs(3);
    stage.kubectl(&["annotate", "pod", &name, &format!("{PROTECTED}={soon}")]).await;
    until_told(&stage, &name, (Some("false"), Some("true"))).await;
    until_told(&stage, &name, (Some("true"), None)).await;
    stage.steady("web").await;
    assert_eq!(names(&stage.live("web").await), [name]);

    for (args, part) in [
        (&["nobody"][..], "nobody is no task of a service in namespace unprotected"),
        (&["x", "--for", "2881"], "2881 is not in 1..=2880"),
        (&["x", "--off", "--for", "5"], "cannot be used with"),
        (&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"], "name up to 10"),
    ] {
        let output = protect(&stage, args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(part), "{said}");
    }
}
