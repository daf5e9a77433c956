//! Running the system's own tools.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a command to its end and returns what it printed; an error says what it complained about.
pub(super) fn run(command: &mut Command) -> Result<String> {
    run_with_input(command, "")
}

/// As [`run`], with something to read.
pub(super) fn run_with_input(command: &mut Command, input: &str) -> Result<String> {
    let name = command.get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends without reading says why on its standard error.
        stdin.write_all(input.as_bytes()).ok();
    }
    let output = child.wait_with_output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        bail!("`{name} {}` failed: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command in the network namespace of a process.
pub(super) fn in_network_of(pid: u32, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &pid.to_string(), "--net", program]);
    command
}

/// Runs lines of `ip` in the network namespace of a process.
pub(super) fn ip_in(pid: u32, lines: &[String]) -> Result<()> {
    run_with_input(in_network_of(pid, "ip").args(["-batch", "-"]), &lines.join("\n")).map(drop)
}

/// Runs lines of `ip` in this network namespace.
pub(super) fn ip(lines: &[String]) -> Result<()> {
    run_with_input(Command::new("ip").args(["-batch", "-"]), &lines.join("\n")).map(drop)
}

/// Sets a network setting in the network namespace of a process.
pub(super) fn set_in(pid: u32, setting: &str, value: &str) -> Result<()> {
    let script = format!("[ ! -e /proc/sys/{setting} ] || echo {value} > /proc/sys/{setting}");
    run(in_network_of(pid, "sh").args(["-c", &script])).map(drop)
}
