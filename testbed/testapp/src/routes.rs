//! What the server answers, path by path.

use crate::http::{Request, Response};
use crate::server::State;
use crate::{client, commands};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers a request; `address` is the pod's own.
pub fn answer(request: &Request, state: &State, address: &str) -> Response {
    match request.path.as_str() {
        "/" => json_response(&json!({
            "version": std::env::var("VERSION").unwrap_or_else(|_| "unknown".to_owned()),
            "hostname": hostname(),
            "ip": address,
        })),
        "/env" => {
            let variables = std::env::vars().map(|(name, value)| (name, Value::String(value)));
            json_response(&Value::Object(variables.collect()))
        }
        "/ready" => switch(&state.ready, request),
        "/health" => switch(&state.healthy, request),
        "/exit" => exit(number(request, "code").unwrap_or(0)),
        "/alloc" => {
            let taken = commands::take_memory(number(request, "mib").unwrap_or(0));
            text(200, format!("took {taken} MiB"))
        }
        "/slow" => {
            std::thread::sleep(Duration::from_millis(number(request, "ms").unwrap_or(1000)));
            text(200, "slow".to_owned())
        }
        "/get" => match client::get(request.parameter("url").unwrap_or_default()) {
            Ok(answer) => Response { status: answer.status, body: answer.body },
            Err(error) => text(502, error),
        },
        "/lookup" => match client::lookup(request.parameter("name").unwrap_or_default()) {
            Ok(addresses) => text(200, addresses),
            Err(error) => text(502, error),
        },
        _ => text(404, "no such path".to_owned()),
    }
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

fn number<T: std::str::FromStr>(request: &Request, name: &str) -> Option<T> {
    request.parameter(name).and_then(|value| value.parse().ok())
}

fn json_response(value: &Value) -> Response {
    Response { status: 200, body: format!("{value}\n") }
}

fn text(status: u16, body: String) -> Response {
    Response { status, body: body + "\n" }
}

fn switch(state: &AtomicBool, request: &Request) -> Response {
    if let Some(value) = request.parameter("set") {
        state.store(value != "false", Ordering::SeqCst);
        return text(200, format!("set to {}", value != "false"));
    }
    if state.load(Ordering::SeqCst) { text(200, "yes".to_owned()) } else { text(503, "no".to_owned()) }
}

/// Ends the process once the answer is out.
fn exit(code: i32) -> Response {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        std::process::exit(code);
    });
    text(200, format!("ends with {code}"))
}
