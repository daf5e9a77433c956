//! `FILE…`: what is in the files.

use crate::render::{Bundle, Missing};
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
    /// As with the scheduler profiles that the chart installs (`scheduler.enabled`).
    #[arg(long)]
    scheduler_profiles: bool,
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
        bundle.profiles = self.scheduler_profiles;
        let all: Vec<PathBuf> = self.files.iter().chain(&self.named).cloned().collect();
        let read = texts(&all)?;
        let nodes = texts(&self.nodes)?;
        for (source, text) in &read.texts {
            bundle.add(source, text, &self.namespace);
        }
        for (source, text) in &nodes.texts {
            bundle.add_nodes(source, text);
        }
        for (source, why) in read.unread.iter().chain(&nodes.unread) {
            bundle.refuse(source, why);
        }
        ensure!(!bundle.is_blank(), "there is no document in what was given");
        Ok(bundle)
    }
}

/// What is in `files`, where that may be nothing; what names no namespace is in `namespace`.
///
/// # Errors
/// When one cannot be read.
pub(super) fn bundle(files: &[PathBuf], namespace: &str) -> anyhow::Result<Bundle> {
    let mut bundle = Bundle::default();
    let read = texts(files)?;
    for (source, text) in &read.texts {
        bundle.add(source, text, namespace);
    }
    for (source, why) in &read.unread {
        bundle.refuse(source, why);
    }
    Ok(bundle)
}

/// What is wrong with `bundle` whatever cluster it comes to, a rule on each line.
pub(super) fn broken(bundle: &Bundle) -> Vec<String> {
    bundle.report(Missing::IsElsewhere).violations.iter().map(ToString::to_string).collect()
}

/// Says that files cannot be read, which is as wrong as a wrong flag.
pub(super) fn unreadable(error: &anyhow::Error) -> ExitCode {
    eprintln!("berth: {error:#}");
    ExitCode::from(2)
}

/// What files hold, each with the name to call it by.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Those that hold text.
    pub texts: Vec<(String, String)>,
    /// Those that hold something else, and why it is not text.
    pub unread: Vec<(String, String)>,
}

/// The texts of files, of the documents of folders and of standard input.
///
/// # Errors
/// When a file cannot be read. One that holds no text is told in [`Texts::unread`]: the others stand.
pub(super) fn texts(paths: &[PathBuf]) -> anyhow::Result<Texts> {
    let mut all = Texts::default();
    let mut add = |source: String, bytes: Vec<u8>| match decoded(bytes) {
        Ok(text) => all.texts.push((source, text)),
        Err(why) => all.unread.push((source, why)),
    };
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
            add("-".to_owned(), bytes);
            continue;
        }
        for file in expand(path)? {
            let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            add(file.display().to_string(), bytes);
        }
    }
    Ok(all)
}

/// The text that bytes are: UTF-8, or UTF-16 that says so in its first two bytes, as PowerShell writes it.
///
/// # Errors
/// Why it is none.
pub(super) fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    let (rest, order): (_, fn([u8; 2]) -> u16) = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        _ => {
            let why = |error: std::string::FromUtf8Error| {
                format!("is no text in UTF-8: byte {} belongs to no letter", error.utf8_error().valid_up_to())
            };
            return String::from_utf8(bytes).map_err(why);
        }
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| order(*pair)).collect();
    String::from_utf16(&units)
        .ok()
        .filter(|_| odd.is_empty())
        .ok_or_else(|| "is no text: it begins as UTF-16 and does not go on so".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf8_or_says_that_it_is_utf16_and_anything_else_is_told() {
        let little: Vec<u8> = "\u{feff}é{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}é{}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little.clone(), big, "é{}".as_bytes().to_vec()] {
            assert_eq!(decoded(bytes).unwrap(), "é{}");
        }
        assert!(decoded(little[..5].to_vec()).is_err());
        assert_eq!(
            decoded(b"ab\xe9{".to_vec()).unwrap_err(),
            "is no text in UTF-8: byte 2 belongs to no letter"
        );
    }
}
