//! `berth render`: what the operator would write, on a laptop.

use super::files::{Files, unreadable};
use crate::render::{documents, yaml_stream};
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
            Ok(ExitCode::FAILURE)
        }
    }
}

/// As kubectl prints several objects, and takes them.
fn list(stream: &str) -> anyhow::Result<String> {
    let items = documents(stream).map_err(anyhow::Error::msg)?;
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}
