//! The command line as a page for readers, `docs/cli.md`, and as completions for shells.

use super::Cli;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::fmt::Write;

const HEAD: &str = "\
# The command `berth`

Exit codes: 0, it is done; 1, it is not, and standard error says why; 2, the command line is wrong or names a file that \
cannot be read.

This page is generated from the code; `make update` rewrites it.
";

/// Which shell completes.
#[derive(Debug, Args)]
pub(super) struct Completion {
    /// The shell.
    shell: Shell,
}

/// Prints what the shell has to read, as in `source <(berth completion bash)`.
pub(super) fn completion(arguments: &Completion) {
    clap_complete::generate(arguments.shell, &mut Cli::command(), "berth", &mut std::io::stdout());
}

/// `docs/cli.md`.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let mut command = Cli::command().term_width(100);
    command.build();
    section(&mut page, &mut command);
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs.iter().filter(|verb| *verb != "help") {
        if let Some(verb) = command.find_subcommand_mut(verb) {
            section(&mut page, verb);
        }
    }
    page
}

fn section(page: &mut String, command: &mut clap::Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
}
