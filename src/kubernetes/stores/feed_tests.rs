//! Feeds against API servers of every age and mood.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as Asked, State};
use axum::response::Response;
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Config;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::super::{Watched, Watches};
use super::*;
use crate::kubernetes::version::ResourceVersion;
use crate::observe::Pulses;

/// An answer: a status and lines. `Hang` keeps the connection open after them.
enum Answer {
    End(u16, Vec<Value>),
    Hang(Vec<Value>),
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(script): State<Script>, asked: Asked) -> Response<Body> {
    let query = asked.uri().query().unwrap_or_default();
    let interesting = ["sendInitialEvents", "resourceVersion", "continue", "limit"];
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| pair.split_once('=').is_some_and(|(key, _)| interesting.contains(&key)))
        .collect();
    script.asked.lock().unwrap().push(kept.join("&"));
    let next = script.answers.lock().unwrap().pop_front();
    let (code, lines, hangs) = match next {
        Some(Answer::End(code, lines)) => (code, lines, false),
        Some(Answer::Hang(lines)) => (200, lines, true),
        None => (200, vec![], true),
    };
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let first = futures::stream::iter([Ok::<_, std::io::Error>(text)]);
    let rest = futures::stream::pending();
    let body = if hangs { Body::from_stream(first.chain(rest)) } else { Body::from_stream(first) };
    Response::builder().status(code).body(body).unwrap()
}

struct Bed {
    watched: Watched<ConfigMap>,
    told: Arc<Mutex<Vec<String>>>,
    script: Script,
    cancel: CancellationToken,
}

/// Watches a server that gives `answers` and then nothing.
async fn bed(answers: Vec<Answer>) -> Bed {
    let script = Script::default();
    script.answers.lock().unwrap().extend(answers);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut config = Config::new(format!("http://{address}").parse().unwrap());
    config.default_retry = false;
    let client = Client::try_from(config).unwrap();
    let cancel = CancellationToken::new();
    let watches = Watches::new(client, Metrics::new(), Pulses::default(), TaskTracker::new(), cancel.clone());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    let watched = watches.watch(Selection::default(), move |object: &ConfigMap, change| {
        let name = object.metadata.name.clone().unwrap();
        sink.lock().unwrap().push(format!("{change:?} {name}"));
    });
    Bed { watched, told, script, cancel }
}

impl Bed {
    async fn has_seen(&self, version: &str) {
        let version = ResourceVersion::parse(version).unwrap();
        let seen = async {
            while self.watched.seen() < version {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), seen).await.unwrap_or_else(|_| panic!("{:?}", self.asked()));
    }

    fn asked(&self) -> Vec<String> {
        self.script.asked.lock().unwrap().clone()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn event(kind: &str, name: &str, version: &str) -> Value {
    json!({"type": kind, "object": {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"namespace": "a", "name": name, "uid": name, "resourceVersion": version},
    }})
}

fn bookmark(version: &str, annotations: Value) -> Value {
    json!({"type": "BOOKMARK", "object": {
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"resourceVersion": version, "annotations": annotations},
    }})
}

fn list_end(version: &str) -> Value {
    bookmark(version, json!({LIST_END: "true"}))
}

fn page(names: &[&str], version: &str, token: &str) -> Value {
    let object = |name: &&str| event("", name, "1")["object"].clone();
    let items: Vec<_> = names.iter().map(object).collect();
    json!({"kind": "ConfigMapList", "apiVersion": "v1", "items": items,
        "metadata": {"resourceVersion": version, "continue": token}})
}

fn failure(code: u16) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "no", "reason": "x",
        "metadata": {}})
}

const STREAM: &str = "sendInitialEvents=true&resourceVersion=";

#[tokio::test]
async fn a_streamed_list_is_a_consistent_read_and_the_watch_goes_on_from_its_end() {
    let bed = bed(vec![
        Answer::Hang(vec![event("ADDED", "x", "3"), list_end("7")]),
        Answer::Hang(vec![event("ADDED", "y", "8"), event("DELETED", "x", "9"), bookmark("12", json!({}))]),
    ])
    .await;
    bed.has_seen("12").await;
    assert_eq!(bed.asked(), [STREAM, "resourceVersion=7"]);
    assert_eq!(*bed.told.lock().unwrap(), ["Applied x", "Applied y", "Deleted x"]);
    assert_eq!(bed.watched.state().len(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_to_stream_lists_is_asked_for_pages() {
    let bed = bed(vec![
        Answer::End(422, vec![failure(422)]),
        Answer::End(200, vec![page(&["x"], "7", "more")]),
        Answer::End(200, vec![page(&["y"], "7", "")]),
        Answer::Hang(vec![event("MODIFIED", "x", "8")]),
    ])
    .await;
    bed.has_seen("8").await;
    assert_eq!(bed.asked(), [STREAM, "limit=500", "limit=500&continue=more", "resourceVersion=7"]);
    let mut told = bed.told.lock().unwrap().clone();
    told[..2].sort();
    assert_eq!(told, ["Applied x", "Applied y", "Applied x"]);
}

#[tokio::test]
async fn a_server_that_does_not_know_streamed_lists_is_asked_for_pages() {
    let bed = bed(vec![
        Answer::End(200, vec![event("ADDED", "x", "3")]),
        Answer::End(200, vec![page(&["x"], "7", "")]),
        Answer::Hang(vec![bookmark("8", json!({}))]),
    ])
    .await;
    bed.has_seen("8").await;
    assert_eq!(bed.asked(), [STREAM, "limit=500", "resourceVersion=7"]);
    assert_eq!(*bed.told.lock().unwrap(), ["Applied x"], "once");
}

#[tokio::test]
async fn a_cut_watch_goes_on_where_it_was_and_a_place_too_old_means_a_new_list() {
    let expired = json!({"type": "ERROR", "object": failure(410)});
    let bed = bed(vec![
        Answer::Hang(vec![event("ADDED", "x", "3"), event("ADDED", "y", "4"), list_end("7")]),
        Answer::End(200, vec![event("ADDED", "z", "8")]),
        Answer::End(500, vec![failure(500)]),
        Answer::Hang(vec![bookmark("9", json!({})), expired]),
        Answer::Hang(vec![event("ADDED", "x", "3"), event("ADDED", "z", "8"), list_end("20")]),
    ])
    .await;
    bed.has_seen("20").await;
    let again = ["resourceVersion=7", "resourceVersion=8", "resourceVersion=8", STREAM];
    assert_eq!(bed.asked()[1..5], again);
    sleep(Duration::from_millis(50)).await;
    let mut told = bed.told.lock().unwrap().clone();
    told[..2].sort();
    assert_eq!(told, ["Applied x", "Applied y", "Applied z", "Deleted y"]);
}

#[tokio::test]
async fn a_list_that_breaks_off_changes_nothing() {
    let bed = bed(vec![
        Answer::Hang(vec![event("ADDED", "x", "3"), list_end("7")]),
        Answer::End(410, vec![failure(410)]),
        Answer::Hang(vec![event("ADDED", "y", "9"), json!({"type": "ERROR", "object": failure(500)})]),
        Answer::Hang(vec![event("ADDED", "z", "10"), list_end("11")]),
    ])
    .await;
    bed.has_seen("11").await;
    let names: Vec<_> =
        bed.watched.state().iter().filter_map(|object| object.metadata.name.clone()).collect();
    assert_eq!(names, ["z"]);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(*bed.told.lock().unwrap(), ["Applied x", "Applied z", "Deleted x"]);
}
