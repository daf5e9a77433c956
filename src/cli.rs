//! The command line: one file per verb.

mod activate;
mod cluster;
mod controller;
mod convert;
pub mod crds;
mod deregister;
mod diff;
mod explain;
mod export;
mod files;
pub mod help;
mod import;
mod instances;
mod nodes;
mod plan;
mod protect;
mod query;
mod render;
mod revisions;
mod situation;
mod table;
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
    /// Make custom resources of documents of ECS in files. Prints them in the order in which they are applied; what was
    /// dropped, guessed or left open goes to standard error as `FILE: PATH: TEXT`.
    Convert(convert::Arguments),
    /// Give Services that `convert --standby` made rest the counts that they have in ECS. Prints the manifests; what
    /// does not rest stays as it is.
    Activate(activate::Arguments),
    /// Make requests of ECS of custom resources in files: what `convert` made of a request gives that request.
    Export(export::Arguments),
    /// Say where what ECS has differs from what files say. Lists without order, sizes that are equal and defaults that
    /// are written out are no difference. Ends with 1 if something differs.
    Diff(diff::Arguments),
    /// Print what the operator would write for custom resources in files: Kubernetes objects in the order of writing,
    /// then statuses. Nothing is asked of a cluster. Each broken rule is a line on standard error, `FILE: MEMBER: RULE`,
    /// and then nothing else is printed.
    Render(render::Arguments),
    /// Check custom resources in files without a cluster: schema, rules, members that are refused or change nothing,
    /// references among them. Each broken rule is a line on standard error, `FILE: MEMBER: RULE`.
    Validate(validate::Arguments),
    /// Print the names of the container instances that match a cluster query, one a line. A query that is none is printed
    /// with a mark below what is wrong, and ends with 2.
    Query(query::Arguments),
    /// Show the container instances: status, zone, type, tasks, what is left of CPU (in units, 1024 of which are one) and
    /// memory (in MiB).
    Instances(instances::Arguments),
    /// Show the revisions of a family: number, status, when each was registered and who uses it; or what differs
    /// between two of them.
    Revisions(revisions::Arguments),
    /// Say what a change would do before it is applied: which services deploy which revision, in which steps, and where
    /// their tasks would go as far as capacity says. Ends with 0 if all of it can be done, 1 if not, 2 if there is no
    /// answer.
    Plan(plan::Arguments),
    /// Say why a task was not placed: for each container instance what it lacks, the nearest first, and what would help.
    /// Ends with 0 if it fits somewhere, 1 if nowhere, 2 if there is no answer.
    Explain(explain::Arguments),
    /// Deregister a revision of a task definition: what runs it goes on, nothing new may use it. This cannot be undone.
    /// It sets annotation `ecs.berth.dev/deregister` on the TaskDefinition, which the operator carries out.
    Deregister(deregister::Arguments),
    /// Protect tasks of services from scale-in and deployments for a time, as UpdateTaskProtection does; each call begins
    /// anew. It sets annotation `ecs.berth.dev/protected-until` on their pods.
    Protect(protect::Arguments),
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
        Verb::Convert(arguments) => return readable(convert::run(&arguments)),
        Verb::Activate(arguments) => return readable(activate::run(&arguments)),
        Verb::Export(arguments) => return readable(export::run(&arguments)),
        Verb::Diff(arguments) => return readable(diff::run(&arguments)),
        Verb::Render(arguments) => return render::run(&arguments),
        Verb::Validate(arguments) => return validate::run(&arguments),
        Verb::Query(arguments) => return readable(query::run(&arguments)),
        Verb::Instances(arguments) => return readable(instances::run(&arguments)),
        Verb::Revisions(arguments) => return readable(revisions::run(&arguments)),
        Verb::Plan(arguments) => return plan::run(&arguments),
        Verb::Explain(arguments) => return explain::run(&arguments),
        Verb::Deregister(arguments) => deregister::run(&arguments)?,
        Verb::Protect(arguments) => protect::run(&arguments)?,
        Verb::Completion(arguments) => help::completion(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}

/// A file that cannot be read is as wrong as a wrong flag.
fn readable(outcome: anyhow::Result<ExitCode>) -> anyhow::Result<ExitCode> {
    outcome.or_else(|error| match error.chain().any(|cause| cause.is::<std::io::Error>()) {
        true => Ok(files::unreadable(&error)),
        false => Err(error),
    })
}
