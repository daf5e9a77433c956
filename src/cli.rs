//! The command line: one file per verb.

mod controller;
pub mod crds;
mod files;
pub mod help;
mod render;
mod validate;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
    /// Print what the operator would write for custom resources in files: Kubernetes objects in the order of writing,
    /// then statuses. Nothing is asked of a cluster. Whatever breaks a rule goes to standard error, all at once.
    Render(render::Arguments),
    /// Check custom resources in files without a cluster: schema, rules, members that are refused or change nothing,
    /// references among them. Prints `FILE: KIND/NAME: MEMBER: RULE` for each broken rule.
    Validate(validate::Arguments),
    /// Print a shell's completions, as in `source <(berth completion bash)`.
    Completion(help::Completion),
}

/// Runs what the command line asks for.
///
/// # Errors
/// Whatever kept it from being done, with what to do next.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.verb {
        Verb::Controller(arguments) => controller::run(*arguments)?,
        Verb::Crds => {
            use std::io::Write;
            std::io::stdout().write_all(crds::yaml()?.as_bytes())?;
        }
        Verb::Render(arguments) => return render::run(&arguments),
        Verb::Validate(arguments) => return validate::run(&arguments),
        Verb::Completion(arguments) => help::completion(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}
