//! The command line: one file per verb.

mod controller;
pub mod crds;

use clap::{Parser, Subcommand};

/// Amazon ECS semantics for any Kubernetes cluster.
#[derive(Debug, Parser)]
#[command(name = "berth", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the operator: keep every Service, TaskDefinition and ServiceDiscovery as written.
    Controller(Box<controller::Arguments>),
    /// Print the CustomResourceDefinitions as YAML.
    Crds,
}

/// Runs what the command line asks for.
///
/// # Errors
/// Whatever kept it from being done, with what to do next.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.verb {
        Verb::Controller(arguments) => controller::run(*arguments),
        Verb::Crds => {
            use std::io::Write;
            Ok(std::io::stdout().write_all(crds::yaml()?.as_bytes())?)
        }
    }
}
