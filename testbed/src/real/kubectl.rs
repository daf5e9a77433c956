//! The few things that nodes need of the API, by `kubectl`.

use std::process::Command;

use anyhow::Result;

use super::shell;
use crate::parts::Part;
use crate::plane::Plane;

/// Runs `kubectl` as the bed's administrator and returns what it printed.
pub(super) fn run(plane: &Plane, arguments: &[&str]) -> Result<String> {
    run_with_input(plane, arguments, "")
}

/// As [`run`], with something to read.
pub(super) fn run_with_input(plane: &Plane, arguments: &[&str], input: &str) -> Result<String> {
    let mut command = Command::new(plane.binaries.path(Part::Kubectl)?);
    command.arg("--kubeconfig").arg(plane.admin_kubeconfig()).args(arguments);
    shell::run_with_input(&mut command, input)
}
