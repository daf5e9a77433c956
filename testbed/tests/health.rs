//! The judges of an object's status.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::json;
use testbed::health::judge;

#[tokio::test]
async fn kstatus_and_a_script_of_ours_judge_an_object() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("health.lua");
    let text = "return {status = obj.status.phase, message = 'seen ' .. obj.metadata.generation}";
    std::fs::write(&script, text).unwrap();
    let mut object = json!({
        "apiVersion": "example.org/v1", "kind": "Thing",
        "metadata": {"name": "a", "namespace": "default", "generation": 3},
        "status": {"observedGeneration": 3, "phase": "Degraded", "conditions": [
            {"type": "Stalled", "status": "True", "reason": "Broken", "message": "it is broken"},
        ]},
    });
    let verdict = judge(Some(&script), &object).await.unwrap();
    assert_eq!((verdict.kstatus.as_str(), verdict.kstatus_message.as_str()), ("Failed", "it is broken"));
    let health = verdict.health.unwrap();
    assert_eq!((health.status.as_str(), health.message.as_str()), ("Degraded", "seen 3"));

    object["status"]["observedGeneration"] = json!(2);
    let verdict = judge(None, &object).await.unwrap();
    assert_eq!(verdict.kstatus, "InProgress");
    assert_eq!(verdict.health, None);

    std::fs::write(&script, "return nothing.here").unwrap();
    assert!(judge(Some(&script), &object).await.unwrap_err().to_string().contains("lua"));
}

#[tokio::test]
async fn argo_cd_s_own_scripts_are_known() {
    let issuer = json!({
        "apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "a"},
        "status": {"conditions": [{"type": "Ready", "status": "True", "message": "fine"}]},
    });
    let health = judge(None, &issuer).await.unwrap().health.unwrap();
    assert_eq!((health.status.as_str(), health.message.as_str()), ("Healthy", "fine"));
}
