//! `berth plan`: what a change would do before it is applied.

use super::cluster::Access;
use super::explain::map::map;
use super::files::{broken, bundle, unreadable};
use super::situation::situation;
use super::table::{many, row, table};
use crate::placement::explain::{called, left, shown};
use crate::render::{Fate, Outlook, Prospect, Sum};
use clap::Args;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Most steps that are told one by one.
const TOLD: usize = 12;

/// What is to be applied, and where.
#[derive(Debug, Args)]
#[group(id = "change", required = true, multiple = true, args = ["files", "named"])]
pub(super) struct Arguments {
    /// Files or folders of custom resources, in YAML or JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The same, as kubectl takes it.
    #[arg(short = 'f', long = "filename", value_name = "FILE", num_args = 1..)]
    named: Vec<PathBuf>,
    /// Files to read instead of a cluster: nodes alone, where nothing runs yet, or with pods and all else, as from
    /// `kubectl get nodes,pods,ecs,controllerrevisions -A -o yaml`.
    #[arg(long, value_name = "FILE")]
    nodes: Vec<PathBuf>,
    /// Draw zones, nodes and tasks as they would be in the end.
    #[arg(long)]
    map: bool,
    #[command(flatten)]
    access: Access,
}

/// Prints the plan; 0 if all of it can be done, 1 if not, 2 if there is no answer.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let outlook = match planned(arguments) {
        Ok(Ok(outlook)) => outlook,
        Ok(Err(broken)) => {
            broken.iter().for_each(|rule| eprintln!("{rule}"));
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Ok(unreadable(&error)),
    };
    let mut text = page(&outlook);
    if arguments.map {
        let _ = write!(text, "\n{}", map(&outlook.rooms));
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if outlook.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The plan, or the rules that the documents break.
fn planned(arguments: &Arguments) -> anyhow::Result<Result<Outlook, Vec<String>>> {
    let (namespace, situation) = situation(&arguments.access, &arguments.nodes)?;
    let files: Vec<PathBuf> = arguments.files.iter().chain(&arguments.named).cloned().collect();
    let documents = bundle(&files, &namespace)?;
    anyhow::ensure!(!documents.is_blank(), "there is no document in what was given");
    let wrong = broken(&documents);
    Ok(if wrong.is_empty() { Ok(situation.plan(&documents, Timestamp::now())) } else { Err(wrong) })
}

fn page(outlook: &Outlook) -> String {
    let mut text = String::new();
    for (reference, is_new, before) in &outlook.definitions {
        let _ = match (is_new, before) {
            (false, _) => writeln!(text, "Task definition {reference} stays as it is."),
            (true, None) => {
                writeln!(text, "Task definition {reference} is registered, the first of its family.")
            }
            (true, Some(before)) => {
                writeln!(text, "Task definition {reference} is registered after {before}.")
            }
        };
    }
    for prospect in &outlook.services {
        service(&mut text, prospect);
    }
    if !outlook.sums.is_empty() {
        let _ = write!(text, "\nAt once at most:\n{}", sums(&outlook.sums));
    }
    text
}

fn service(text: &mut String, prospect: &Prospect) {
    let tasks = many(prospect.desired, "task");
    let (lower, upper) = prospect.bounds;
    let _ = write!(text, "\nService {} ", prospect.name);
    let _ = match &prospect.fate {
        Fate::Refused(why) => writeln!(text, "is refused: {why}"),
        Fate::Starts(reference) => writeln!(text, "starts {tasks} of {reference}."),
        Fate::Scales(from, to) => writeln!(text, "goes from {from} to {to} tasks; none is replaced."),
        Fate::Stays => writeln!(text, "stays as it is, with {tasks}."),
        Fate::Deploys(from, to) => writeln!(
            text,
            "deploys {to} in place of {from}: of {tasks} at least {lower} stay healthy, at most {upper} run at once."
        ),
    };
    steps(text, prospect);
    if !prospect.places.is_empty() {
        let places: Vec<String> =
            prospect.places.iter().map(|(node, count)| format!("{node} x{count}")).collect();
        let _ = writeln!(text, "New tasks would go to: {}", places.join(", "));
    }
    if let Some(shortfall) = &prospect.shortfall {
        let _ = writeln!(
            text,
            "{} would wait for a container instance. {}",
            many(shortfall.tasks, "task"),
            shortfall.message
        );
        for way in &shortfall.help {
            let _ = writeln!(text, "- would help one: {way}");
        }
    }
}

fn steps(text: &mut String, prospect: &Prospect) {
    if prospect.steps.is_empty() {
        return;
    }
    let mut rows = vec![row(["STEP", "STOPS", "STARTS", "OLD", "NEW"])];
    rows.extend(prospect.steps.iter().enumerate().take(TOLD).map(|(index, step)| {
        [index + 1, step.stops as usize, step.starts as usize, step.old as usize, step.new as usize]
            .map(|number| number.to_string())
            .to_vec()
    }));
    let _ = write!(text, "{}", table(&rows));
    let more = prospect.steps.len().saturating_sub(TOLD);
    if more > 0 {
        let _ = writeln!(text, "… and {more} steps more");
    }
}

fn sums(sums: &[Sum]) -> String {
    let mut rows = vec![row(["RESOURCE", "NEEDED", "AVAILABLE", ""])];
    rows.extend(sums.iter().map(|sum| {
        let name = sum.resource.as_str();
        let short = if sum.needed > sum.available { "not enough" } else { "" };
        let (needed, available) = match name {
            "pods" => (sum.needed.to_string(), sum.available.to_string()),
            _ => (shown(name, sum.needed), left(name, sum.available)),
        };
        let name = if name == "pods" { "PODS".to_owned() } else { called(name) };
        vec![name, needed, available, short.to_owned()]
    }));
    table(&rows)
}
