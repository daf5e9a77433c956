//! `testbed up`.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use testbed::{Bed, BedConfig, SimulatedNode};

/// Start a bed.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// How many simulated nodes it has.
    #[arg(long, value_name = "N", default_value_t = 3)]
    simulated: usize,
    /// Over how many zones nodes are spread.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=26))]
    zones: u8,
    /// After how many seconds of silence a node is NotReady.
    #[arg(long, value_name = "SECONDS", default_value_t = 40, value_parser = clap::value_parser!(u64).range(4..))]
    node_grace: u64,
}

impl Up {
    /// Starts the bed and lets it live on.
    pub async fn run(self, dir: &Path) -> Result<()> {
        let start = Instant::now();
        let config = BedConfig {
            dir: Some(dir.to_owned()),
            nodes: SimulatedNode::fleet(self.simulated, self.zones),
            node_grace: Duration::from_secs(self.node_grace),
            ..BedConfig::default()
        };
        let bed = tokio::select! {
            bed = Bed::start(config) => bed?,
            // The guard ends what was started so far.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted; what was started so far is ended"),
        };
        println!(
            "The bed is up after {:.1} s, with {} simulated nodes.\n\nexport KUBECONFIG={}\n\n\
             `testbed status` shows it, `testbed down` ends it.",
            start.elapsed().as_secs_f64(),
            self.simulated,
            bed.kubeconfig().display()
        );
        bed.release()
    }
}
