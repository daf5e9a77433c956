//! What an administrator grants reaches the tasks, and what nobody grants is told.

use crate::stage::{Stage, condition, definition, service};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::ResourceExt;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/shop/Web_Role";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-u9bH6K";

/// A Cluster of the stage's own with these grants.
fn cluster(name: &str, grants: Value) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": name},
        "spec": {"kubernetes": {"region": "eu-west-1", "grants": [grants]}},
    })
}

/// A definition that wants everything.
fn wanting(family: &str) -> Value {
    let mut document = definition(family, "nginx:1");
    document["spec"]["taskRoleArn"] = json!(ROLE);
    document["spec"]["containerDefinitions"][0]["secrets"] =
        json!([{"name": "PASSWORD", "valueFrom": format!("{SECRET}:password::")}]);
    document
}

/// A service of this name that runs that definition.
fn in_cluster(name: &str, cluster: &str) -> Value {
    let mut document = service(name, 1);
    document["spec"]["cluster"] = json!(cluster);
    document["spec"]["taskDefinition"] = json!("web");
    document
}

/// The kind of External Secrets, as far as Berth writes it.
const KIND: &str = r#"{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "externalsecrets.external-secrets.io"},
  "spec": {
    "group": "external-secrets.io", "scope": "Namespaced",
    "names": {"kind": "ExternalSecret", "plural": "externalsecrets", "singular": "externalsecret"},
    "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
      "type": "object", "properties": {"spec": {"type": "object", "properties": {
        "refreshInterval": {"type": "string"},
        "secretStoreRef": {"type": "object", "properties": {"name": {"type": "string"}, "kind": {"type": "string"}}},
        "target": {"type": "object", "properties": {
          "name": {"type": "string"}, "creationPolicy": {"type": "string"},
          "deletionPolicy": {"type": "string", "default": "Retain"}}},
        "dataFrom": {"type": "array", "items": {"type": "object", "properties": {"extract": {"type": "object",
          "properties": {"key": {"type": "string"}, "conversionStrategy": {"type": "string", "default": "Default"}}}}}}
      }}}}}}]
  }
}"#;

#[tokio::test(flavor = "multi_thread")]
async fn services_share_the_account_of_their_role_and_the_secret_that_is_fetched_for_them() {
    let stage = Stage::new("granted").await;
    let grants = json!({
        "namespaces": ["granted"],
        "roles": [{"arn": "arn:aws:iam::123456789012:role/shop/*"}],
        "secrets": [{"arn": "arn:aws:secretsmanager:*", "store": {"name": "aws"}}],
    });
    stage.bed.apply(&cluster("granted", grants.clone()).to_string()).await.unwrap();
    stage.apply(&[&wanting("web"), &in_cluster("one", "granted"), &in_cluster("two", "granted")]).await;
    let one = stage.steady("one").await;
    stage.steady("two").await;
    let (status, _, message) = condition(&one, "SecretsAvailable").expect("nobody fetches secrets here");
    assert!(status == "False" && message.contains("External Secrets is not installed"), "{message}");

    let accounts = stage.api::<ServiceAccount>();
    let pods = stage.live("one").await;
    let spec = pods[0].spec.as_ref().unwrap();
    let name = spec.service_account_name.clone().unwrap();
    assert_eq!(spec.automount_service_account_token, Some(false));
    let env = spec.containers[0].env.clone().unwrap();
    let from = env.iter().find_map(|one| one.value_from.as_ref()?.secret_key_ref.clone()).unwrap();
    assert_eq!((from.name.as_str(), from.key.as_str()), ("shop-db-keys", "password"));
    let account = accounts.get(&name).await.unwrap();
    assert_eq!(account.annotations()["eks.amazonaws.com/role-arn"], ROLE);
    assert_eq!(account.owner_references().len(), 2, "{:?}", account.owner_references());
    assert!(account.owner_references().iter().all(|owner| owner.controller.is_none()));

    stage.bed.apply(KIND).await.unwrap();
    stage
        .until("the secret is asked for", async || {
            let text = stage
                .bed
                .kubectl(&["--namespace", "granted", "get", "externalsecrets", "-o", "json"])
                .await
                .ok()?;
            let list: Value = serde_json::from_str(&text).ok()?;
            let [object] = &list["items"].as_array()?[..] else { return None };
            let users = object["metadata"]["ownerReferences"].as_array()?.len();
            assert_eq!(object["spec"]["dataFrom"][0]["extract"]["key"], json!(SECRET));
            (object["metadata"]["name"] == "shop-db-keys" && users == 2).then_some(())
        })
        .await;
    stage
        .until("nothing is missing any more", async || {
            condition(&stage.service("one").await, "SecretsAvailable").is_none().then_some(())
        })
        .await;

    // Another meaning of the role reaches the account that is there.
    let mut other = grants;
    other["roles"][0]["annotations"] = json!({"example.com/role": "$(ROLE_ARN)"});
    stage.bed.apply(&cluster("granted", other).to_string()).await.unwrap();
    stage
        .until("the account is annotated anew", async || {
            let account = accounts.get(&name).await.ok()?;
            let notes = account.annotations();
            let role = notes.get("example.com/role").filter(|role| *role == ROLE);
            role.filter(|_| !notes.contains_key("eks.amazonaws.com/role-arn")).map(|_| ())
        })
        .await;

    stage.kubectl(&["delete", "ecsservice", "one", "--wait"]).await;
    stage.kubectl(&["delete", "ecsservice", "two", "--wait"]).await;
    stage
        .until("the account has gone with its users", async || {
            accounts.get_opt(&name).await.unwrap().is_none().then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_grants_is_refused_with_the_grant_to_add() {
    let stage = Stage::new("ungranted").await;
    stage
        .bed
        .apply(
            &cluster("ungranted", json!({"namespaces": ["elsewhere"], "roles": [{"arn": "*"}]})).to_string(),
        )
        .await
        .unwrap();
    stage.apply(&[&wanting("web"), &in_cluster("web", "ungranted")]).await;
    let refused = stage
        .until("it is refused", async || {
            let service = stage.service("web").await;
            condition(&service, "Stalled").is_some().then_some(service)
        })
        .await;
    let (_, reason, message) = condition(&refused, "Stalled").unwrap();
    assert_eq!(reason, "Invalid");
    assert!(message.contains("spec.taskRoleArn") && message.contains("secrets[0].valueFrom"), "{message}");
    assert!(
        message.contains("adds to Cluster \"ungranted\" spec.kubernetes.grants: [{namespaces: [ungranted]")
    );
    assert!(stage.pods("web").await.is_empty());

    // A ServiceAccount that is there already has to allow it.
    let given = json!({"roles": [{"arn": ROLE, "serviceAccount": "web"}], "secrets": [{"arn": "*"}]});
    stage.bed.apply(&cluster("ungranted", given).to_string()).await.unwrap();
    stage.kubectl(&["create", "serviceaccount", "web"]).await;
    stage
        .until("the account does not allow it", async || {
            let service = stage.service("web").await;
            condition(&service, "Stalled").filter(|stalled| stalled.1 == "NotPermitted").map(|_| ())
        })
        .await;
    stage.kubectl(&["label", "serviceaccount", "web", "ecs.berth.dev/task-role=true"]).await;
    stage.steady("web").await;
    let pods = stage.live("web").await;
    assert_eq!(pods[0].spec.as_ref().unwrap().service_account_name.as_deref(), Some("web"));
}
