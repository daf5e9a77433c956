//! `testbed image …`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;
use testbed::Bed;
use testbed::image;

#[derive(Debug, Subcommand)]
pub enum ImageAction {
    /// Make images known to the real nodes of the bed.
    Import {
        /// OCI archives.
        #[arg(required = true)]
        archives: Vec<PathBuf>,
    },
    /// Build Berth as `localhost/berth:VERSION` and make it known to the real nodes.
    Berth {
        /// The tag.
        #[arg(default_value = "dev")]
        version: String,
    },
    /// Build the test app as `localhost/testapp:VERSION` and make it known to the real nodes.
    Testapp {
        /// Versions; they differ in what the app says of itself.
        #[arg(default_value = "v1")]
        versions: Vec<String>,
    },
}

impl ImageAction {
    /// Runs it.
    pub async fn run(self, dir: &Path) -> Result<()> {
        let real = Bed::open(dir).await?.real()?;
        let archives = match self {
            Self::Import { archives } => archives,
            Self::Berth { version } => {
                let build = move || image::berth_image(&version, &image::static_program("berth")?);
                vec![tokio::task::spawn_blocking(build).await??]
            }
            Self::Testapp { versions } => {
                let build = move || versions.iter().map(|version| image::testapp_image(version)).collect();
                tokio::task::spawn_blocking::<_, Result<Vec<PathBuf>>>(build).await??
            }
        };
        for archive in archives {
            real.import_image(&archive).await?;
        }
        Ok(())
    }
}
