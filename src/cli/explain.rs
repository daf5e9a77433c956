//! `berth explain`: why a task was not placed, node by node.

pub(super) mod map;

use super::cluster::Access;
use super::files::{broken, bundle, unreadable};
use super::situation::situation;
use super::table::{row, table};
use crate::render::{Explanation, Row, Target};
use anyhow::{anyhow, bail, ensure};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Which task to explain, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A Service, as `service/NAME`: its task that waits for a place, or one more task. Or a task, as `task/POD`.
    #[arg(value_name = "service/NAME|task/POD")]
    target: String,
    /// Files to read instead of a cluster: nodes, pods, and what else of it matters, as from
    /// `kubectl get nodes,pods,ecs,controllerrevisions -A -o yaml`; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    nodes: Vec<PathBuf>,
    /// Files of custom resources that are taken as applied.
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Draw zones, nodes and tasks as well.
    #[arg(long)]
    map: bool,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    #[command(flatten)]
    access: Access,
}

/// A form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// Prints the answer; 0 if the task fits somewhere, 1 if nowhere, 2 if there is no answer.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let explanation = match explained(arguments) {
        Ok(explanation) => explanation,
        Err(error) => return Ok(unreadable(&error)),
    };
    let text = match arguments.output {
        Form::Table => page(&explanation, arguments.map),
        Form::Yaml => serde_saphyr::to_string(&explanation)?,
        Form::Json => serde_json::to_string_pretty(&explanation)? + "\n",
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if explanation.fits() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn explained(arguments: &Arguments) -> anyhow::Result<Explanation> {
    let target = target(&arguments.target)?;
    let (namespace, situation) = situation(&arguments.access, &arguments.nodes)?;
    let documents = bundle(&arguments.files, &namespace)?;
    let wrong = broken(&documents);
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    situation.explain(&documents, (&namespace, &target), Timestamp::now()).map_err(|why| anyhow!(why))
}

fn target(text: &str) -> anyhow::Result<Target> {
    let (kind, name) = text.split_once('/').unwrap_or(("service", text));
    match kind {
        _ if name.is_empty() => bail!("{text}: names nothing"),
        "service" | "ecsservice" | "ecssvc" | "ecsservices.ecs.berth.dev" => {
            Ok(Target::Service(name.to_owned()))
        }
        "task" | "pod" => Ok(Target::Task(name.to_owned())),
        _ => bail!("{text}: write service/NAME or task/POD"),
    }
}

fn page(explanation: &Explanation, map: bool) -> String {
    let mut text = String::new();
    let requires = explanation.requires.join(", ");
    let requires = if requires.is_empty() { "nothing in particular" } else { &requires };
    let _ = writeln!(text, "{} asks for {requires}.", capital(&explanation.subject));
    let _ = writeln!(text, "{}", verdict(explanation));
    if let Some(said) = &explanation.scheduler {
        let _ = writeln!(text, "The scheduler: {said}");
    }
    if !explanation.container_instances.is_empty() {
        let _ = write!(text, "\n{}", nodes(&explanation.container_instances));
    }
    if !explanation.what_would_help.is_empty() {
        let _ = writeln!(text, "\nWhat would help, each alone:");
        for way in &explanation.what_would_help {
            let _ = writeln!(text, "- {way}");
        }
    }
    if map {
        let _ = write!(text, "\n{}", map::map(&explanation.rooms));
    }
    text
}

fn verdict(explanation: &Explanation) -> String {
    if let Some(node) = &explanation.container_instance {
        return format!("It is on container instance {node}.");
    }
    if let Some(message) = &explanation.message {
        return capital(message);
    }
    let fits = explanation.container_instances.iter().filter(|row| row.lacks.is_empty()).count();
    format!("{fits} of {} container instances would take it.", explanation.container_instances.len())
}

fn nodes(rows: &[Row]) -> String {
    let none = || "<none>".to_owned();
    let mut lines = vec![row(["NODE", "ZONE", "TYPE", "CPU", "MEMORY", "LACKS"])];
    lines.extend(rows.iter().map(|row| {
        let lacks: Vec<&str> = row.lacks.iter().map(|lack| lack.detail.as_str()).collect();
        vec![
            row.name.clone(),
            row.zone.clone().unwrap_or_else(none),
            row.instance_type.clone().unwrap_or_else(none),
            format!("{}/{}", row.cpu[0], row.cpu[1]),
            format!("{}/{}", row.memory[0], row.memory[1]),
            if lacks.is_empty() { none() } else { lacks.join("; ") },
        ]
    }));
    table(&lines)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_service_or_a_task() {
        assert_eq!(target("service/web").unwrap(), Target::Service("web".to_owned()));
        assert_eq!(target("web").unwrap(), Target::Service("web".to_owned()));
        assert_eq!(target("task/web-1").unwrap(), Target::Task("web-1".to_owned()));
        for wrong in ["node/a", "service/", ""] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}
