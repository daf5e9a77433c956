//! Building one part with the Go toolchain.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Part;
use super::module::Module;
use crate::files;

/// Builds `part` and puts it at `target` in one step, so that nobody ever sees half a program.
pub(super) fn build(module: &Module, part: Part, target: &Path) -> Result<()> {
    check_toolchain(module)?;
    let (name, package) = part.recipe();
    let scratch = tempfile::Builder::new().prefix("berth-testbed-build-").tempdir();
    let scratch = scratch.context("cannot create a folder to build in")?;
    // The build works on a copy: it must never change the source tree.
    for (file, bytes) in module.files()? {
        std::fs::write(scratch.path().join(&file), bytes)?;
    }
    let title = format!("{name} {}", part.version());
    eprintln!("testbed: building {} …", title.trim_end());
    let start = Instant::now();
    let unfinished = target.with_extension("unfinished");
    let output = go()
        .args(["build", "-trimpath", "-mod=readonly", "-buildvcs=false", "-tags", module.tags])
        .args(["-ldflags", module.ldflags, "-o"])
        .arg(&unfinished)
        .arg(package)
        .current_dir(scratch.path())
        .stdin(Stdio::null())
        .output()
        .context("cannot run `go build`")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let log = scratch.keep().join("build.log");
        files::write(&log, &text)?;
        bail!(
            "building {name} failed; the module proxy must be in reach for a first build. All output is in {}; it ends with:\n{}",
            log.display(),
            files::tail(&log, 15)
        );
    }
    std::fs::rename(&unfinished, target).with_context(|| format!("cannot write {}", target.display()))?;
    eprintln!("testbed: built {} in {}", title.trim_end(), seconds(start.elapsed()));
    Ok(())
}

/// `go`, untouched by the caller's settings.
fn go() -> Command {
    let mut go = Command::new("go");
    // Static programs, no other toolchain downloaded behind one's back, no workspace file of the caller.
    go.env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local").env("GOWORK", "off").env_remove("GOFLAGS");
    go
}

fn check_toolchain(module: &Module) -> Result<()> {
    let wanted = module.go_version()?;
    let output = go().args(["env", "GOVERSION"]).output();
    let Ok(output) = output else {
        bail!(
            "`go` is not on the PATH, and the test bed builds {} from source with it: install Go {wanted} or newer (https://go.dev/dl)",
            module.name
        );
    };
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(
        version(&found) >= version(&wanted),
        "{found} is too old to build {}: install Go {wanted} or newer (https://go.dev/dl)",
        module.name
    );
    Ok(())
}

/// The numbers of a version such as `go1.26.8` or `devel go1.27-abc`; a suffix ends it.
fn version(text: &str) -> Vec<u32> {
    let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit()).map_while(|n| n.parse().ok()).collect()
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().round())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_compare_by_number() {
        assert!(version("1.26.8") > version("1.26.0"));
        assert!(version("1.26.10") > version("1.26.8"));
        assert!(version("1.27rc1") > version("1.26.8"));
        assert!(version("devel go1.27-abc") > version("go1.26.8"));
        assert!(version("") < version("1.26.0"));
    }
}
