//! The commands, by name: of the command line, of the links in the image, and of `sh -c`.

use crate::{HELP, client, load, pause, server, shell};
use std::io::Write;
use std::time::Duration;

const NAMES: &[&str] = &[
    "alloc", "cat", "check", "curl", "echo", "env", "exit", "false", "get", "load", "lookup", "pause",
    "serve", "sh", "sleep", "true", "wget", "write",
];

/// Whether there is a command of this name.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Runs a command and gives its exit code.
pub fn run(words: &[String]) -> i32 {
    let Some((name, arguments)) = words.split_first() else { return 0 };
    let first = arguments.first().map(String::as_str).unwrap_or_default();
    match name.rsplit('/').next().unwrap_or(name) {
        "serve" => server::serve(),
        "pause" => pause::pause(),
        "load" => load::load(arguments),
        "sh" => shell::run(arguments),
        "sleep" => sleep(first),
        "exit" => first.parse().unwrap_or(2),
        "true" => 0,
        "false" => 1,
        "echo" => print(&arguments.join(" ")),
        "env" => print(&std::env::vars().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("\n")),
        "alloc" => alloc(first),
        "cat" => answer(std::fs::read_to_string(first).map_err(|error| format!("{first}: {error}"))),
        "write" => {
            let text = arguments.get(1..).unwrap_or_default().join(" ");
            answer(std::fs::write(first, text).map(|()| String::new()).map_err(|e| format!("{first}: {e}")))
        }
        "get" => answer(client::get(first).map(|answer| answer.body)),
        "lookup" => answer(client::lookup(first)),
        "check" => check(first, true),
        // ECS health checks say `curl -f URL`: the options do not matter, except that curl
        // without -f takes any answer for a good one.
        "curl" => check(url(arguments), arguments.iter().any(|word| is_fail(word))),
        "wget" => check(url(arguments), true),
        "help" | "-h" | "--help" => print(HELP),
        other => {
            eprintln!("testapp: there is no command {other:?}\n{HELP}");
            127
        }
    }
}

fn is_fail(word: &str) -> bool {
    word.starts_with("--fail") || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
}

fn url(arguments: &[String]) -> &str {
    arguments.iter().rfind(|word| !word.starts_with('-')).map(String::as_str).unwrap_or_default()
}

fn print(text: &str) -> i32 {
    let mut out = std::io::stdout();
    let written = if text.is_empty() || text.ends_with('\n') {
        out.write_all(text.as_bytes())
    } else {
        writeln!(out, "{text}")
    };
    i32::from(written.and_then(|()| out.flush()).is_err())
}

fn answer(result: Result<String, String>) -> i32 {
    match result {
        Ok(text) => print(&text),
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

fn check(url: &str, fail: bool) -> i32 {
    match client::get(url) {
        Ok(answer) if !fail || (200..400).contains(&answer.status) => 0,
        Ok(answer) => {
            eprintln!("{url} answered {}", answer.status);
            1
        }
        Err(error) => {
            eprintln!("{url}: {error}");
            1
        }
    }
}

fn sleep(seconds: &str) -> i32 {
    // As pid 1 of a container SIGTERM is ignored unless somebody asks for it.
    let stop = std::thread::spawn(pause::wait_for_stop);
    let until = std::time::Instant::now() + server::seconds(seconds).unwrap_or(Duration::MAX / 4);
    while std::time::Instant::now() < until {
        if stop.is_finished() {
            return 143;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    0
}

fn alloc(mib: &str) -> i32 {
    let taken = mib.parse().map(take_memory).unwrap_or_default();
    print(&format!("took {taken} MiB"));
    pause::pause()
}

/// Takes memory for good and touches every page of it, so that the kernel has to provide it.
pub fn take_memory(mib: usize) -> usize {
    let mut taken = 0;
    while taken < mib {
        let block: &'static mut [u8] = vec![0_u8; 1 << 20].leak();
        for page in block.chunks_mut(4096) {
            if let Some(byte) = page.first_mut() {
                *byte = 1;
            }
        }
        std::hint::black_box(block);
        taken += 1;
    }
    taken
}
