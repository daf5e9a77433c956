//! `berth convert`: documents of ECS in files → custom resources.

use super::files::{texts, yaml};
use super::import;
use crate::convert::{Manifest, Note, Options, Parameters, emit, recognise};
use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to convert.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files or folders, in JSON or YAML; `-` is standard input. Task definitions, services, what Describe calls return,
    /// lists of container definitions, resources and templates of CloudFormation, what `terraform show -json` prints.
    #[arg(value_name = "FILE", required_unless_present = "from_dir")]
    files: Vec<PathBuf>,
    /// Namespace of the objects. Default: none is written.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Value of a template's parameter, condition (true or false), export, pseudo parameter (AWS::Region) or attribute of a
    /// resource (Role.Arn). May be repeated.
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Form of the objects.
    #[arg(short, long, value_enum, default_value = "yaml")]
    output: Form,
    #[command(flatten)]
    import: import::Dump,
    /// Let Services rest: their count is 0, and an annotation keeps the real one, which `berth activate` puts back.
    #[arg(long)]
    standby: bool,
}

/// A form of objects.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One document for each object.
    Yaml,
    /// One List.
    Json,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// Prints the objects; what there is to say goes to standard error.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &arguments.import.from_dir {
        return import::run(&arguments.import, folder, arguments.standby);
    }
    let parameters = arguments.parameters.iter().cloned().collect();
    let options = Options { namespace: arguments.namespace.clone() };
    let (mut manifests, mut notes) = converted(&arguments.files, &parameters, &options)?;
    if arguments.standby {
        notes.extend(import::rest(&mut manifests));
    }
    let text = match arguments.output {
        Form::Yaml => yaml(manifests.iter().map(|manifest| &manifest.object))?,
        Form::Json => {
            let items: Vec<_> = manifests.iter().map(|manifest| &manifest.object).collect();
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            format!("{}\n", serde_json::to_string_pretty(&list)?)
        }
    };
    std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
    Ok(told(&notes))
}

/// The objects that files hold, and what there is to say about them.
pub(super) fn converted(
    files: &[PathBuf],
    parameters: &Parameters,
    options: &Options,
) -> anyhow::Result<(Vec<Manifest>, Vec<Note>)> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let read = texts(files)?;
    for (source, text) in &read.texts {
        let reading = recognise(source, text, parameters);
        found.extend(reading.found);
        notes.extend(reading.notes);
    }
    notes.extend(read.unread.into_iter().map(|(source, why)| Note::violation(source, "", why)));
    let output = emit(found, options);
    notes.extend(output.notes);
    Ok((output.manifests, notes))
}

/// Says what there is to say; 1 if somebody has to do something.
pub(super) fn told(notes: &[Note]) -> ExitCode {
    for note in notes {
        eprintln!("{note}");
    }
    if notes.iter().any(Note::is_violation) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
