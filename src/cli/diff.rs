//! `berth diff`: what ECS has against what files say.

use super::convert::{converted, told};
use crate::convert::{Options, Parameters, diff};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to compare.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What ECS has: a file or folder of what Describe calls returned; `-` is standard input. May be repeated.
    #[arg(long, value_name = "DUMP", required = true)]
    ecs: Vec<PathBuf>,
    /// Files or folders of custom resources, or of anything that `berth convert` takes.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Prints a line for each difference.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let side = |files: &[PathBuf]| converted(files, &Parameters::default(), &Options::default());
    let ((ecs, mut notes), (files, others)) = (side(&arguments.ecs)?, side(&arguments.files)?);
    // What was merely dropped makes no difference.
    notes.extend(others);
    notes.retain(crate::convert::Note::is_violation);
    let differences = diff(&ecs, &files);
    let lines: String = differences.iter().map(|difference| format!("{difference}\n")).collect();
    std::io::stdout().write_all(lines.as_bytes())?;
    let code = told(&notes);
    Ok(if differences.is_empty() { code } else { ExitCode::FAILURE })
}
