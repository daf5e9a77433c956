//! `berth validate`: all that is wrong with documents, before anything is applied.

use super::files::Files;
use crate::render::Missing;
use clap::Args;
use std::fmt::Write as _;
use std::io::Write as _;
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

/// Prints a line for each broken rule and each note.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bundle = arguments.files.read()?;
    let report = bundle.report(Missing::IsElsewhere);
    let mut lines = String::new();
    for violation in &report.violations {
        let _ = writeln!(lines, "{violation}");
    }
    for note in report.notes.iter().filter(|_| !arguments.quiet) {
        let _ = writeln!(lines, "note: {note}");
    }
    std::io::stdout().write_all(lines.as_bytes())?;
    eprintln!("objects: {}, broken rules: {}", bundle.len(), report.violations.len());
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
