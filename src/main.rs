//! The `berth` command.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match berth::cli::run(berth::cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("berth: {error:#}");
            ExitCode::FAILURE
        }
    }
}
