//! The processes of one bed, and how they end.
//!
//! Every process carries the bed's folder in its environment ([`MARK`]) and hands it on to its
//! own children, so that the end of a bed finds all of them, also those that left their
//! process group or lost their parent. Two things end a bed: [`Processes::end`], and, for a bed
//! that belongs to its parent, a guard: a shell that waits at a pipe whose other end only the
//! parent holds. The kernel closes that end even when the parent is killed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use std::os::unix::process::CommandExt;

use crate::files;

/// The environment variable that marks the processes of a bed; its value is the bed's folder.
pub const MARK: &str = "BERTH_TESTBED_BED";

/// Keeps the folders of beds after their end when set, for reading the logs.
pub const KEEP: &str = "BERTH_TESTBED_KEEP";

const END: &str = include_str!("process/end.sh");
const GUARD: &str = include_str!("process/guard.sh");

/// The processes of one bed.
#[derive(Debug)]
pub struct Processes {
    dir: PathBuf,
    guard: Option<Child>,
    /// Children of this very process, kept to be reaped and restarted by name.
    children: Mutex<Vec<(String, Child)>>,
}

impl Processes {
    /// For a new bed in the folder `dir`. It ends with this process unless it is released.
    pub fn new(dir: &Path) -> Result<Self> {
        for folder in ["logs", "pids", "cleanup"] {
            files::create_dir(&dir.join(folder))?;
        }
        // The end script removes only folders that hold this file.
        files::write(&dir.join(".berth-testbed"), "")?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "berth-testbed-guard"])
            .arg(dir)
            .args([keep(), END])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start the guard: is there a `sh`?")?;
        Ok(Self { guard: Some(guard), ..Self::open(dir) })
    }

    /// Those of a bed that another process started and released.
    pub fn open(dir: &Path) -> Self {
        // The mark holds the folder's one true name, whichever way it was named here.
        let dir = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        Self { dir, guard: None, children: Mutex::default() }
    }

    /// Lets the bed live on after this process.
    pub fn release(&mut self) -> Result<()> {
        if let Some(mut guard) = self.guard.take() {
            if let Some(mut pipe) = guard.stdin.take() {
                pipe.write_all(b"release\n").context("the guard of the bed is gone")?;
            }
            guard.wait()?;
        }
        Ok(())
    }

    /// Whether the bed ends with this process.
    pub fn is_owned(&self) -> bool {
        self.guard.is_some()
    }

    /// The log of the process of this name.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{name}.log"))
    }

    /// Starts `command` as the bed's process `name`: marked, in a process group of its own (the
    /// terminal's Ctrl-C is for the owner, which then ends the bed in order), output into its log.
    /// Returns its process id.
    pub fn spawn(&self, name: &str, command: &mut Command) -> Result<u32> {
        let path = self.log(name);
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let child = command
            .env(MARK, &self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name} ({})", command.get_program().display()))?;
        let pid = child.id();
        files::write(&self.pid_file(name), &pid.to_string())?;
        self.children().push((name.to_owned(), child));
        Ok(pid)
    }

    /// The names of all processes that were started so far.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.join("pids")).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The process id that `name` was last started with, by this process or another one.
    pub fn pid(&self, name: &str) -> Option<u32> {
        std::fs::read_to_string(self.pid_file(name)).ok()?.trim().parse().ok()
    }

    /// Whether the bed's process `name` runs.
    pub fn is_running(&self, name: &str) -> bool {
        if let Some((_, child)) = self.children().iter_mut().find(|(n, _)| n == name) {
            return matches!(child.try_wait(), Ok(None));
        }
        self.pid(name).is_some_and(|pid| self.is_member(pid))
    }

    /// Kills the process `name` and returns once it is gone.
    pub fn kill(&self, name: &str) -> Result<()> {
        let mut children = self.children();
        if let Some(index) = children.iter().position(|(n, _)| n == name) {
            let (_, mut child) = children.swap_remove(index);
            child.kill()?;
            child.wait()?;
            return Ok(());
        }
        drop(children);
        // Only a process that carries our mark: the number may have passed on to somebody else.
        let Some(pid) = self.pid(name).filter(|pid| self.is_member(*pid)) else { return Ok(()) };
        kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGKILL)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.is_member(pid) {
            if Instant::now() > deadline {
                bail!("{name} (process {pid}) does not end although it was killed");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Leaves a shell script behind that is run after the bed's last process ended, also when this
    /// process was killed: for links, mounts, control groups and settings of the machine. Scripts
    /// run in the order of their names.
    pub fn at_end(&self, name: &str, script: &str) -> Result<()> {
        files::write(&self.dir.join("cleanup").join(name), script)
    }

    /// Ends the bed: all its processes, its clean-up scripts, its folder.
    pub fn end(&mut self) -> Result<()> {
        let status = Command::new("sh")
            .args(["-c", END, "berth-testbed-end"])
            .arg(&self.dir)
            .arg(keep())
            .stdin(Stdio::null())
            .status()
            .context("cannot run `sh` to end the bed")?;
        for (_, child) in self.children().iter_mut() {
            child.wait().ok();
        }
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().ok();
        }
        ensure!(
            status.success(),
            "the bed in {} did not end completely: look for processes with {MARK} in their environment",
            self.dir.display()
        );
        Ok(())
    }

    fn pid_file(&self, name: &str) -> PathBuf {
        self.dir.join("pids").join(name)
    }

    fn children(&self) -> MutexGuard<'_, Vec<(String, Child)>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_member(&self, pid: u32) -> bool {
        let mark = format!("{MARK}={}", self.dir.display());
        std::fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|env| env.split(|b| *b == 0).any(|v| v == mark.as_bytes()))
    }
}

fn keep() -> &'static str {
    if std::env::var_os(KEEP).is_some() { "keep" } else { "remove" }
}
