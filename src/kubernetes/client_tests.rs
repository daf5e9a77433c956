//! The client against a server that answers by script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse as _;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// The next answers, and what was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<u16>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(script): State<Script>, request: axum::extract::Request) -> axum::response::Response {
    let agent = request.headers()["user-agent"].to_str().unwrap().to_owned();
    script.asked.lock().unwrap().push(format!("{} {agent}", request.method()));
    let next = script.answers.lock().unwrap().pop_front();
    match next {
        None => json!({"metadata": {"name": "web"}}).to_string().into_response(),
        Some(0) => std::future::pending().await,
        Some(code) => {
            let status =
                json!({"kind": "Status", "code": code, "status": "Failure", "message": "", "reason": ""});
            (StatusCode::from_u16(code).unwrap(), [("retry-after", "0")], status.to_string()).into_response()
        }
    }
}

/// Pods of a server that answers with `codes` (0: never), and then well.
async fn pods(codes: &[u16]) -> (Api<Pod>, Script) {
    let script = Script::default();
    script.answers.lock().unwrap().extend(codes);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Api::namespaced(client_of(address).await, "shop"), script)
}

async fn client_of(address: std::net::SocketAddr) -> Client {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    let text = format!(
        "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: c, user: u}}}}],
           clusters: [{{name: c, cluster: {{server: 'http://{address}'}}}}], users: [{{name: u, user: {{}}}}]}}"
    );
    std::fs::write(&path, text).unwrap();
    let options =
        ClientOptions { kubeconfig: Some(path), timeout: Duration::from_secs(2), ..ClientOptions::default() };
    client(&options, &Metrics::new()).await.unwrap()
}

fn asked(script: &Script) -> usize {
    script.asked.lock().unwrap().len()
}

#[tokio::test]
async fn reads_are_repeated_and_say_who_asks() {
    let (pods, script) = pods(&[429, 503, 504]).await;
    pods.get("web").await.unwrap();
    let agent = format!("GET berth/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(*script.asked.lock().unwrap(), vec![agent; 4]);
}

#[tokio::test]
async fn a_create_is_repeated_only_when_it_was_turned_away() {
    let (pods, script) = pods(&[429, 503]).await;
    let error = pods.create(&PostParams::default(), &Pod::default()).await.unwrap_err();
    assert!(matches!(&error, kube::Error::Api(status) if status.code == 503), "{error}");
    assert_eq!(asked(&script), 2);
}

#[tokio::test]
async fn an_apply_and_a_delete_of_one_object_are_repeated_others_are_not() {
    let patch = json!({"metadata": {"name": "web"}});
    let (api, script) = pods(&[503]).await;
    api.patch("web", &PatchParams::apply("berth"), &Patch::Apply(&patch)).await.unwrap();
    assert_eq!(asked(&script), 2);
    let (api, script) = pods(&[503]).await;
    api.patch("web", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap_err();
    assert_eq!(asked(&script), 1);
    let (api, script) = pods(&[503]).await;
    let preconditions = Some(Preconditions { uid: Some("u".into()), resource_version: None });
    api.delete("web", &DeleteParams { preconditions, ..DeleteParams::default() }).await.unwrap();
    assert_eq!(asked(&script), 2);
    let (api, script) = pods(&[503]).await;
    api.delete("web", &DeleteParams::default()).await.unwrap_err();
    assert_eq!(asked(&script), 1);
}

#[tokio::test]
async fn no_answer_ends_in_time_and_is_not_repeated() {
    let (pods, script) = pods(&[0]).await;
    let start = std::time::Instant::now();
    let error = pods.get("web").await.unwrap_err();
    assert!(error.to_string().contains("no answer to GET within 2s"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(asked(&script), 1);
}

#[tokio::test]
async fn tries_are_bounded() {
    let (pods, script) = pods(&[503; 20]).await;
    pods.get("web").await.unwrap_err();
    assert!(asked(&script) <= 5, "{}", asked(&script));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_even_for_a_create() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let pods: Api<Pod> = Api::namespaced(client_of(address).await, "shop");
    let error = pods.create(&PostParams::default(), &Pod::default()).await.unwrap_err();
    assert!(is_refused(&error), "{error:?}");
    let router = Router::new().fallback(answer).with_state(Script::default());
    tokio::spawn(async move {
        sleep(Duration::from_millis(150)).await;
        let listener = TcpListener::bind(address).await.unwrap();
        axum::serve(listener, router).await
    });
    pods.create(&PostParams::default(), &Pod::default()).await.unwrap();
}

#[test]
fn a_refused_eviction_is_an_answer() {
    let refused = || Ok(Response::builder().status(429).body(Body::empty()).unwrap());
    assert!(again(&refused(), false, false, 1).is_some());
    assert!(again(&refused(), false, true, 1).is_none());
}
