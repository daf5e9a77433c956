//! Waiting for the signal to stop, as a pod's first process does.

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Waits for SIGTERM or SIGINT.
pub fn wait_for_stop() {
    match Signals::new([SIGTERM, SIGINT]) {
        Ok(mut signals) => {
            let _ = signals.forever().next();
        }
        Err(error) => eprintln!("cannot wait for signals: {error}"),
    }
}

/// Reaps the orphans of a pod until the signal to stop comes.
pub fn pause() -> i32 {
    let mut signals = match Signals::new([SIGTERM, SIGINT, SIGCHLD]) {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("cannot wait for signals: {error}");
            return 1;
        }
    };
    for signal in signals.forever() {
        if signal != SIGCHLD {
            break;
        }
        while matches!(waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive)
        {
        }
    }
    0
}
