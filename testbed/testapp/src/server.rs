//! The server: threads, start, and the drain at the end.

use crate::http::{self, Received, Response};
use crate::{pause, routes};
use std::io::{BufReader, ErrorKind};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What all connections share.
pub struct State {
    /// Whether `/ready` answers 200.
    pub ready: AtomicBool,
    /// Whether `/health` answers 200.
    pub healthy: AtomicBool,
    draining: AtomicBool,
    busy: AtomicUsize,
}

/// Reads a number of seconds, which may have a fraction.
pub fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().and_then(|number| Duration::try_from_secs_f64(number).ok())
}

fn seconds_of(name: &str) -> Option<Duration> {
    std::env::var(name).ok().and_then(|text| seconds(&text))
}

fn is_on(name: &str) -> bool {
    std::env::var(name).map_or(true, |value| value != "false")
}

/// Serves until SIGTERM and the end of the drain.
pub fn serve() -> i32 {
    let state = Arc::new(State {
        ready: AtomicBool::new(is_on("READY")),
        healthy: AtomicBool::new(is_on("HEALTHY")),
        draining: AtomicBool::new(false),
        busy: AtomicUsize::new(0),
    });
    // Before anything slow: a SIGTERM during the start must end the process too.
    let stop = std::thread::spawn(pause::wait_for_stop);
    if let Some(after) = seconds_of("EXIT_AFTER") {
        let code = std::env::var("EXIT_CODE").ok().and_then(|code| code.parse().ok()).unwrap_or(0);
        std::thread::spawn(move || {
            std::thread::sleep(after);
            println!("ends with {code} as EXIT_AFTER asks");
            std::process::exit(code);
        });
    }
    let start = Instant::now() + seconds_of("START_DELAY").unwrap_or_default();
    while Instant::now() < start && !stop.is_finished() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let port = std::env::var("PORT").ok().and_then(|port| port.parse::<u16>().ok()).unwrap_or(8080);
    let listener = match TcpListener::bind(("0.0.0.0", port)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot listen on port {port}: {error}; set PORT to a free one");
            return 1;
        }
    };
    if let Err(error) = listener.set_nonblocking(true) {
        eprintln!("cannot set up the listener: {error}");
        return 1;
    }
    println!("serves on port {port}");
    accept_until_drained(&listener, &stop, &state);
    println!("ends");
    0
}

/// Accepts connections; once the signal came for as long as `DRAIN` says, since clients and
/// proxies hear of a task's end some time after the task does.
fn accept_until_drained(listener: &TcpListener, stop: &std::thread::JoinHandle<()>, state: &Arc<State>) {
    let drain = seconds_of("DRAIN").unwrap_or_default();
    let mut end: Option<Instant> = None;
    loop {
        if end.is_none() && stop.is_finished() {
            println!("told to stop; goes on serving for {drain:?}");
            state.draining.store(true, Ordering::SeqCst);
            end = Some(Instant::now() + drain);
        }
        match listener.accept() {
            Ok((stream, _)) => {
                let state = Arc::clone(state);
                state.busy.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve_connection(stream, &state));
            }
            // The queue is empty, so nobody who connected in time is turned away.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if end.is_some_and(|end| Instant::now() >= end) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => {
                eprintln!("accept: {error}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    let limit = Instant::now() + Duration::from_secs(30);
    while state.busy.load(Ordering::SeqCst) > 0 && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Serves one connection. It counts as busy from its start to its first answer and again from
/// each request to its answer; idle connections do not hold up the end.
fn serve_connection(stream: TcpStream, state: &State) {
    let set = stream
        .set_nonblocking(false)
        .and_then(|()| stream.set_nodelay(true))
        .and_then(|()| stream.set_write_timeout(Some(Duration::from_secs(30))))
        .and_then(|()| stream.set_read_timeout(Some(Duration::from_secs(5))));
    let mut reader = BufReader::new(stream);
    let mut busy = true;
    if set.is_ok() {
        while exchange(&mut reader, state, &mut busy) {
            state.busy.fetch_sub(1, Ordering::SeqCst);
            busy = false;
            let _ = reader.get_ref().set_read_timeout(Some(Duration::from_secs(75)));
        }
    }
    let _ = reader.get_ref().shutdown(Shutdown::Write);
    if busy {
        state.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One request and its answer; false when the connection is to end.
fn exchange(reader: &mut BufReader<TcpStream>, state: &State, busy: &mut bool) -> bool {
    let received = http::receive(reader);
    if matches!(received, Received::End) {
        return false;
    }
    if !*busy {
        state.busy.fetch_add(1, Ordering::SeqCst);
        *busy = true;
    }
    let address = reader.get_ref().local_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let (response, head_only, mut keep) = match received {
        Received::Request(request) => {
            (routes::answer(&request, state, &address), request.method == "HEAD", request.keep)
        }
        Received::Bad(status) => (Response { status, body: "cannot read that\n".to_owned() }, false, false),
        Received::End => return false,
    };
    keep &= !state.draining.load(Ordering::SeqCst);
    http::send(reader.get_mut(), &response, head_only, keep).is_ok() && keep
}
