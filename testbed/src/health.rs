//! What other tools make of an object's status.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::bed::tools;
use crate::parts::{self, Part};

/// The verdicts on one object.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// By the rules of kstatus: `Current`, `InProgress`, `Failed`, `Terminating` …
    pub kstatus: String,
    /// kstatus' explanation.
    pub kstatus_message: String,
    /// By Argo CD's health check; none if there is no script for the kind.
    pub health: Option<Health>,
}

/// What an Argo CD health check says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Health {
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`.
    pub status: String,
    /// Its explanation.
    #[serde(default)]
    pub message: String,
}

/// Judges an object: by kstatus, and by the Lua `script`, or without one by the script that Argo CD
/// carries for the kind. Builds the judge on first use.
pub async fn judge(script: Option<&Path>, object: &impl Serialize) -> Result<Verdict> {
    let built = tokio::task::spawn_blocking(|| parts::ensure(&[Part::Health])).await??;
    let mut command = Command::new(built.path(Part::Health)?);
    command.args(script);
    let output = tools::run(command, &serde_json::to_vec(object)?).await?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("unexpected verdict {}", String::from_utf8_lossy(&output.stdout)))
}
