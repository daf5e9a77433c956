//! `-f FILE…`: what is in the files.

use crate::render::Bundle;
use anyhow::Context;
use clap::Args;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Which documents to read.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// Files or folders of custom resources, in YAML or JSON; `-` is standard input. Nodes (kubectl get nodes -o
    /// yaml) answer placement constraints that ask for values.
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// Namespace of what names none.
    #[arg(short, long, default_value = "default")]
    namespace: String,
}

impl Files {
    /// Reads them all.
    pub(super) fn read(&self) -> anyhow::Result<Bundle> {
        let mut bundle = Bundle::default();
        for (source, text) in texts(&self.files)? {
            bundle.add(&source, &text, &self.namespace);
        }
        Ok(bundle)
    }
}

/// What is in files and folders, each with its name; `-` is standard input.
pub(super) fn texts(files: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for path in files {
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
