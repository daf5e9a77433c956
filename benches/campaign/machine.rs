//! What a process has used, as Linux tells.

use anyhow::{Context, Result};

/// Parts of a second in which Linux counts processor time; the same on every architecture it runs on.
const TICKS: f64 = 100.0;

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds of processor time since its start.
    pub cpu: f64,
    /// MiB in memory now.
    pub rss: f64,
    /// MiB in memory at most so far.
    pub peak: f64,
}

/// Of the process `pid`.
pub fn usage(pid: u32) -> Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} has ended"))?;
    // The name of the program may hold anything; what follows its bracket are numbers.
    let numbers: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |place: usize| numbers.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mebibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        number.unwrap_or(0.0) / 1024.0
    };
    let cpu = (ticks(11) + ticks(12)) / TICKS;
    Ok(Usage { cpu, rss: mebibytes("VmRSS:"), peak: mebibytes("VmHWM:") })
}
