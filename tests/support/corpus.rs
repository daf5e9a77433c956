//! Real documents, written by people who knew nothing of Berth.
//!
//! They lie outside the tree: `BERTH_CORPUS`, or `../shared/corpus`.

use berth::api::fate::Document;
use serde_json::Value;
use std::path::PathBuf;

/// One document of the corpus.
pub struct Sample {
    /// Its path within the corpus.
    pub file: String,
    /// What it is.
    pub document: Document,
    /// Whether somebody meant to send it.
    pub is_input: bool,
    /// Whether the AWS SDK's own validation of parameters accepts it.
    pub is_ok: bool,
    /// The document as it was found.
    #[allow(dead_code, reason = "not every test reads it")]
    pub text: String,
    /// The document as JSON.
    pub spec: Value,
}

/// All task definitions and services; none, and a line that says so, where there is no corpus.
pub fn corpus() -> Option<Vec<Sample>> {
    let root = std::env::var_os("BERTH_CORPUS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    let Ok(list) = std::fs::read_to_string(root.join("SOURCES.tsv")) else {
        println!("SKIPPED: corpus not found at {}", root.display());
        return None;
    };
    let samples = list.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let document = match *columns.get(5)? {
            "task-definition" => Document::TaskDefinition,
            "service" => Document::Service,
            _ => return None,
        };
        let shape = *columns.get(8)?;
        let text = std::fs::read_to_string(root.join(columns.first()?)).ok()?;
        let spec = serde_json::from_str(&text).ok()?;
        let file = columns.first()?.to_string();
        Some(Sample {
            file,
            document,
            is_input: shape == "input",
            is_ok: *columns.get(9)? == "ok",
            text,
            spec,
        })
    });
    Some(samples.collect())
}
