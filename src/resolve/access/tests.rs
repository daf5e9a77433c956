use crate::api::{Cluster, TaskDefinitionSpec};
use crate::model::access::{Form, KeyedObject, TaskRole};
use crate::model::{Include, TaskDefinition, Violation};
use crate::resolve::grants::Grants;
use crate::resolve::remedy;
use crate::resolve::task_definition::task_definition;
use serde_json::{Value, json};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-u9bH6K";
const ROLE: &str = "arn:aws:iam::123456789012:role/app/Web_Role";

fn granted(grants: Value) -> Grants {
    let spec =
        serde_json::from_value(json!({"kubernetes": {"region": "eu-west-1", "grants": [grants]}})).unwrap();
    Grants::of(&Cluster::new("prod", spec), "prod", "shop")
}

fn resolve(container: Value, grants: &Grants) -> Result<TaskDefinition, Vec<Violation>> {
    let mut whole = json!({"name": "app", "image": "example.com/app:1", "memory": 64});
    whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    definition(json!({"containerDefinitions": [whole]}), grants)
}

fn definition(spec: Value, grants: &Grants) -> Result<TaskDefinition, Vec<Violation>> {
    let spec: TaskDefinitionSpec = serde_json::from_value(spec).unwrap();
    task_definition(&spec, "web", 1, grants)
}

fn only(found: Result<TaskDefinition, Vec<Violation>>) -> Violation {
    let found = found.unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

fn secrets(pairs: &[(&str, &str)]) -> Value {
    let list: Vec<Value> =
        pairs.iter().map(|(name, from)| json!({"name": name, "valueFrom": from})).collect();
    json!({"secrets": list})
}

#[test]
fn a_secret_is_a_key_of_the_secret_that_a_grant_names() {
    let grants =
        granted(json!({"secrets": [{"arn": "*"}, {"arn": "/prod/key", "secretName": "keys", "key": "k"}]}));
    let document = secrets(&[("A", SECRET), ("B", &format!("{SECRET}:user::")), ("C", "/prod/key")]);
    let app = resolve(document, &grants).unwrap().containers.remove(0);
    let read: Vec<String> =
        app.secrets.iter().map(|(name, from)| format!("{name}={}/{}", from.secret, from.key)).collect();
    assert_eq!(read, ["A=prod-db/value", "B=prod-db/user", "C=keys/k"]);
}

#[test]
fn a_secret_that_no_grant_names_is_refused_with_the_grant_to_add() {
    let found = only(resolve(secrets(&[("A", SECRET)]), &granted(json!({}))));
    assert_eq!(found.path, "spec.containerDefinitions[0].secrets[0].valueFrom");
    let told = remedy([&found]).unwrap();
    let grant = "secrets: [{arn: \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db\"}]";
    assert!(told.contains(grant) && told.contains("adds to Cluster \"prod\""), "{told}");
    let found = only(resolve(secrets(&[("A", "/x")]), &Grants::none("prod", "shop")));
    let told = remedy([&found]).unwrap();
    assert!(told.contains("applies {apiVersion: ecs.berth.dev/v1alpha1, kind: Cluster"), "{told}");
    assert!(resolve(secrets(&[("A", SECRET)]), &Grants::open()).is_ok());
}

#[test]
fn a_name_in_secrets_and_environment_is_refused_in_the_words_of_ecs() {
    let mut document = secrets(&[("A", "/x"), ("B", "/y"), ("B", "/z")]);
    document["environment"] = json!([{"name": "A", "value": "1"}]);
    let found = resolve(document, &Grants::open()).unwrap_err();
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("spec.containerDefinitions[0].secrets[0].name: The secret name must be unique")
    );
    assert!(told[1].contains("secrets[2].name") && told[1].ends_with("such as 'B'."), "{}", told[1]);
}

