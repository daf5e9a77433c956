//! `FILE…`: what is in the files.

use crate::render::Bundle;
use anyhow::{Context, ensure};
use clap::Args;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which documents to read.
#[derive(Debug, Args)]
#[group(id = "documents", required = true, multiple = true, args = ["files", "named"])]
pub(super) struct Files {
    /// Files or folders of custom resources, in YAML or JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The same, as kubectl takes it.
    #[arg(short = 'f', long = "filename", value_name = "FILE", num_args = 1..)]
    named: Vec<PathBuf>,
    /// Files of nodes (kubectl get nodes -o yaml), which answer placement constraints that ask for values.
    #[arg(long, value_name = "FILE")]
    nodes: Vec<PathBuf>,
    /// Namespace of what names none.
    #[arg(short, long, default_value = "default")]
    namespace: String,
}

impl Files {
    /// Reads them all.
    ///
    /// # Errors
    /// When one cannot be read, or there is nothing in all of them; what is in them is another matter.
    pub(super) fn read(&self) -> anyhow::Result<Bundle> {
        let mut bundle = Bundle::default();
        let all: Vec<PathBuf> = self.files.iter().chain(&self.named).cloned().collect();
        for (source, text) in texts(&all)? {
            bundle.add(&source, &text, &self.namespace);
        }
        for (source, text) in texts(&self.nodes)? {
            bundle.add_nodes(&source, &text);
        }
        ensure!(!bundle.is_blank(), "there is no document in what was given");
        Ok(bundle)
    }
}

/// Says that files cannot be read, which is as wrong as a wrong flag.
pub(super) fn unreadable(error: &anyhow::Error) -> ExitCode {
    eprintln!("berth: {error:#}");
    ExitCode::from(2)
}

/// The texts of files, of the documents of folders and of standard input, each with the name to call it by.
pub(super) fn texts(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            texts.push(("-".to_owned(), text));
            continue;
        }
        for file in expand(path)? {
            let text =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            texts.push((file.display().to_string(), text));
        }
    }
    Ok(texts)
}

/// Objects as one stream of YAML documents.
///
/// # Errors
/// When one cannot be written as YAML, which would be a defect of its types.
pub(super) fn yaml<'a>(objects: impl Iterator<Item = &'a serde_json::Value>) -> anyhow::Result<String> {
    let documents: Result<Vec<String>, _> = objects.map(serde_saphyr::to_string).collect();
    Ok(documents?.join("---\n"))
}

/// The file itself, or the documents of a folder by name.
fn expand(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
