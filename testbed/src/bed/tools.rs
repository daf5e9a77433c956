//! Command lines that work on the bed.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Bed;
use crate::parts::{self, Part};

impl Bed {
    /// Runs kubectl as the administrator and returns what it printed; an error if it fails.
    pub async fn kubectl(&self, args: &[&str]) -> Result<String> {
        let output = self.kubectl_with_input(args, "").await?;
        Ok(String::from_utf8(checked(output, "kubectl", args)?)?)
    }

    /// As [`Bed::kubectl`], with something to read (`-f -`), and whatever the outcome.
    pub async fn kubectl_with_input(&self, args: &[&str], input: &str) -> Result<Output> {
        let mut command = self.tool(Part::Kubectl)?;
        command.env("KUBECONFIG", &self.kubeconfig).args(args);
        run(command, input.as_bytes()).await
    }

    /// `kubectl apply --server-side` of some YAML.
    pub async fn apply(&self, yaml: &str) -> Result<String> {
        let args = ["apply", "--server-side", "-f", "-"];
        let output = self.kubectl_with_input(&args, yaml).await?;
        Ok(String::from_utf8(checked(output, "kubectl", &args)?)?)
    }

    /// Runs Helm as the administrator, built on first use. Its caches and plugins are the bed's.
    pub async fn helm(&self, args: &[&str]) -> Result<String> {
        let built = tokio::task::spawn_blocking(|| parts::ensure(&[Part::Helm])).await??;
        let mut command = Command::new(built.path(Part::Helm)?);
        command.env("KUBECONFIG", &self.kubeconfig).args(args);
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.plane.dir.join("helm"));
        }
        Ok(String::from_utf8(checked(run(command, b"").await?, "helm", args)?)?)
    }

    /// A program of the bed, to be run by the caller.
    pub fn program(&self, part: Part) -> Result<&Path> {
        self.plane.binaries.path(part)
    }

    pub(super) fn tool(&self, part: Part) -> Result<Command> {
        Ok(Command::new(self.program(part)?))
    }
}

/// Runs a command to its end with something to read.
pub(crate) async fn run(mut command: Command, input: &[u8]) -> Result<Output> {
    let name = command.as_std().get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let pipe = child.stdin.take();
    let feed = async {
        if let Some(mut pipe) = pipe {
            // A program that does not read ends the pipe; its exit code tells.
            pipe.write_all(input).await.ok();
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    output.with_context(|| format!("cannot run {name}"))
}

/// The output of a command that succeeded.
pub(super) fn checked(output: Output, name: &str, args: &[&str]) -> Result<Vec<u8>> {
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("`{name} {}` failed ({}): {}", args.join(" "), output.status, text.trim());
    }
    Ok(output.stdout)
}
