//! What the API server refuses, asked offline: each rule of ECS at its member and in its words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use berth::api::admission::violations;
use berth::api::fate::Document;
use serde_json::{Value, json};

/// What is said about `spec`: `path: message`, in order.
fn said(document: Document, spec: Value, old: Option<Value>) -> Vec<String> {
    let object = |spec: Value| json!({"metadata": {"name": "web"}, "spec": spec});
    violations(document, &object(spec), old.map(object).as_ref())
        .into_iter()
        .map(|violation| format!("{}: {}", violation.path, violation.message))
        .collect()
}

/// Merges `change` into a definition that is fine, and expects exactly one complaint that has these words.
#[track_caller]
fn definition_refused(change: Value, words: &str) {
    let mut spec =
        json!({"family": "web", "containerDefinitions": [{"name": "app", "image": "x", "memory": 128}]});
    spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    expect(said(Document::TaskDefinition, spec, None), words);
}

/// The same for a service.
#[track_caller]
fn service_refused(change: Value, words: &str) {
    let mut spec = json!({"taskDefinition": "web"});
    spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    expect(said(Document::Service, spec, None), words);
}

#[track_caller]
fn expect(said: Vec<String>, words: &str) {
    match said.as_slice() {
        [one] => assert!(one.contains(words), "{one}"),
        _ => panic!("{said:#?}"),
    }
}

#[test]
fn definitions_are_refused_as_ecs_refuses_them() {
    let app = json!({"name": "app", "image": "x", "memory": 128});
    let with = |change: Value| {
        let mut app = app.clone();
        app.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"containerDefinitions": [app]})
    };
    definition_refused(json!({"family": "my web"}), "spec.family: family must be");
    definition_refused(json!({"containerDefinitions": []}), "Container list cannot be empty.");
    definition_refused(with(json!({"essential": false})), "at least one container must be essential");
    definition_refused(json!({"containerDefinitions": [app, app]}), "container names must be unique");
    definition_refused(with(json!({"memory": null})), "At least one of 'memory' or 'memoryReservation'");
    definition_refused(json!({"cpu": "many"}), "Invalid 'cpu' setting for task.");
    definition_refused(json!({"memory": "1G"}), "Invalid 'memory' setting for task.");
    definition_refused(
        with(json!({"memoryReservation": 128})),
        "for container 'app'. 'memory' must be greater",
    );
    definition_refused(with(json!({"image": ""})), "Container.image should not be null or empty.");
    definition_refused(with(json!({"name": ""})), "Container.name should not be null or empty.");
    definition_refused(
        with(json!({"portMappings": [{"hostPort": 80}]})),
        "Invalid 'containerPort' setting for container 'app'.",
    );
    definition_refused(with(json!({"healthCheck": {"command": []}})), "a health check needs a command");
    definition_refused(
        with(json!({"ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]})),
        "softLimit must not",
    );
    definition_refused(
        json!({"placementConstraints": [{"type": "memberOf"}]}),
        "placementConstraints[0].expression",
    );
    definition_refused(
        json!({"volumes": [{"name": "a", "host": {"sourcePath": "/x"}, "configuredAtLaunch": true}]}),
        "spec.volumes[0]: a volume has exactly one kind",
    );
    definition_refused(json!({"networkMode": "aws-vpc"}), "Unsupported value: \"aws-vpc\"");
    let mut mismatch = with(json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}]}));
    mismatch["networkMode"] = "awsvpc".into();
    definition_refused(mismatch.clone(), "When networkMode=awsvpc, the host ports and container ports");
    mismatch["networkMode"] = "none".into();
    definition_refused(mismatch, "When networkMode=none");
    let mut sum = with(json!({"cpu": 512}));
    sum["cpu"] = ".25 vCPU".into();
    definition_refused(sum, "The sum of all container 'cpu' values");
}

#[test]
fn fargate_has_a_table_of_sizes() {
    let sized = |cpu: &str, memory: &str| {
        json!({
            "requiresCompatibilities": ["EC2", "FARGATE"], "networkMode": "awsvpc", "cpu": cpu, "memory": memory,
            "containerDefinitions": [{"name": "app", "image": "x"}],
        })
    };
    for (cpu, memory) in [
        ("256", "512"),
        ("0.25 vCPU", "0.5GB"),
        (".5 vcpu", "4 GB"),
        ("1024", "2048"),
        ("1 vCPU", "8GB"),
        ("4096", "30720"),
        ("8192", "61440"),
        ("16384", "32768"),
    ] {
        assert_eq!(said(Document::TaskDefinition, sized(cpu, memory), None), [""; 0], "{cpu} {memory}");
    }
    for (cpu, memory) in [("256", "4096"), ("300", "512"), ("8192", "16385"), ("16384", "30720")] {
        expect(said(Document::TaskDefinition, sized(cpu, memory), None), "No Fargate configuration exists");
    }
    definition_refused(
        json!({"requiresCompatibilities": ["FARGATE"], "memory": "512"}),
        "Fargate requires that 'cpu' be defined at the task level.",
    );
}

