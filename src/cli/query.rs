//! `berth query`: the instances that match a cluster query.

use super::nodes::{Nodes, misspelt};
use crate::placement::expression::{asks_for_tasks, parse};
use crate::placement::{NodeView, predicate};
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// What to ask, and whom.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The query, as in a `memberOf` constraint: `attribute:ecs.instance-type =~ m5.* and runningTasksCount < 3`.
    #[arg(value_name = "EXPRESSION")]
    expression: String,
    #[command(flatten)]
    nodes: Nodes,
}

/// Prints the names of the instances that match, one a line.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let query = match parse(&arguments.expression) {
        Ok(query) => query,
        Err(error) => return Ok(misspelt(&arguments.expression, &error)),
    };
    let tasks = asks_for_tasks(&query).then_some("app.kubernetes.io/managed-by=berth");
    let (nodes, pods) = arguments.nodes.read(tasks)?;
    let matches = predicate(&query);
    let mut names: Vec<String> =
        NodeView::all(&nodes, &pods).into_iter().filter(|node| matches(node)).map(|node| node.name).collect();
    names.sort();
    let text: String = names.into_iter().map(|name| name + "\n").collect();
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
