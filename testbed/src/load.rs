//! Requests at a fixed rate from this host, every one of them counted: for tests of changes that
//! must not be noticed.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::image::testapp_program;

/// How long a load runs if nobody stops it.
const LONGEST: Duration = Duration::from_secs(3600);

/// A running load. It ends when this is dropped.
#[derive(Debug)]
pub struct Load {
    process: Child,
    folder: tempfile::TempDir,
}

/// What a load saw.
#[derive(Clone, Debug, Deserialize)]
pub struct LoadReport {
    /// Requests answered with 2xx.
    pub ok: u64,
    /// Requests that were not.
    pub failed: u64,
    /// Requests that were sent again since a kept connection turned out to be closed.
    pub retried: u64,
    /// How long the load ran.
    pub seconds: f64,
    /// How often what went wrong.
    pub errors: BTreeMap<String, u64>,
    /// The first failures: `after` (seconds from the start), `at` (Unix time), `ms`, `error`.
    pub failures: Vec<serde_json::Value>,
    /// Answers by the test app's version.
    pub versions: BTreeMap<String, u64>,
    /// Answers by pod.
    pub hosts: BTreeMap<String, u64>,
    /// How long answers took, from when their requests were due.
    pub millis: Percentiles,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Percentiles {
    /// Half took no longer.
    pub p50: f64,
    /// Nine of ten took no longer.
    pub p90: f64,
    /// 99 of 100 took no longer.
    pub p99: f64,
    /// None took longer.
    pub max: f64,
}

impl Load {
    /// Starts to send `rate` requests a second, each over a connection of its own.
    pub fn start(url: &str, rate: u32) -> Result<Self> {
        Self::start_with(url, rate, &[])
    }

    /// As [`Load::start`], over connections that are kept open.
    pub fn start_keep_alive(url: &str, rate: u32) -> Result<Self> {
        Self::start_with(url, rate, &["--keep-alive"])
    }

    fn start_with(url: &str, rate: u32, options: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let mut command = Command::new(testapp_program()?);
        command.args(["load", url, "--rate", &rate.to_string()]).args(options);
        command.args(["--duration", &LONGEST.as_secs().to_string(), "--stop-file"]);
        command.arg(folder.path().join("stop")).stdin(Stdio::null()).stdout(Stdio::piped());
        let process = command.spawn().context("cannot start the load")?;
        Ok(Self { process, folder })
    }

    /// Sends no more, waits for the last answers, and tells what was seen.
    pub async fn stop(mut self) -> Result<LoadReport> {
        std::fs::write(self.folder.path().join("stop"), "")?;
        let output = self.process.stdout.take().context("the load was stopped before")?;
        let read = move || std::io::read_to_string(output);
        let text = tokio::task::spawn_blocking(read).await??;
        self.process.wait()?;
        serde_json::from_str(&text).with_context(|| format!("the load did not report but said {text:?}"))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
