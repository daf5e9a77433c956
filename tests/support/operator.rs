//! The operator as a process of its own, on a test bed. It ends with its value, and with the bed.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use testbed::Bed;
use testbed::process::MARK;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long its lease holds, so that a killed leader is replaced within a test's patience.
pub const LEASE: Duration = Duration::from_secs(4);

/// A running `berth controller` that works in one namespace.
pub struct Operator {
    /// Its identity in the lease.
    pub identity: String,
    child: Child,
    log: PathBuf,
    address: OnceLock<String>,
}

impl Operator {
    /// Starts one; it takes part in the election for its namespace's lease.
    pub fn start(bed: &Bed, namespace: &str, identity: &str) -> Self {
        let log = bed.dir().join("logs").join(format!("berth-{namespace}-{identity}.log"));
        let file = File::create(&log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_berth"))
            .args(["controller", "--listen", "127.0.0.1:0", "--identity", identity])
            .args(["--lease-namespace", namespace, "--watch-namespace", namespace])
            .args(["--lease-duration", &LEASE.as_secs().to_string(), "--kubeconfig"])
            .arg(bed.kubeconfig())
            .env("NO_COLOR", "1")
            // The bed ends whoever carries its mark, also when this process is killed.
            .env(MARK, bed.dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Self { identity: identity.to_owned(), child, log, address: OnceLock::new() }
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// SIGTERM; how it ended and how long that took.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, start.elapsed());
            }
            assert!(start.elapsed() < Duration::from_secs(20), "it does not end:\n{}", self.tail());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The last lines of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(25)..].join("\n");
        format!("--- end of {}:\n{last}", self.log.display())
    }

    /// All its metrics, as text; none while it cannot be asked.
    pub async fn metrics(&self) -> Option<String> {
        if self.address.get().is_none() {
            let text = std::fs::read_to_string(&self.log).ok()?;
            let (_, rest) = text.rsplit_once("address=")?;
            self.address.set(rest.split_whitespace().next()?.to_owned()).ok()?;
        }
        let mut stream = TcpStream::connect(self.address.get()?).await.ok()?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    /// The sum of a metric's samples whose labels hold all of `labels`, such as `kind="Pod"`.
    pub async fn metric(&self, name: &str, labels: &[&str]) -> Option<f64> {
        Some(sum(&self.metrics().await?, name, labels))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
    }
}

fn sum(text: &str, name: &str, labels: &[&str]) -> f64 {
    let samples = text.lines().filter_map(|line| line.strip_prefix(name));
    samples
        .filter(|rest| rest.starts_with(['{', ' ']))
        .filter(|rest| labels.iter().all(|label| rest.contains(label)))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
