//! `berth render`: what the operator would write, on a laptop.

use super::files::{Files, unreadable};
use crate::render::{Report, documents, yaml_stream};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

/// What to render.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value = "yaml")]
    output: Form,
}

/// A form of several objects.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A stream of YAML documents.
    Yaml,
    /// A List in JSON.
    Json,
}

/// Prints the objects, or everything that is wrong with the documents.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let bundle = match arguments.files.read() {
        Ok(bundle) => bundle,
        Err(error) => return Ok(unreadable(&error)),
    };
    match bundle.render() {
        Ok((objects, notes)) => {
            for note in notes {
                eprintln!("note: {note}");
            }
            let text = yaml_stream(&objects);
            let text = match arguments.output {
                Form::Yaml => text,
                Form::Json => list(&text)?,
            };
            std::io::stdout().write_all(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(report) => {
            for violation in &report.violations {
                eprintln!("{violation}");
            }
            lacking(&report);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Shows what an administrator would apply so that nothing is lacking: not on standard output, where it could be
/// applied by who only wanted to see.
pub(super) fn lacking(report: &Report) {
    if let Some(clusters) = &report.clusters {
        eprintln!(
            "\n# What is lacking. An administrator applies this, or adds the grants to the Cluster that is there already;\n\
             # words in capitals are to be chosen. See docs/mapping.md.\n{clusters}"
        );
    }
}

/// As kubectl prints several objects, and takes them.
fn list(stream: &str) -> anyhow::Result<String> {
    let items = documents(stream).map_err(anyhow::Error::msg)?;
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}
