//! The load generator: requests at a fixed rate, every failure counted.

use crate::client::{self, Answer, Url};
use crate::server::seconds;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct Options {
    url: Url,
    rate: f64,
    duration: Duration,
    timeout: Duration,
    stop_file: Option<PathBuf>,
    keep_alive: bool,
}

#[derive(Default)]
struct Seen {
    ok: u64,
    retried: u64,
    failures: Vec<Value>,
    failed: u64,
    errors: BTreeMap<String, u64>,
    versions: BTreeMap<String, u64>,
    hosts: BTreeMap<String, u64>,
    millis: Vec<f64>,
}

/// Runs the load and prints its summary; ends with 0 if no request failed.
pub fn load(arguments: &[String]) -> i32 {
    let options = match options(arguments) {
        Ok(options) => Arc::new(options),
        Err(error) => {
            eprintln!("testapp load: {error}");
            return 2;
        }
    };
    let seen = Arc::new(Mutex::new(Seen::default()));
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    // Enough threads that a slow answer delays no other request.
    let workers = (options.rate.max(1.0) as usize).clamp(8, 256);
    let workers: Vec<_> = (0..workers)
        .map(|_| {
            let (options, seen, next) = (Arc::clone(&options), Arc::clone(&seen), Arc::clone(&next));
            std::thread::spawn(move || work(&options, &seen, &next, start))
        })
        .collect();
    for worker in workers {
        let _ = worker.join();
    }
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{}", summary(&mut seen, start.elapsed()));
    i32::from(seen.failed > 0)
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        url: Url { authority: String::new(), host: String::new(), path: String::new() },
        rate: 50.0,
        duration: Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        stop_file: None,
        keep_alive: false,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--keep-alive" {
            options.keep_alive = true;
        } else if word.starts_with("--") {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            let number = || seconds(value).ok_or_else(|| format!("{word}: {value:?} is not a number"));
            match word.as_str() {
                "--rate" => options.rate = number()?.as_secs_f64().max(0.1),
                "--duration" => options.duration = number()?,
                "--timeout" => options.timeout = number()?,
                "--stop-file" => options.stop_file = Some(PathBuf::from(value)),
                _ => return Err(format!("there is no option {word}")),
            }
        } else {
            options.url = client::parse(word)?;
        }
    }
    if options.url.authority.is_empty() { Err("give it a URL".to_owned()) } else { Ok(options) }
}

fn work(options: &Options, seen: &Mutex<Seen>, next: &AtomicU64, start: Instant) {
    let mut connection = None;
    loop {
        let offset = Duration::from_secs_f64(next.fetch_add(1, Ordering::SeqCst) as f64 / options.rate);
        let due = start + offset;
        if offset >= options.duration {
            return;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if options.stop_file.as_ref().is_some_and(|file| file.exists()) {
            return;
        }
        let mut retried = false;
        let result = exchange(options, &mut connection, &mut retried);
        // From when it was due, not from when a thread got to it: a stall shows in all of them.
        let millis = due.elapsed().as_secs_f64() * 1000.0;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retried += u64::from(retried);
        record(&mut seen, result, offset, millis);
    }
}

type Connection = Option<BufReader<TcpStream>>;

/// One request. On a connection that was kept and turns out to be closed it is sent once more on
/// a new one, as every HTTP client does: a server may close an idle connection at any time.
fn exchange(options: &Options, kept: &mut Connection, retried: &mut bool) -> Result<Answer, String> {
    if let Some(mut stream) = kept.take() {
        match client::request(&mut stream, &options.url, true) {
            Ok(answer) => {
                *kept = answer.reusable.then_some(stream);
                return Ok(answer);
            }
            Err(_) => *retried = true,
        }
    }
    let mut stream = client::connect(&options.url, options.timeout)?;
    let answer = client::request(&mut stream, &options.url, options.keep_alive)?;
    *kept = (options.keep_alive && answer.reusable).then_some(stream);
    Ok(answer)
}

fn record(seen: &mut Seen, result: Result<Answer, String>, offset: Duration, millis: f64) {
    let error = match result {
        Ok(answer) if (200..300).contains(&answer.status) => {
            seen.ok += 1;
            seen.millis.push(millis);
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let mut count = |map: fn(&mut Seen) -> &mut BTreeMap<String, u64>, name: &str| {
                if let Some(value) = body.get(name).and_then(Value::as_str) {
                    *map(seen).entry(value.to_owned()).or_default() += 1;
                }
            };
            count(|seen| &mut seen.versions, "version");
            count(|seen| &mut seen.hosts, "hostname");
            return;
        }
        Ok(answer) => format!("status {}", answer.status),
        Err(error) => error,
    };
    seen.failed += 1;
    // The first ones with their time, to lay beside events and logs; all of them counted.
    if seen.failures.len() < 20 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        seen.failures.push(json!({"after": offset.as_secs_f64(), "at": now, "ms": millis, "error": error}));
    }
    *seen.errors.entry(error).or_default() += 1;
}

fn summary(seen: &mut Seen, elapsed: Duration) -> Value {
    seen.millis.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (seen.millis.len() as f64 * share) as usize;
        let millis = seen.millis.get(index.min(seen.millis.len().saturating_sub(1))).copied();
        (millis.unwrap_or_default() * 10.0).round() / 10.0
    };
    json!({
        "ok": seen.ok,
        "failed": seen.failed,
        "retried": seen.retried,
        "seconds": (elapsed.as_secs_f64() * 10.0).round() / 10.0,
        "errors": seen.errors,
        "failures": seen.failures,
        "versions": seen.versions,
        "hosts": seen.hosts,
        "millis": {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0)},
    })
}
