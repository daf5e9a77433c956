//! `berth activate`: manifests of resting services → the same, running.

use super::files::{texts, yaml};
use crate::convert::{self, Note, Options, Parameters, emit, recognise};
use anyhow::Context;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to activate.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files or folders of manifests, in YAML or JSON; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Prints the manifests, each Service with its real count.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let read = texts(&arguments.files)?;
    for (source, text) in &read.texts {
        let reading = recognise(source, text, &Parameters::default());
        found.extend(reading.found);
        notes.extend(reading.notes);
    }
    notes.extend(read.unread.into_iter().map(|(source, why)| Note::violation(source, "", why)));
    let output = emit(found, &Options::default());
    notes.extend(output.notes);
    let mut manifests = output.manifests;
    for manifest in &mut manifests {
        if let Err(error) = convert::standby::activate(&mut manifest.object) {
            let label = format!("{}/{}", manifest.kind(), manifest.name());
            notes.push(Note::violation(&manifest.source, label, error));
        }
    }
    let text = yaml(manifests.iter().map(|manifest| &manifest.object))?;
    std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
    Ok(super::convert::told(&notes))
}