#[test]
fn a_store_is_asked_once_for_each_form_and_version_of_a_secret() {
    let grants = granted(json!({"secrets": [{"arn": "*", "store": {"name": "aws"}}]}));
    let document = secrets(&[
        ("A", SECRET),
        ("B", &format!("{SECRET}:user::")),
        ("C", &format!("{SECRET}:password::")),
        ("D", &format!("{SECRET}::AWSPREVIOUS:")),
        ("E", &format!("{SECRET}:::v-1")),
        ("F", "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/key"),
    ]);
    let task = resolve(document, &grants).unwrap();
    let fetched = &task.access.fetched;
    let told: Vec<(&str, &str, Option<&str>)> = fetched
        .iter()
        .map(|one| (one.name.as_str(), one.remote_key.as_str(), one.version.as_deref()))
        .collect();
    assert_eq!(told[0], ("prod-db", SECRET, None));
    assert_eq!(told[1], ("prod-db-keys", SECRET, None));
    assert_eq!((told[2].1, told[2].2), (SECRET, Some("AWSPREVIOUS")));
    assert_eq!((told[3].1, told[3].2), (SECRET, Some("uuid/v-1")));
    assert_eq!(told[4], ("prod-key", "/prod/key", None));
    assert_eq!(told.len(), 5);
    assert_eq!((&fetched[0].form, &fetched[1].form), (&Form::Whole("value".into()), &Form::Members));
    let names: Vec<&str> = task.containers[0].secrets.iter().map(|(_, from)| from.secret.as_str()).collect();
    assert_eq!(names[1..3], ["prod-db-keys", "prod-db-keys"]);
    assert!(names[3].starts_with("prod-db-") && names[3] != names[4]);
    assert!(task.access.without_effect.is_empty());
}

#[test]
fn a_key_in_another_store_is_said_in_the_grant() {
    let store = json!({"name": "vault", "kind": "ClusterSecretStore", "remoteKey": "kv/$(NAME)"});
    let grants = granted(json!({"secrets": [{"arn": "*", "store": store}]}));
    let task = resolve(secrets(&[("A", SECRET)]), &grants).unwrap();
    assert_eq!(task.access.fetched[0].remote_key, "kv/prod/db");
    assert_eq!(task.access.fetched[0].store.kind, "ClusterSecretStore");
}

#[test]
fn a_version_of_somebody_elses_secret_is_said_to_be_theirs() {
    let grants = granted(json!({"secrets": [{"arn": "*"}]}));
    let task = resolve(secrets(&[("A", &format!("{SECRET}::AWSPREVIOUS:"))]), &grants).unwrap();
    assert_eq!(task.access.without_effect[0].path, "spec.containerDefinitions[0].secrets[0].valueFrom");
}

#[test]
fn environment_files_are_objects_that_grants_name() {
    let file = |name: &str| json!({"value": format!("arn:aws:s3:::config/{name}"), "type": "s3"});
    let grants = granted(json!({"environmentFiles": [
        {"arn": "arn:aws:s3:::config/*"}, {"arn": "arn:aws:s3:::config/secret.env", "secretName": "s"},
    ]}));
    let document = json!({"environmentFiles": [file("Web_App.env"), file("secret.env")]});
    let app = resolve(document, &grants).unwrap().containers.remove(0);
    let expected = [KeyedObject::ConfigMap("web-app".into()), KeyedObject::Secret("s".into())];
    assert_eq!(app.environment_files, expected);
    let found = only(resolve(json!({"environmentFiles": [file("a.txt")]}), &grants));
    assert!(found.message.ends_with("ends in .env"), "{found}");
    let eleven: Vec<Value> = (0..11).map(|number| file(&format!("{number}.env"))).collect();
    let found = only(resolve(json!({"environmentFiles": eleven}), &grants));
    assert_eq!(found.message, "at most 10 environment files, not 11");
    let found = only(resolve(json!({"environmentFiles": [file("a.env")]}), &granted(json!({}))));
    assert!(
        remedy([&found]).unwrap().contains("environmentFiles: [{arn: \"arn:aws:s3:::config/a.env\"}]"),
        "{found:?}"
    );
}

fn with_role(grants: &Grants) -> Result<TaskDefinition, Vec<Violation>> {
    let container = json!({"name": "app", "image": "app", "memory": 64});
    definition(json!({"taskRoleArn": ROLE, "containerDefinitions": [container]}), grants)
}

#[test]
fn a_role_is_the_service_account_that_a_grant_says() {
    let made =
        |mapping: Value| with_role(&granted(json!({"roles": [mapping]}))).unwrap().access.role.unwrap();
    let TaskRole::Made { annotations, .. } = made(json!({"arn": ROLE})) else { panic!() };
    assert_eq!(annotations["eks.amazonaws.com/role-arn"], ROLE);
    let custom = json!({"arn": "arn:aws:iam::*", "annotations": {"x.example.com/role": "<$(ROLE_ARN)>"}});
    let TaskRole::Made { annotations, .. } = made(custom) else { panic!() };
    assert_eq!(annotations["x.example.com/role"], format!("<{ROLE}>"));
    let TaskRole::Made { annotations, .. } = made(json!({"arn": ROLE, "annotations": {}})) else { panic!() };
    assert!(annotations.is_empty());
    assert_eq!(made(json!({"arn": ROLE, "serviceAccount": "web"})), TaskRole::Given { name: "web".into() });
}

