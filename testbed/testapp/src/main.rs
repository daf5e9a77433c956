//! The test app: what runs as a task in the test bed's containers.
//!
//! One static binary that is the whole image: an HTTP server whose readiness, health, start,
//! exit and drain a test can steer, the few commands that health checks use (`sh -c`, `curl`,
//! `check`), the `pause` program of pods, and on the host a load generator.

mod client;
mod commands;
mod http;
mod load;
mod pause;
mod routes;
mod server;
mod shell;

const HELP: &str = "\
testapp: the program of the test bed's containers

  serve             HTTP server (the default); see the variables below
  sleep N           ends with 0 after N seconds, or at once on SIGTERM
  exit N            ends with N
  check URL         ends with 0 if the URL answers 2xx, else 1
  get URL           prints what the URL answers
  lookup NAME       prints the addresses of a name
  cat|write FILE    reads a file, or writes the words after its name to it
  env               prints the environment
  alloc N           takes N MiB and keeps them
  sh -c 'LINE'      the above and true, false, echo, joined by && || ;
  pause             reaps children until SIGTERM
  load URL          requests at a fixed rate; options: --rate --duration --stop-file
                    --timeout --keep-alive; prints a summary as JSON

serve answers /, /env, /ready and /health (?set=true|false), /exit?code=N, /alloc?mib=N,
/slow?ms=N, /get?url=U, /lookup?name=N, and reads
  PORT (8080)       VERSION (unknown)
  START_DELAY       seconds before it listens
  READY, HEALTHY    false: starts so
  DRAIN             seconds it goes on serving after SIGTERM
  EXIT_AFTER        seconds after which it ends with EXIT_CODE (0)
";

fn main() {
    let mut words: Vec<String> = std::env::args().collect();
    let name = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default().to_owned();
    // Links to the binary are named after the command that they stand for.
    match words.first_mut() {
        Some(first) if commands::is_known(&name) => *first = name,
        Some(_) => drop(words.remove(0)),
        None => {}
    }
    if words.is_empty() {
        words.push("serve".to_owned());
    }
    std::process::exit(commands::run(&words));
}
