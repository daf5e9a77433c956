//! What real nodes need of the machine: root, and a few programs of the distribution.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Where distributions put the CNI plugins.
const CNI_FOLDERS: &[&str] = &["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/// The CNI plugins that the nodes use.
const CNI_PLUGINS: &[&str] = &["host-local", "loopback", "portmap", "ptp"];

/// Programs and the Debian packages that they come in.
const PROGRAMS: &[(&str, &str)] = &[
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("mount", "mount"),
    // For Berth's own image: its cryptography is partly in C.
    ("musl-gcc", "musl-tools"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("runc", "runc"),
    ("unshare", "util-linux"),
];

/// Whether this process is root. Real nodes need that: they mount, and make network namespaces.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// For tests that need root: whether to skip this one. The runner counts the lines that this
/// prints, past the test harness, which would show it of failed tests only.
pub fn skip(test: &str) -> bool {
    if !is_root() {
        writeln!(std::io::stderr(), "SKIPPED: needs root: {test}").ok();
    }
    !is_root()
}

/// The Debian packages whose programs are missing on this machine.
pub fn missing_packages() -> Vec<&'static str> {
    let mut packages: Vec<_> =
        PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    if cni_folder().is_none() {
        packages.push("containernetworking-plugins");
    }
    packages.dedup();
    packages
}

/// Checks that this process may start real nodes and that the machine has what they need.
pub fn check() -> Result<()> {
    ensure!(is_root(), "real nodes need root: run this with sudo, or use simulated nodes");
    let missing = missing_packages();
    ensure!(
        missing.is_empty(),
        "real nodes need programs that are missing here: `apt-get install {}` (or what your distribution calls \
         them), or `testbed setup` for that",
        missing.join(" ")
    );
    Ok(())
}

/// As [`check`], but first installs what is missing where that is possible: as root on Debian and
/// its relatives.
pub fn provide() -> Result<()> {
    let missing = missing_packages();
    if is_root() && !missing.is_empty() && find("apt-get").is_some() {
        install(&missing)?;
    }
    check()
}

/// Installs Debian packages.
pub fn install(packages: &[&str]) -> Result<()> {
    eprintln!("testbed: installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        Command::new("apt-get")
            .args(["-qq", "-o", "DPkg::Lock::Timeout=120"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .output()
            .context("cannot run apt-get")
    };
    let arguments: Vec<_> =
        ["install", "--yes", "--no-install-recommends"].iter().chain(packages).copied().collect();
    // The package lists of a fresh machine are often missing or old; asked for only when needed.
    if apt(&arguments)?.status.success() {
        return Ok(());
    }
    apt(&["update"])?;
    let output = apt(&arguments)?;
    if !output.status.success() {
        bail!(
            "cannot install {}; install them by hand. apt-get says:\n{}",
            packages.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Finds a program on the PATH or where administrators' programs are, which is not always on it.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The folder of the CNI plugins.
pub(super) fn cni_folder() -> Option<&'static Path> {
    CNI_FOLDERS
        .iter()
        .map(Path::new)
        .find(|folder| CNI_PLUGINS.iter().all(|plugin| folder.join(plugin).is_file()))
}