#[test]
fn an_unmapped_role_is_refused_only_where_an_administrator_has_written_a_cluster() {
    let found = only(with_role(&granted(json!({}))));
    assert_eq!(found.path, "spec.taskRoleArn");
    assert!(remedy([&found]).unwrap().contains(&format!("roles: [{{arn: \"{ROLE}\"}}]")), "{found}");
    let lenient = with_role(&granted(json!({"permissions": ["UnmappedRoles"]}))).unwrap();
    assert_eq!(lenient.access.unmapped_role.as_deref(), Some(ROLE));
    let disabled = ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned());
    assert!(lenient.containers[0].environment.contains(&disabled));
    let without = with_role(&Grants::none("default", "shop")).unwrap();
    assert_eq!(without.access.unmapped_role.as_deref(), Some(ROLE));
    assert!(without.containers[0].environment.is_empty());
}

#[test]
fn what_the_document_sets_is_left_alone() {
    let grants = granted(json!({}));
    let document = json!({"environment": [{"name": "AWS_REGION", "value": "us-east-1"}]});
    let app = resolve(document, &grants).unwrap().containers.remove(0);
    let value =
        |name: &str| app.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((value("AWS_REGION"), value("AWS_DEFAULT_REGION")), (Some("us-east-1"), Some("eu-west-1")));
    assert_eq!(app.environment.len(), 2);
}

#[test]
fn registries_have_the_credentials_that_grants_name() {
    let grants = granted(json!({"registries": [
        {"host": "*.example.com", "pullSecret": "team"}, {"host": "123456789012.dkr.ecr.eu-west-1.amazonaws.com"},
    ]}));
    let image = |image: &str| json!({"image": image});
    let access = |image: Value, grants: &Grants| resolve(image, grants).unwrap().access;
    assert_eq!(access(image("registry.example.com/app"), &grants).pull_secrets, ["team"]);
    assert_eq!(access(image("app"), &grants), access(image("nginx"), &grants));
    let ecr = image("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1");
    assert!(access(ecr.clone(), &grants).unmapped_images.is_empty());
    let without = granted(json!({}));
    let about = super::about_images(&access(ecr, &without), &without).unwrap();
    assert!(about.contains(
        "registries: [{host: \"123456789012.dkr.ecr.eu-west-1.amazonaws.com\", pullSecret: NAME}]"
    ));
    let credentials = json!({"repositoryCredentials": {"credentialsParameter": SECRET}});
    assert_eq!(
        resolve(
            credentials.clone(),
            &granted(json!({"registries": [{"host": "example.com", "pullSecret": "x"}]}))
        )
        .unwrap()
        .access
        .pull_secrets,
        ["x"]
    );
    let found = only(resolve(credentials, &without));
    assert!(
        remedy([&found]).unwrap().contains("registries: [{host: example.com, pullSecret: NAME}]"),
        "{found}"
    );
}

