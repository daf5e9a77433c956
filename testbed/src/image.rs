//! Container images, made without a registry and without a builder.
//!
//! An image here is one layer and its configuration in an OCI archive, as `ctr images import`
//! reads it. Archives are kept in the cache under the hash of their content, so that asking for an
//! image again costs a hash of its program. No image is tagged `latest`: the kubelet would try to
//! pull it.

mod archive;
mod program;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::files;
use crate::parts;

pub use program::{static_program, testapp_program};

/// The user that the images run as unless they need root: a number, so that `runAsNonRoot` can
/// be checked without a password file.
pub const USER: &str = "65532:65532";

/// The image of the container that holds a pod's namespaces.
pub const PAUSE: &str = "localhost/pause:v1";

/// The image of the cluster's DNS.
pub const COREDNS: &str = "localhost/coredns:v1";

/// The commands that the test app stands in for, since its image holds nothing else.
const TESTAPP_LINKS: &[&str] = &[
    "bin/cat",
    "bin/echo",
    "bin/env",
    "bin/false",
    "bin/sh",
    "bin/sleep",
    "bin/true",
    "usr/bin/curl",
    "usr/bin/wget",
];

/// An image to be.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Name and tag.
    pub name: String,
    /// What runs.
    pub entrypoint: Vec<String>,
    /// What it gets as arguments unless the pod says otherwise.
    pub command: Vec<String>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Who runs it; empty for root.
    pub user: String,
    /// What is in it.
    pub content: Vec<Content>,
}

/// An entry of an image's layer. Paths are relative to the root.
#[derive(Clone, Debug)]
pub enum Content {
    /// A copy of a file of this machine.
    File {
        /// Where it is in the image.
        path: String,
        /// Its permissions.
        mode: u32,
        /// Where it is on this machine.
        source: PathBuf,
    },
    /// A text.
    Text {
        /// Where it is in the image.
        path: String,
        /// Its permissions.
        mode: u32,
        /// What it says.
        text: String,
    },
    /// A symbolic link.
    Link {
        /// Where it is in the image.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// A folder.
    Folder {
        /// Where it is in the image.
        path: String,
        /// Its permissions.
        mode: u32,
    },
}

impl Image {
    /// Writes the image as an OCI archive.
    pub fn write(&self, target: &Path) -> Result<()> {
        ensure!(
            self.name.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest" && !tag.contains('/')),
            "the image name {:?} needs a tag other than `latest`",
            self.name
        );
        archive::write(self, target).with_context(|| format!("cannot write the image {}", self.name))
    }

    /// The path of the image's archive in the cache; writes it if it is not there.
    pub fn cached(&self) -> Result<PathBuf> {
        let dir = parts::cache_dir()?.join("images");
        files::create_dir(&dir)?;
        let name: String =
            self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = dir.join(format!("{name}-{}.tar", archive::hash(self)?));
        if !path.exists() {
            // Renamed when complete: somebody else may want the same image at this moment.
            let unfinished = tempfile::Builder::new().prefix("unfinished").tempfile_in(&dir)?;
            self.write(unfinished.path())?;
            unfinished.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(path)
    }

    /// An image of one static program and nothing else.
    fn of_program(name: &str, program: &Path, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            entrypoint: vec![format!("/{path}")],
            user: USER.to_owned(),
            content: vec![Content::File { path: path.to_owned(), mode: 0o755, source: program.to_owned() }],
            ..Self::default()
        }
    }
}

/// `localhost/pause:v1`, which the container runtime starts for every pod.
pub fn pause_image() -> Result<PathBuf> {
    let mut image = Image::of_program(PAUSE, &testapp_program()?, "pause");
    image.command = vec!["pause".to_owned()];
    image.cached()
}

/// `localhost/testapp:<version>`. The versions have the same content but for `VERSION` in their
/// environment, by which a test can tell an edit's tasks from the ones before it.
pub fn testapp_image(version: &str) -> Result<PathBuf> {
    let name = format!("localhost/testapp:{version}");
    let mut image = Image::of_program(&name, &testapp_program()?, "usr/bin/testapp");
    image.env =
        vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("VERSION".to_owned(), version.to_owned())];
    image.content.extend(
        TESTAPP_LINKS
            .iter()
            .map(|path| Content::Link { path: (*path).to_owned(), target: "/usr/bin/testapp".to_owned() }),
    );
    image.content.push(Content::Folder { path: "tmp".to_owned(), mode: 0o1777 });
    image.cached()
}

/// `localhost/berth:<version>`: a static `berth` and nothing else in it.
pub fn berth_image(version: &str, program: &Path) -> Result<PathBuf> {
    Image::of_program(&format!("localhost/berth:{version}"), program, "berth").cached()
}

/// `localhost/coredns:v1`.
pub fn coredns_image(program: &Path) -> Result<PathBuf> {
    let mut image = Image::of_program(COREDNS, program, "coredns");
    // It listens on port 53, which only root may in a container.
    image.user = String::new();
    image.cached()
}
