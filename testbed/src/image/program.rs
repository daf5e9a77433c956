//! Static programs of this workspace, for images.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::files;
use crate::parts;

/// The test app as a static program, from the cache of built programs. It has a place there by its
/// sources, since beds need it at every start: those must not wait for a Cargo that is at work.
pub fn testapp_program() -> Result<PathBuf> {
    let cache = parts::cache_dir()?;
    let dir = cache.join(format!("testapp-{}", testapp_hash()?));
    let path = dir.join("testapp");
    if path.exists() {
        return Ok(path);
    }
    files::create_dir(&dir)?;
    let lock = std::fs::File::create(cache.join(".testapp-lock")).context("cannot lock the cache")?;
    lock.lock().context("cannot lock the cache")?;
    if !path.exists() {
        let built = build("testapp", Some(&cache.join("cargo")))?;
        let unfinished = path.with_extension("unfinished");
        std::fs::copy(built, &unfinished)
            .and_then(|_| std::fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(path)
}

/// Stands for everything that the test app is made of.
fn testapp_hash() -> Result<String> {
    let root = workspace();
    let mut paths = vec![
        root.join("Cargo.lock"),
        root.join("rust-toolchain.toml"),
        root.join("testbed/testapp/Cargo.toml"),
    ];
    let sources = root.join("testbed/testapp/src");
    for entry in std::fs::read_dir(&sources).context("the test bed needs its source tree")? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut hash = Sha256::new();
    for path in paths {
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    let mut text = String::new();
    for byte in hash.finalize().iter().take(8) {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

/// Builds a package of this workspace as a static program with Cargo and returns where it is.
pub fn static_program(package: &str) -> Result<PathBuf> {
    build(package, None)
}

fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn build(package: &str, target_dir: Option<&Path>) -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    add_target(&target);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--message-format=json-render-diagnostics"])
        .args(["--package", package, "--bin", package, "--target", &target])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(dir) = target_dir {
        cargo.arg("--target-dir").arg(dir);
    }
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
