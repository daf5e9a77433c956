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
    /// Build the test app as `localhost/testapp:VERSION` and make it known to the real nodes.
    Testapp {
        /// Versions; they differ in what the app says of itself.
        #[arg(default_value = "v1")]
        versions: Vec<String>,
        /// Only build, and print the paths of the OCI archives.
        #[arg(long)]
        print: bool,
    },
    /// Build Berth as `localhost/berth:VERSION` and make it known to the real nodes.
    Berth {
        /// The tag of the image.
        #[arg(default_value = env!("CARGO_PKG_VERSION"))]
        version: String,
        /// Only build, and print the path of the OCI archive.
        #[arg(long)]
        print: bool,
    },
}

impl ImageAction {
    /// Runs it.
    pub async fn run(self, dir: &Path) -> Result<()> {
        let (archives, print) = match self {
            Self::Import { archives } => (archives, false),
            Self::Testapp { versions, print } => {
                let build = move || versions.iter().map(|version| image::testapp_image(version)).collect();
                (tokio::task::spawn_blocking::<_, Result<Vec<PathBuf>>>(build).await??, print)
            }
            Self::Berth { version, print } => {
                let build = move || image::berth_image(&version, &image::static_program("berth")?);
                (vec![tokio::task::spawn_blocking(build).await??], print)
            }
        };
        if print {
            archives.iter().for_each(|archive| println!("{}", archive.display()));
            return Ok(());
        }
        let real = Bed::open(dir).await?.real()?;
        for archive in archives {
            real.import_image(&archive).await?;
        }
        Ok(())
    }
}
