//! Static programs of this workspace, for images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use serde_json::Value;

static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

/// Builds a package of this workspace as a static program with Cargo and returns where it is.
/// Cargo is asked once in a process.
pub fn static_program(package: &str) -> Result<PathBuf> {
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(path) = built.get(package) {
        return Ok(path.clone());
    }
    let path = build(package)?;
    built.insert(package.to_owned(), path.clone());
    Ok(path)
}

fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn build(package: &str) -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    add_target(&target);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--message-format=json-render-diagnostics"])
        .args(["--package", package, "--bin", package, "--target", &target])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    // What Cargo tells a test or build script about the package that it runs is not meant for another.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let output = cargo.output().context("cannot run `cargo`: install Rust (https://rustup.rs)")?;
    if !output.status.success() {
        bail!(
            "building {package} for {target} failed. The target comes with `rustup target add {target}`, a C \
             compiler for it with the package musl-tools. Cargo says:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let name = message.get("target")?.get("name")?.as_str()?;
        (name == package).then(|| message.get("executable")?.as_str().map(PathBuf::from)).flatten()
    });
    executables.next_back().with_context(|| format!("Cargo built {package} but does not say where"))
}

/// Adds the target to the toolchain where rustup manages it. A failure shows in the build.
fn add_target(target: &str) {
    let has =
        |output: std::process::Output| String::from_utf8_lossy(&output.stdout).lines().any(|l| l == target);
    let rustup = |arguments: &[&str]| {
        Command::new("rustup").args(arguments).current_dir(workspace()).stdin(Stdio::null()).output()
    };
    if rustup(&["target", "list", "--installed"]).is_ok_and(|output| !has(output)) {
        rustup(&["target", "add", target]).ok();
    }
}
