//! `berth convert --from-dir`: a dump of an account → files of custom resources by namespace, and a report.

use super::convert::told;
use super::files::{decoded, yaml};
use crate::convert::import::{Estate, Import, Judgement, Needs, Said, granted, needs, report, skeleton};
use crate::convert::{Manifest, Note, Options, emit, standby};
use crate::render::{Bundle, Missing, Remark};
use anyhow::Context;
use clap::Args;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How an account is imported.
#[derive(Debug, Args)]
pub(super) struct Dump {
    /// Folder of a dump: outputs of `aws … describe-*` as JSON files, whatever their names, or what `terraform show
    /// -json` prints. All of it is joined by ARN; each ECS cluster becomes a Cluster and a namespace.
    #[arg(long, value_name = "DUMP", conflicts_with_all = ["files", "namespace", "parameters", "output"])]
    pub(super) from_dir: Option<PathBuf>,
    /// Folder that gets a file for each namespace, and `clusters.yaml` for administrators. Default: standard output.
    #[arg(long, value_name = "DIR", requires = "from_dir")]
    out: Option<PathBuf>,
    /// File that gets the report: by service, whether it runs as it is, needs a mapping or is refused, and why.
    /// Default: standard error.
    #[arg(long, value_name = "FILE", requires = "from_dir")]
    report: Option<PathBuf>,
}

/// Imports the dump in `folder`.
pub(super) fn run(arguments: &Dump, folder: &Path, rests: bool) -> anyhow::Result<ExitCode> {
    let mut estate = Estate::default();
    for file in below(folder)? {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let text = decoded(bytes).map_err(|why| anyhow::anyhow!("{} {why}", file.display()))?;
        let name = file.strip_prefix(folder).unwrap_or(&file);
        estate.add(&name.display().to_string(), &text);
    }
    anyhow::ensure!(
        !estate.is_empty(),
        "{} holds nothing of ECS: examples/import has the script that makes a dump",
        folder.display()
    );
    let import = estate.import();
    let made = Made::of(&import, rests)?;
    let mut notes = import.notes.clone();
    notes.extend(made.notes.iter().cloned());
    let text = report(&import, &made.needs, &made.judgement(), &notes);
    match &arguments.out {
        Some(folder) => made.write(folder)?,
        None => std::io::stdout()
            .write_all(made.stream().as_bytes())
            .context("cannot write to standard output")?,
    }
    let Some(file) = &arguments.report else {
        eprint!("{text}");
        let wrong = notes.iter().any(Note::is_violation);
        return Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    };
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(told(&notes))
}

/// What an import came to.
struct Made {
    /// Clusters and namespaces, by namespace.
    clusters: BTreeMap<String, String>,
    /// The other objects, by namespace.
    objects: BTreeMap<String, String>,
    needs: BTreeMap<String, Needs>,
    notes: Vec<Note>,
}

impl Made {
    fn of(import: &Import, rests: bool) -> anyhow::Result<Self> {
        let output = emit(import.found.clone(), &Options::default());
        let (mut manifests, mut notes) = (output.manifests, output.notes);
        if rests {
            notes.extend(rest(&mut manifests));
        }
        let needs = needs(import);
        let mut made = Self { clusters: BTreeMap::new(), objects: BTreeMap::new(), needs, notes };
        for place in &import.places {
            let nothing = Needs::new();
            let needs = made.needs.get(&place.namespace).unwrap_or(&nothing);
            let is_it = |one: &&Manifest| one.kind() == "Cluster" && one.name() == place.namespace;
            if let Some(cluster) = manifests.iter().find(is_it) {
                made.clusters
                    .insert(place.namespace.clone(), skeleton(&cluster.object, &place.namespace, needs)?);
            }
            let here = manifests.iter().filter(|one| one.namespace() == place.namespace);
            made.objects.insert(place.namespace.clone(), yaml(here.map(|one| &one.object))?);
        }
        Ok(made)
    }

    fn stream(&self) -> String {
        let all = self.clusters.values().chain(self.objects.values()).filter(|text| !text.is_empty());
        all.cloned().collect::<Vec<_>>().join("---\n")
    }

    fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let clusters = self.clusters.values().cloned().collect::<Vec<_>>().join("---\n");
        let files = self.objects.iter().filter(|(_, text)| !text.is_empty());
        let files = files.map(|(namespace, text)| (format!("{namespace}.yaml"), text.as_str()));
        for (name, text) in files.chain([("clusters.yaml".to_owned(), clusters.as_str())]) {
            let file = folder.join(name);
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }

    /// What `berth validate` would say, once with the Clusters as they are and once with all they could grant.
    fn judgement(&self) -> Judgement {
        let judged = |given: bool| {
            let mut bundle = Bundle::default();
            for (namespace, text) in &self.clusters {
                let text = if given { granted(text) } else { text.clone() };
                bundle.add(namespace, &text, namespace);
            }
            for (namespace, text) in &self.objects {
                bundle.add(namespace, text, namespace);
            }
            bundle.report(Missing::IsWrong)
        };
        let said = |remarks: Vec<Remark>| remarks.into_iter().map(said).collect();
        let (written, given) = (judged(false), judged(true));
        Judgement {
            as_written: said(written.violations),
            granted: said(given.violations),
            without_effect: said(written.notes),
        }
    }
}

fn said(remark: Remark) -> Said {
    let violation = remark.violation;
    Said { namespace: remark.source, object: remark.object, path: violation.path, text: violation.message }
}

/// Lets every Service rest.
pub(super) fn rest(manifests: &mut [Manifest]) -> Vec<Note> {
    let mut notes = Vec::new();
    for manifest in manifests {
        if let Err(error) = standby::rest(&mut manifest.object) {
            let label = format!("{}/{}", manifest.kind(), manifest.name());
            notes.push(Note::violation(&manifest.source, label, error));
        }
    }
    notes
}

/// The JSON and YAML files of a folder and of those in it, by name.
fn below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
