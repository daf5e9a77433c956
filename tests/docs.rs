//! The pages name what there is: conditions, reasons, metrics, and files that they link to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use berth::api::condition::{ConditionType, Reason};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// First cells of the rows of a page's tables, without their backquotes.
fn rows(page: &str, heading: &str) -> Vec<String> {
    let text = read(page);
    let (_, rest) =
        text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("{page}: {heading}"));
    let section = rest.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_condition_type_and_reason_is_explained_in_its_order() {
    let types: Vec<_> = ConditionType::ALL.iter().map(|one| one.as_str().to_owned()).collect();
    assert_eq!(rows("docs/conditions.md", "Condition types"), types);
    let reasons: Vec<_> = Reason::ALL.iter().map(|one| one.as_str().to_owned()).collect();
    assert_eq!(rows("docs/conditions.md", "Reasons"), reasons);
}

#[test]
fn every_metric_is_explained() {
    // A family without a member yet is not part of the text that /metrics serves, so the source is asked.
    let source = read("src/observe.rs");
    let registered = source.split("registry.register(").skip(1);
    let mut metrics: Vec<_> = registered.filter_map(|rest| rest.split('"').nth(1)).collect();
    let mut explained = rows("docs/operations.md", "Metrics");
    for name in &mut explained {
        let short = name.trim_start_matches("berth_").trim_end_matches("_total").trim_end_matches("_info");
        *name = short.to_owned();
    }
    metrics.sort_unstable();
    explained.sort();
    assert_eq!(explained, metrics);
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let found = match std::fs::read_to_string(&target) {
                Ok(text) => heading.is_empty() || anchors(&text).any(|anchor| anchor == heading),
                Err(_) => target.is_dir(),
            };
            if !found {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

fn pages() -> Vec<PathBuf> {
    let files = |dir: &str| std::fs::read_dir(root().join(dir)).unwrap().map(|file| file.unwrap().path());
    let all = files(".").chain(files("docs")).chain(files("examples"));
    all.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The anchors that a page's headings get.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    })
}
