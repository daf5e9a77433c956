//! `berth export`: custom resources → requests of ECS.

use super::convert::{converted, told};
use crate::convert::{Options, Parameters, export};
use anyhow::Context;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to export.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files or folders of custom resources, in YAML or JSON; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Prints the requests, one JSON document each.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (manifests, mut notes) = converted(&arguments.files, &Parameters::default(), &Options::default())?;
    let exported = export(&manifests);
    notes.extend(exported.notes);
    let mut text = String::new();
    for (_, request) in &exported.requests {
        text.push_str(&serde_json::to_string_pretty(request)?);
        text.push('\n');
    }
    std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
    Ok(told(&notes))
}
