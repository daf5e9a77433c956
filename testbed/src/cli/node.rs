//! `testbed node …`.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Subcommand;
use testbed::real::RealNode;
use testbed::{Bed, SimulatedNode};

#[derive(Debug, Subcommand)]
pub enum NodeAction {
    /// Add a simulated node.
    Add(Add),
    /// Remove simulated nodes.
    Remove {
        /// Names of nodes.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Let a simulated node fall silent, as if it had crashed.
    Silence {
        /// The node's name.
        name: String,
    },
    /// Let a silent node come back.
    Wake {
        /// The node's name.
        name: String,
    },
    /// Start another real node.
    AddReal {
        /// The node's name.
        name: String,
        /// Its zone.
        #[arg(long, default_value = "zone-a")]
        zone: String,
        /// What pods can have of the processors, in thousandths.
        #[arg(long, value_name = "MILLIS")]
        cpu: Option<u32>,
        /// What pods can have of the memory, in MiB.
        #[arg(long, value_name = "MIB")]
        memory: Option<u32>,
    },
    /// Cut the power of a real node.
    Crash {
        /// The node's name.
        name: String,
    },
    /// Start a real node again.
    Restart {
        /// The node's name.
        name: String,
    },
    /// Cut a real node off from all others and from the control plane; what is on it runs on.
    Partition {
        /// The node's name.
        name: String,
    },
    /// Join a real node to the others again.
    Heal {
        /// The node's name.
        name: String,
    },
}

/// Add a simulated node.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The node's name.
    name: String,
    /// Its zone.
    #[arg(long, default_value = "zone-a")]
    zone: String,
    /// Its instance type.
    #[arg(long, default_value = "m7i.4xlarge")]
    instance_type: String,
    /// Its processors.
    #[arg(long, default_value_t = 16)]
    cpu: u32,
    /// Its memory, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 65_536)]
    memory: u64,
    /// How many pods it takes.
    #[arg(long, default_value_t = 250)]
    pods: u32,
    /// Its GPUs.
    #[arg(long, default_value_t = 0)]
    gpu: u32,
    /// Its architecture.
    #[arg(long, default_value = "amd64")]
    architecture: String,
    /// A label `key=value`; may be repeated.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
}

impl NodeAction {
    /// Runs it.
    pub async fn run(self, dir: &Path) -> Result<()> {
        let bed = Bed::open(dir).await?;
        match self {
            Self::Add(add) => bed.add_simulated_nodes(vec![add.node()?]).await,
            Self::Remove { names } => {
                for name in names {
                    bed.remove_node(&name).await?;
                }
                Ok(())
            }
            Self::Silence { name } => bed.silence_node(&name).await,
            Self::Wake { name } => bed.wake_node(&name).await,
            Self::AddReal { name, zone, cpu: cpu_millis, memory: memory_mib } => {
                let node = RealNode { cpu_millis, memory_mib, ..RealNode::new(&name, &zone) };
                bed.real()?.add(node).await
            }
            Self::Crash { name } => bed.real()?.crash(&name).await,
            Self::Restart { name } => bed.real()?.restart(&name).await,
            Self::Partition { name } => bed.real()?.partition(&name).await,
            Self::Heal { name } => bed.real()?.heal(&name).await,
        }
    }
}

impl Add {
    fn node(self) -> Result<SimulatedNode> {
        let mut node = SimulatedNode::new(self.name);
        node.zone = self.zone;
        node.instance_type = self.instance_type;
        node.cpu = self.cpu;
        node.memory_mib = self.memory;
        node.pods = self.pods;
        node.gpu = self.gpu;
        node.architecture = self.architecture;
        for label in self.labels {
            let Some((key, value)) = label.split_once('=') else {
                bail!("`{label}` is not a label: write key=value");
            };
            node.labels.insert(key.to_owned(), value.to_owned());
        }
        Ok(node)
    }
}
