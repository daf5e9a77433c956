//! The server as a client sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(env: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_testapp"));
        command.env("PORT", port.to_string()).envs(env.iter().copied()).stdout(Stdio::null());
        let server = Self { process: command.spawn().unwrap(), port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn stop(&self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    }

    fn code(&mut self) -> i32 {
        self.process.wait().unwrap().code().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Sends a request over a connection that is to be kept and reads the answer's head and body.
fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn drains_before_it_ends() {
    let mut server = Server::start(&[("DRAIN", "1.5"), ("VERSION", "v7")]);
    let mut kept = server.connect();
    assert!(ask(&mut kept).contains("Connection: keep-alive"));
    server.stop();
    std::thread::sleep(Duration::from_millis(300));
    // Who is connected is told to go elsewhere, and who comes anew is still served.
    assert!(ask(&mut kept).contains("Connection: close"));
    assert_eq!(kept.read(&mut [0; 16]).unwrap(), 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(800) {
        assert!(server.get("/").contains(r#""version":"v7""#));
    }
    assert_eq!(server.code(), 0);
}

#[test]
fn finishes_the_request_that_it_is_at() {
    let mut server = Server::start(&[]);
    let mut slow = server.connect();
    slow.write_all(b"GET /slow?ms=600 HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.stop();
    let mut text = String::new();
    slow.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("slow\n"), "{text}");
    assert_eq!(server.code(), 0);
}

#[test]
fn switches_and_ends_as_told() {
    let mut server = Server::start(&[("READY", "false"), ("START_DELAY", "0.2")]);
    assert!(server.get("/ready").starts_with("HTTP/1.1 503"));
    assert!(server.get("/health").starts_with("HTTP/1.1 200"));
    server.get("/ready?set=true");
    assert!(server.get("/ready").starts_with("HTTP/1.1 200"));
    assert!(server.get("/env").contains(r#""START_DELAY":"0.2""#));
    assert!(server.get("/none").starts_with("HTTP/1.1 404"));
    server.get("/exit?code=9");
    assert_eq!(server.code(), 9);
}