#[test]
fn services_are_refused_as_ecs_refuses_them() {
    service_refused(json!({"serviceName": "my web"}), "spec.serviceName");
    service_refused(json!({"taskDefinition": null}), "TaskDefinition can not be blank.");
    let provider = json!([{"capacityProvider": "a", "base": 1, "weight": 1}]);
    service_refused(json!({"launchType": "EC2", "capacityProviderStrategy": provider}), "but not both.");
    let daemon = |change: Value| {
        let mut spec = json!({"schedulingStrategy": "DAEMON"});
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        spec
    };
    service_refused(
        daemon(json!({"capacityProviderStrategy": provider})),
        "using the DAEMON scheduling strategy.",
    );
    service_refused(
        daemon(json!({"placementStrategy": [{"type": "random"}]})),
        "does not support placement strategies",
    );
    service_refused(daemon(json!({"desiredCount": 2})), "does not support a desired count");
    service_refused(
        daemon(json!({"deploymentConfiguration": {"maximumPercent": 200}})),
        "maximumPercent must be 100",
    );
    service_refused(
        json!({"launchType": "FARGATE", "placementConstraints": [{"type": "distinctInstance"}]}),
        "Placement constraints are not supported with FARGATE launch type.",
    );
    service_refused(
        json!({"placementConstraints": [{"type": "memberOf"}]}),
        "[0].expression: a memberOf constraint needs",
    );
    service_refused(
        json!({"placementConstraints": [{"type": "distinctInstance", "expression": "x == y"}]}),
        "a distinctInstance constraint has no expression",
    );
    for strategy in [
        json!({"type": "random", "field": "cpu"}),
        json!({"type": "binpack", "field": "disk"}),
        json!({"type": "spread", "field": "zone"}),
    ] {
        service_refused(json!({"placementStrategy": [strategy]}), "spec.placementStrategy[0].field");
    }
    service_refused(json!({"placementStrategy": vec![json!({"type": "random"}); 6]}), "at most 5");
    service_refused(json!({"serviceRegistries": [{"registryArn": "a"}, {"registryArn": "b"}]}), "at most 1");
}

