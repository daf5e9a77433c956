//! The operator as a process of a test bed, and what its metrics say.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use testbed::Bed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::machine::{Usage, usage};

/// Samples of one metric by their labels.
pub type Samples = BTreeMap<String, f64>;

/// A running operator. It ends with its bed.
pub struct Operator {
    /// Its process.
    pub pid: u32,
    address: String,
}

impl Operator {
    /// Starts the operator that was built with this program, and waits until it leads and is ready.
    pub async fn start(bed: &Bed) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args(["controller", "--listen", "127.0.0.1:0", "--lease-namespace", "default"]);
        command.arg("--kubeconfig").arg(bed.kubeconfig()).env("NO_COLOR", "1");
        let processes = &bed.plane().processes;
        let pid = processes.spawn("berth", &mut command)?;
        let log = processes.log("berth");
        let start = Instant::now();
        let mut operator = Self { pid, address: String::new() };
        while !operator.is_ready(&log).await {
            ensure!(start.elapsed() < Duration::from_secs(60), "berth is not ready: see {}", log.display());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(operator)
    }

    async fn is_ready(&mut self, log: &Path) -> bool {
        let Some(address) = address(log) else { return false };
        self.address = address;
        let leads =
            self.samples("berth_leader").await.is_ok_and(|found| found.values().any(|one| *one == 1.0));
        leads && self.get("/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// The samples of a metric.
    pub async fn samples(&self, metric: &str) -> Result<Samples> {
        Ok(samples(&self.get("/metrics").await?, metric))
    }

    /// Writes to the API server so far, by `{kind="…",verb="…"}`; those to the Lease are not among them.
    pub async fn writes(&self) -> Result<Samples> {
        self.samples("berth_writes_total").await
    }

    /// What it has used.
    pub fn usage(&self) -> Result<Usage> {
        usage(self.pid)
    }

    async fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address).await.context("berth does not answer")?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

/// Where it serves, as its log says.
fn address(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let (_, rest) = text.split_once("address=")?;
    rest.split_whitespace().next().map(ToOwned::to_owned)
}

/// The samples of `metric` in a metrics text.
pub fn samples(text: &str, metric: &str) -> Samples {
    let lines = text.lines().filter_map(|line| line.strip_prefix(metric));
    let own = lines.filter(|rest| rest.starts_with(['{', ' ']));
    own.filter_map(|rest| {
        let (labels, number) = rest.rsplit_once(' ')?;
        Some((labels.to_owned(), number.parse().ok()?))
    })
    .collect()
}

/// What was added between two looks at a metric; samples without change are left out.
pub fn difference(before: &Samples, after: &Samples) -> Samples {
    let grown = after.iter().map(|(labels, now)| (labels, now - before.get(labels).copied().unwrap_or(0.0)));
    grown.filter(|(_, more)| *more != 0.0).map(|(labels, more)| (labels.clone(), more)).collect()
}

/// The sum of those samples whose labels hold `part`.
pub fn sum(samples: &Samples, part: &str) -> f64 {
    samples.iter().filter(|(labels, _)| labels.contains(part)).map(|(_, number)| number).sum()
}
