//! `berth render`: what the operator would write, on a laptop.

use super::files::Files;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// What to render.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
}

/// Prints the objects as one YAML stream, or everything that is wrong with the documents.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    match arguments.files.read()?.render() {
        Ok((documents, notes)) => {
            for note in notes {
                eprintln!("note: {note}");
            }
            std::io::stdout().write_all(documents.join("---\n").as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(report) => {
            for violation in &report.violations {
                eprintln!("{violation}");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}
