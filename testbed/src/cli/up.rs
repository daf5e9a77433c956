//! `testbed up`.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use testbed::real::needs;
use testbed::{Bed, BedConfig, SimulatedNode};

/// Start a bed.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// How many simulated nodes it has: 3 if it has no real ones.
    #[arg(long, value_name = "N")]
    simulated: Option<usize>,
    /// How many real nodes it has: 3 if no number is given. Needs root.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3", default_value_t = 0)]
    real: usize,
    /// Over how many zones nodes are spread.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=26))]
    zones: u8,
    /// After how many seconds of silence a node is NotReady: 40, or 8 with real nodes.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(4..))]
    node_grace: Option<u64>,
}

impl Up {
    /// Starts the bed and lets it live on.
    pub async fn run(self, dir: &Path) -> Result<()> {
        let start = Instant::now();
        let mut config = BedConfig::default();
        if self.real > 0 {
            config = BedConfig::real(self.real, self.zones);
            tokio::task::spawn_blocking(needs::provide).await??;
        }
        let simulated = self.simulated.unwrap_or(if self.real > 0 { 0 } else { 3 });
        config.dir = Some(dir.to_owned());
        config.nodes = SimulatedNode::fleet(simulated, self.zones);
        config.simulated = simulated > 0 || self.real == 0;
        config.node_grace = self.node_grace.map_or(config.node_grace, Duration::from_secs);
        let bed = tokio::select! {
            bed = Bed::start(config) => bed?,
            // The guard ends what was started so far.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted; what was started so far is ended"),
        };
        let kubeconfig = bed.kubeconfig().to_owned();
        // Before anything is printed: a reader that has gone away must not end the bed.
        bed.release()?;
        println!(
            "The bed is up after {:.1} s, with {} real and {simulated} simulated nodes.\n\nexport KUBECONFIG={}\n\n\
             `testbed status` shows it, `testbed down` ends it.",
            start.elapsed().as_secs_f64(),
            self.real,
            kubeconfig.display()
        );
        Ok(())
    }
}
