//! The command line.

mod image;
mod node;
mod up;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Api;
use kube::api::ListParams;
use testbed::Bed;
use testbed::parts::{self, Part};
use testbed::real;

/// A real Kubernetes on this machine, for trying Berth out: a whole control plane, and nodes that
/// are simulated or real.
#[derive(Debug, Parser)]
#[command(name = "testbed", version)]
pub struct Cli {
    /// The bed's folder; name another one to have several beds.
    #[arg(long, global = true, env = "BERTH_TESTBED_DIR")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start a bed; it runs until `testbed down`.
    Up(up::Up),
    /// End the bed and remove everything of it.
    Down,
    /// Tell whether the bed runs, and what is in it.
    Status,
    /// Print the path of the administrator's kubeconfig.
    Kubeconfig,
    /// Add and remove nodes, or let them fail.
    #[command(subcommand)]
    Node(node::NodeAction),
    /// Bring container images to the real nodes.
    #[command(subcommand)]
    Image(image::ImageAction),
    /// Install and build everything that beds need: as root on Debian also what real nodes need.
    Setup,
    /// Run kubectl on the bed: `testbed kubectl -- get pods`.
    Kubectl {
        /// Arguments for kubectl.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the programs of a bed ahead of time: those of a simulated bed, all, or the ones named.
    Build {
        /// Every program, also those of real nodes.
        #[arg(long)]
        all: bool,
        /// Programs, such as `etcd` or `kubelet`.
        parts: Vec<String>,
    },
}

/// Runs one command.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let dir = match cli.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => std::env::temp_dir().join(format!("berth-testbed-{}", nix::unistd::getuid())),
    };
    match cli.command {
        Action::Up(up) => up.run(&dir).await?,
        Action::Down => down(dir).await?,
        Action::Status => status(&dir).await?,
        Action::Kubeconfig => println!("{}", Bed::open(&dir).await?.kubeconfig().display()),
        Action::Node(action) => action.run(&dir).await?,
        Action::Image(action) => action.run(&dir).await?,
        Action::Setup => setup().await?,
        Action::Kubectl { args } => return kubectl(&dir, &args).await,
        Action::Build { all, parts } => build(all, parts).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn down(dir: PathBuf) -> Result<()> {
    // Also a bed whose start was cut short, or of an older version of this program, ends here.
    if !dir.join(".berth-testbed").exists() {
        println!("No bed runs in {}.", dir.display());
        return Ok(());
    }
    tokio::task::spawn_blocking(move || testbed::process::Processes::open(&dir).end()).await??;
    println!("The bed is gone.");
    Ok(())
}

async fn status(dir: &Path) -> Result<()> {
    let bed = Bed::open(dir).await?;
    println!("Folder      {}", bed.dir().display());
    println!("API         {}", bed.plane().url);
    println!("Kubeconfig  {}", bed.kubeconfig().display());
    for name in bed.plane().processes.names() {
        let state = if bed.plane().processes.is_running(&name) { "runs" } else { "does not run" };
        println!("Process     {name} {state}; log {}", bed.plane().processes.log(&name).display());
    }
    let client = bed.client()?;
    let all = ListParams::default();
    let nodes = Api::<Node>::all(client.clone()).list_metadata(&all).await;
    let nodes = nodes.context("the bed's API does not answer")?.items.len();
    let pods = Api::<Pod>::all(client).list_metadata(&all).await?.items.len();
    println!("Objects     {nodes} nodes, {pods} pods");
    Ok(())
}

async fn kubectl(dir: &Path, args: &[String]) -> Result<ExitCode> {
    let bed = Bed::open(dir).await?;
    let mut command = Command::new(bed.program(Part::Kubectl)?);
    let status = command.args(args).env("KUBECONFIG", bed.kubeconfig()).status();
    let code = status.context("cannot run kubectl")?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn setup() -> Result<()> {
    let work = || {
        if real::needs::is_root() {
            real::needs::provide()?;
        } else {
            println!("Not root: without what real nodes need.");
        }
        parts::ensure(&Part::ALL)?;
        testbed::image::testapp_program()
    };
    tokio::task::spawn_blocking(work).await??;
    Ok(())
}

async fn build(all: bool, names: Vec<String>) -> Result<()> {
    let mut wanted: Vec<Part> = names.iter().map(|name| Part::by_name(name)).collect::<Result<_>>()?;
    if all {
        wanted.extend(Part::ALL);
    } else if wanted.is_empty() {
        wanted.extend(Part::CONTROL_PLANE);
        wanted.extend([Part::Kwok, Part::Helm]);
    }
    let parts = wanted.clone();
    let binaries = tokio::task::spawn_blocking(move || parts::ensure(&parts)).await??;
    wanted.sort();
    wanted.dedup();
    for part in wanted {
        println!("{:24} {}", part.name(), binaries.path(part)?.display());
    }
    Ok(())
}