#[test]
fn deployments_that_could_never_move_are_refused() {
    let percents = |change: Value| json!({"deploymentConfiguration": change});
    let words = "spec.deploymentConfiguration: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block";
    service_refused(percents(json!({"maximumPercent": 100, "minimumHealthyPercent": 100})), words);
    service_refused(percents(json!({"maximumPercent": 100})), words);
    for fine in [
        json!({"taskDefinition": "web", "deploymentConfiguration": {"minimumHealthyPercent": 100}}),
        json!({"taskDefinition": "web", "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 50}}),
        json!({"taskDefinition": "web", "schedulingStrategy": "DAEMON", "deploymentConfiguration": {"maximumPercent": 100}}),
        json!({"taskDefinition": "web", "schedulingStrategy": "DAEMON"}),
    ] {
        assert_eq!(said(Document::Service, fine, None), [""; 0]);
    }
}

#[test]
fn what_ecs_fixes_at_creation_cannot_be_changed() {
    let old = json!({"taskDefinition": "web", "launchType": "EC2"});
    for (change, words) in [
        (json!({"serviceName": "other"}), "serviceName cannot be changed"),
        (json!({"cluster": "other"}), "cluster cannot be changed"),
        (json!({"schedulingStrategy": "DAEMON"}), "schedulingStrategy cannot be changed"),
        (json!({"launchType": "EXTERNAL"}), "launchType cannot be changed"),
    ] {
        let mut new = old.clone();
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        expect(said(Document::Service, new, Some(old.clone())), words);
    }
    let same =
        json!({"taskDefinition": "api", "launchType": "EC2", "serviceName": "web", "cluster": "default"});
    assert_eq!(said(Document::Service, same, Some(old.clone())), [""; 0]);
    let moved = json!({"taskDefinition": "web", "capacityProviderStrategy": [{"capacityProvider": "a"}]});
    assert_eq!(said(Document::Service, moved.clone(), Some(old.clone())), [""; 0]);
    assert_eq!(said(Document::Service, old, Some(moved)), [""; 0]);
}

#[test]
fn registries_and_clusters_have_rules_too() {
    let records =
        |kind: &str| json!({"Name": "web", "DnsConfig": {"DnsRecords": [{"Type": kind, "TTL": 10}]}});
    assert_eq!(said(Document::ServiceDiscovery, records("A"), None), [""; 0]);
    expect(said(Document::ServiceDiscovery, records("CNAME"), None), "needs the routing policy WEIGHTED");
    expect(
        said(Document::ServiceDiscovery, json!({"Name": "my web"}), None),
        "spec.Name: Name must be a DNS name",
    );
    expect(
        said(Document::ServiceDiscovery, records("SRV"), Some(records("A"))),
        "types of DNS records cannot be changed",
    );
    expect(said(Document::Cluster, json!({"clusterName": "a b"}), None), "spec.clusterName");
    assert_eq!(said(Document::Cluster, json!({}), None), [""; 0]);
}

#[test]
fn grants_say_what_an_administrator_can_mean() {
    let grant = |grant: Value| said(Document::Cluster, json!({"kubernetes": {"grants": [grant]}}), None);
    let fine = json!({
        "namespaces": ["shop", "team-*", "*"],
        "hostPaths": ["/var/log/pods", "/data/*", "/*"],
        "roles": [{"arn": "arn:aws:iam::1:role/*", "annotations": {"a": "$(ROLE_ARN)"}}, {"arn": "*", "serviceAccount": "web"}],
        "secrets": [{"arn": "*", "store": {"name": "aws", "refreshInterval": "1h30m"}}, {"arn": "/x", "secretName": "x.y", "key": "A_b.c"}],
        "environmentFiles": [{"arn": "arn:aws:s3:::x/*"}, {"arn": "y", "configMapName": "z"}],
        "configFiles": [{"arn": "arn:aws:s3:::x/*", "configMapName": "z", "key": "extra.conf"}, {"arn": "y", "secretName": "z"}],
        "volumes": [{"source": "fs-1", "claimName": "data"}, {"source": "ebs", "storageClass": "gp3"}],
        "registries": [{"host": "*.example.com", "pullSecret": "x"}, {"host": "localhost:5000"}, {"host": "*"}],
    });
    assert_eq!(grant(fine), [""; 0]);
    for (wrong, words) in [
        (json!({"namespaces": ["Shop"]}), "a namespace is a name"),
        (json!({"namespaces": ["*-shop"]}), "a namespace is a name"),
        (json!({"permissions": ["Everything"]}), "Unsupported value: \"Everything\""),
        (json!({"hostPaths": ["var/log"]}), "a path is absolute"),
        (json!({"hostPaths": ["/var/lo*"]}), "a path is absolute"),
        (json!({"hostPaths": ["/var/../etc"]}), "a path is absolute"),
        (json!({"roles": [{"arn": "arn:*:role/x"}]}), "a * stands at the end only"),
        (json!({"roles": [{"arn": "x", "serviceAccount": "Web"}]}), "the name of an object"),
        (
            json!({"roles": [{"arn": "x", "serviceAccount": "web", "annotations": {}}]}),
            "give serviceAccount or annotations",
        ),
        (json!({"secrets": [{"arn": "x", "key": "a b"}]}), "a key of a Secret"),
        (
            json!({"secrets": [{"arn": "*", "secretName": "x", "store": {"name": "aws"}}]}),
            "cannot be fetched into one Secret",
        ),
        (
            json!({"secrets": [{"arn": "*", "store": {"name": "aws", "refreshInterval": "daily"}}]}),
            "a time such as 1h",
        ),
        (
            json!({"configFiles": [{"arn": "x", "configMapName": "a", "secretName": "b"}]}),
            "a key of either a ConfigMap or a Secret",
        ),
        (json!({"configFiles": [{"arn": "*.conf"}]}), "a * stands at the end only"),
        (json!({"configFiles": [{"arn": "x", "key": "a/b"}]}), "a key has letters"),
        (
            json!({"environmentFiles": [{"arn": "x", "configMapName": "a", "secretName": "b"}]}),
            "either a ConfigMap or a Secret",
        ),
        (
            json!({"volumes": [{"source": "x", "claimName": "a", "storageClass": "b"}]}),
            "give claimName or storageClass",
        ),
        (json!({"registries": [{"host": "https://example.com"}]}), "without scheme and path"),
        (json!({"registries": [{"host": "example.com/team"}]}), "without scheme and path"),
    ] {
        expect(grant(wrong), words);
    }
}
