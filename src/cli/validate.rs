//! `berth validate`: all that is wrong with documents, before anything is applied.

use super::files::{Files, unreadable};
use super::render::lacking;
use crate::render::Missing;
use clap::Args;
use std::process::ExitCode;

/// What to validate.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Leave out what is merely worth knowing, such as members that change nothing.
    #[arg(short, long)]
    quiet: bool,
}

/// Tells each broken rule and each note, a line each, and prints how many there are.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bundle = match arguments.files.read() {
        Ok(bundle) => bundle,
        Err(error) => return Ok(unreadable(&error)),
    };
    let report = bundle.report(Missing::IsElsewhere);
    for violation in &report.violations {
        eprintln!("{violation}");
    }
    for note in report.notes.iter().filter(|_| !arguments.quiet) {
        eprintln!("note: {note}");
    }
    lacking(&report);
    println!("objects: {}, broken rules: {}", bundle.len(), report.violations.len());
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
