//! Every field of a document has a fate, every fate a field, and `docs/fields.md` says which.

use berth::api::fate::{Document, Fate, Field, judge, markdown, paths};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_field_has_a_fate_and_every_fate_a_field() {
    for document in Document::ALL {
        let of_schema: BTreeSet<String> = paths(document).iter().map(|path| path.replace("[]", "")).collect();
        let mut of_table = BTreeSet::new();
        collect(document.fields(), "", &mut of_table);
        assert_eq!(of_schema, of_table, "{document:?}");
    }
}

fn collect(fields: &[Field], path: &str, paths: &mut BTreeSet<String>) {
    for field in fields {
        let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        collect(field.members, &path, paths);
        assert!(paths.insert(path.clone()), "{path} is there twice");
    }
}

#[test]
fn the_page_of_fields_is_generated() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md");
    let text = markdown();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "docs/fields.md is stale: run UPDATE=1 cargo test --test fields");
    assert!(!text.contains("| ? |"));
}

#[test]
fn members_that_say_nothing_are_accepted() {
    let judgement = judge(
        Document::TaskDefinition,
        &json!({
            "pidMode": "", "ipcMode": null, "proxyConfiguration": {},
            "containerDefinitions": [{
                "name": "a", "secrets": [], "privileged": false, "dnsServers": null, "links": [],
                "linuxParameters": {"capabilities": {"add": [], "drop": null}, "maxSwap": 0, "sharedMemorySize": 0},
                "restartPolicy": {"enabled": false, "ignoredExitCodes": [1]}, "user": "",
            }],
            "volumes": [{"name": "v", "host": {"sourcePath": ""}}],
        }),
    );
    assert_eq!(judgement, Default::default());
    let judgement = judge(
        Document::Service,
        &json!({
            "deploymentConfiguration": {
                "strategy": "ROLLING",
                "deploymentCircuitBreaker": {"enable": false, "rollback": true},
                "alarms": {"alarmNames": ["x"], "enable": false, "rollback": false},
            },
            "deploymentController": {"type": "ECS"},
            "serviceConnectConfiguration": {"enabled": false, "namespace": "x"},
            "propagateTags": "NONE",
        }),
    );
    assert_eq!(judgement, Default::default());
}

#[test]
fn refusals_name_their_place_and_what_was_meant() {
    let judgement = judge(
        Document::TaskDefinition,
        &json!({
            "inferenceAccelerators": [{"deviceName": "x", "deviceType": "eia1.medium"}], "revision": 3, "Family": "x",
            "executionRoleArn": "arn:aws:iam::1:role/x",
            "containerDefinitions": [{}, {
                "user": "postgres", "readonly_root_filesystem": true, "colour": 1,
                "healthCheck": {"commands": []},
                "logConfiguration": {"logDriver": "awslogs", "option": {}, "options": {"anything": "goes"}},
            }],
            "trustedExecutionConfiguration": {"isolationMode": "ISOLATED_SANDBOX"},
        }),
    );
    let refused: Vec<&str> = judgement.refused.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(
        refused,
        [
            "spec.containerDefinitions[1].user",
            "spec.inferenceAccelerators",
            "spec.revision",
            "spec.trustedExecutionConfiguration"
        ]
    );
    let unknown: Vec<(&str, Option<&str>)> =
        judgement.unknown.iter().map(|member| (member.path.as_str(), member.nearest)).collect();
    assert_eq!(
        unknown,
        [
            ("spec.Family", Some("family")),
            ("spec.containerDefinitions[1].colour", None),
            ("spec.containerDefinitions[1].healthCheck.commands", Some("command")),
            ("spec.containerDefinitions[1].logConfiguration.option", Some("options")),
            ("spec.containerDefinitions[1].readonly_root_filesystem", Some("readonlyRootFilesystem")),
        ]
    );
    assert_eq!(judgement.without_effect.len(), 1);
    assert!(!judgement.is_accepted());
}

#[test]
fn hostile_documents_are_judged_within_bounds() {
    let mut deep = json!({"secrets": 1});
    for _ in 0..200 {
        deep = json!({"dependsOn": [deep]});
    }
    let many: serde_json::Map<String, serde_json::Value> = (0..10_000)
        .map(|i| (format!("unknown\u{1b}{i}{}", "x".repeat(10_000 / (i + 1))), json!(i)))
        .collect();
    for spec in
        [deep, many.into(), json!(null), json!([[[]]]), json!("text"), json!({"containerDefinitions": 7})]
    {
        for document in Document::ALL {
            let judgement = judge(document, &spec);
            assert!(judgement.unknown.len() <= 100 && judgement.refused.len() <= 100);
            assert!(judgement.unknown.iter().all(|member| member.path.chars().count() < 200));
            assert!(!judgement.unknown.iter().any(|member| member.path.contains('\u{1b}')));
        }
    }
}

#[test]
fn fates_are_explained() {
    fn check(fields: &[Field]) {
        for field in fields {
            if let Fate::WithoutEffect(text) | Fate::Refused(text) = field.fate {
                assert!(text.len() > 10, "{}: {text}", field.name);
            }
            check(field.members);
        }
    }
    for document in Document::ALL {
        check(document.fields());
    }
}