#[test]
fn a_log_has_a_group_and_a_stream() {
    let log = |options: Value| json!({"logConfiguration": {"logDriver": "awslogs", "options": options}});
    let document = log(
        json!({"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}),
    );
    let app = resolve(document, &Grants::open()).unwrap().containers.remove(0);
    let read = app.log.unwrap();
    assert_eq!((read.group.as_deref(), read.stream.as_deref()), (Some("/ecs/web"), Some("p/app/$(TASK_ID)")));
    let document = log(json!({"awslogs-group": "g", "awslogs-region": "r"}));
    let app = resolve(document, &Grants::open()).unwrap().containers.remove(0);
    assert_eq!(app.log.unwrap().stream.as_deref(), Some("$(CONTAINER_ID)"));
    let found = only(resolve(log(json!({})), &Grants::open()));
    assert_eq!(found.message, "Log driver awslogs requires options: awslogs-region, awslogs-group");
}

fn routed(grants: &Grants) -> Result<TaskDefinition, Vec<Violation>> {
    definition(
        json!({"containerDefinitions": [
            {"name": "app", "image": "app", "memory": 64, "logConfiguration": {
                "logDriver": "awsfirelens",
                "options": {"Name": "http", "Host": "logs", "log-driver-buffer-limit": "1024"},
                "secretOptions": [{"name": "http_Passwd", "valueFrom": "/logs/password"}],
            }},
            {"name": "router", "image": "fluent-bit", "memory": 64,
             "firelensConfiguration": {"type": "fluentbit", "options": {"config-file-type": "file", "config-file-value": "/x.conf"}}},
        ]}),
        grants,
    )
}

#[test]
fn a_router_gets_the_outputs_of_the_others_and_starts_first() {
    let grants = granted(json!({"secrets": [{"arn": "*"}], "hostPaths": ["/var/log/*"]}));
    let task = routed(&grants).unwrap();
    let names: Vec<&str> = task.containers.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["router", "app"]);
    let (router, app) = (&task.containers[0], &task.containers[1]);
    let settings = router.log_router.as_ref().unwrap();
    assert!(
        settings.reads_node
            && settings.metadata
            && settings.include == Some(Include::OfImage("/x.conf".into()))
    );
    let output = &settings.outputs[0];
    assert_eq!((output.container.as_str(), output.buffer_limit), ("app", Some(1024)));
    assert_eq!(output.options["http_Passwd"], "${FIRELENS_SECRET_0}");
    assert_eq!(router.secrets[0].0, "FIRELENS_SECRET_0");
    assert_eq!(router.secrets[0].1.secret, "logs-password");
    assert!(app.environment.contains(&("FLUENT_HOST".into(), "127.0.0.1".into())) && app.secrets.is_empty());
    assert!(task.access.without_effect.is_empty());
}

#[test]
fn a_router_that_may_not_read_the_nodes_files_says_what_it_misses() {
    let task = routed(&granted(json!({"secrets": [{"arn": "*"}]}))).unwrap();
    assert!(!task.containers[0].log_router.as_ref().unwrap().reads_node);
    let told = &task.access.without_effect[0];
    assert_eq!(told.path, "spec.containerDefinitions[1].firelensConfiguration");
    assert!(told.message.contains("hostPaths: [/var/log/pods]"), "{told}");
}

fn routed_by(file: Value, grants: &Grants) -> Result<TaskDefinition, Vec<Violation>> {
    let options = json!({"config-file-type": "s3", "config-file-value": file});
    let configuration = json!({"firelensConfiguration": {"type": "fluentd", "options": options}});
    resolve(configuration, grants)
}

#[test]
fn settings_of_a_router_in_s3_are_the_key_that_a_grant_names() {
    let grants = granted(json!({"configFiles": [
        {"arn": "arn:aws:s3:::conf/*"},
        {"arn": "arn:aws:s3:::conf/team/*", "configMapName": "routers"},
        {"arn": "arn:aws:s3:::conf/team/x.conf", "secretName": "own", "key": "settings"}]}));
    let include = |path: &str| {
        let task = routed_by(format!("arn:aws:s3:::conf/{path}").into(), &grants).unwrap();
        task.containers[0].log_router.clone().unwrap().include.unwrap()
    };
    let of = |object: KeyedObject, key: &str| Include::Mapped { object, key: key.to_owned() };
    assert_eq!(include("Extra_1.conf"), of(KeyedObject::ConfigMap("extra-1-conf".into()), "Extra_1.conf"));
    assert_eq!(include("team/a b.conf"), of(KeyedObject::ConfigMap("routers".into()), "a_b.conf"));
    assert_eq!(include("team/x.conf"), of(KeyedObject::Secret("own".into()), "settings"));
}

#[test]
fn settings_of_a_router_that_no_grant_names_are_refused_with_the_grant_to_add() {
    let found = only(routed_by(json!("arn:aws:s3:::conf/x.conf"), &granted(json!({}))));
    assert_eq!(found.path, "spec.containerDefinitions[0].firelensConfiguration.options.config-file-value");
    let grant = "configFiles: [{arn: \"arn:aws:s3:::conf/x.conf\"}]";
    assert!(remedy([&found]).unwrap().contains(grant), "{found:?}");
    assert!(routed_by(json!("arn:aws:s3:::conf/x.conf"), &Grants::open()).is_ok());
    for wrong in ["", "/x.conf", "arn:aws:s3:::conf", "arn:aws:s3:::conf/", "s3://conf/x.conf"] {
        let found = only(routed_by(json!(wrong), &Grants::open()));
        assert!(found.message.contains("write arn:aws:s3:::BUCKET/PATH"), "{wrong}: {found}");
    }
}

#[test]
fn driver_awsfirelens_needs_a_router() {
    let document = json!({"logConfiguration": {"logDriver": "awsfirelens"}});
    let found = only(resolve(document, &Grants::open()));
    assert_eq!(found.path, "spec.containerDefinitions[0].logConfiguration.logDriver");
}
