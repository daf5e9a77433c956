//! `berth instances`: the container instances, as ListContainerInstances and DescribeContainerInstances tell them.

mod page;

use super::cluster::Output;
use super::nodes::{Nodes, misspelt};
use crate::placement::expression::parse;
use crate::placement::predicate;
use crate::resolve::container_instances;
use anyhow::bail;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;

/// Which instances to show, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The instances, by name or ec2InstanceId. Default: all.
    #[arg(value_name = "INSTANCE")]
    instances: Vec<String>,
    /// Only those that match this cluster query.
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// Form of the output; YAML and JSON are those of DescribeContainerInstances.
    #[arg(short, long, value_enum)]
    output: Option<Output>,
    #[command(flatten)]
    nodes: Nodes,
}

/// Prints the table, or the documents.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let query = match arguments.filter.as_deref().map(|text| (text, parse(text))) {
        None => None,
        Some((_, Ok(query))) => Some(query),
        Some((text, Err(error))) => return Ok(misspelt(text, &error)),
    };
    let (nodes, pods) = arguments.nodes.read(Some(""))?;
    let mut found = container_instances(&nodes, &pods);
    let is = |name: &String, one: &crate::resolve::ContainerInstance| {
        *name == one.view.name || name == one.view.instance_id()
    };
    let missing = arguments.instances.iter().find(|name| !found.iter().any(|one| is(name, one)));
    if let Some(name) = missing {
        bail!("there is no container instance {name} here");
    }
    found
        .retain(|one| arguments.instances.is_empty() || arguments.instances.iter().any(|name| is(name, one)));
    if let Some(query) = &query {
        let matches = predicate(query);
        found.retain(|one| matches(&one.view));
    }
    std::io::stdout().write_all(page::page(&found, arguments.output)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
