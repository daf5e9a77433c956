//! The control groups that hold a node's pods, in version 1, version 2 and the mix of both.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const ROOT: &str = "/sys/fs/cgroup";

/// Makes the group in every hierarchy: the kubelet expects its root to be there.
pub(super) fn create(group: &str) -> Result<()> {
    for hierarchy in hierarchies() {
        let mut path = hierarchy.clone();
        for part in group.split('/') {
            let parent = path.clone();
            path.push(part);
            std::fs::create_dir_all(&path).with_context(|| {
                format!("cannot make the control group {}: is {ROOT} mounted read-only?", path.display())
            })?;
            // A new cpuset is empty, and takes no process before it is filled.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                copy(&parent.join(file), &path.join(file));
            }
        }
        enable_controllers(&hierarchy, group);
    }
    Ok(())
}

/// Version 2 hands controllers down only where every level on the way says so.
fn enable_controllers(hierarchy: &Path, group: &str) {
    let mut path = hierarchy.to_owned();
    for part in std::iter::once("").chain(group.split('/')) {
        path.push(part);
        for controller in ["cpu", "cpuset", "memory", "pids", "io", "hugetlb"] {
            let control = path.join("cgroup.subtree_control");
            if control.exists() {
                std::fs::write(control, format!("+{controller}")).ok();
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if to.exists()
        && let Ok(text) = std::fs::read_to_string(from)
        && !text.trim().is_empty()
    {
        std::fs::write(to, text).ok();
    }
}

/// Removes the group and all below it, once the processes in it are gone.
pub(super) fn remove(group: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    for hierarchy in hierarchies() {
        let path = hierarchy.join(group);
        while path.exists() {
            remove_tree(&path);
            if path.exists() {
                if Instant::now() > deadline {
                    bail!("processes remain in the control group {}: see its cgroup.procs", path.display());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    Ok(())
}

fn remove_tree(path: &Path) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path());
        }
    }
    std::fs::remove_dir(path).ok();
}

/// A shell script that does the same.
pub(super) fn removal_script(group: &str) -> String {
    format!(
        "for i in $(seq 250); do\n\
         left=$(ls -d {ROOT}/{group} {ROOT}/*/{group} 2>/dev/null) || true\n\
         [ -n \"$left\" ] || exit 0\n\
         find $left -depth -type d -exec rmdir {{}} ';' 2>/dev/null\n\
         sleep 0.02\n\
         done\n"
    )
}

/// The mount points: one of version 2, or one for every controller of version 1.
fn hierarchies() -> Vec<PathBuf> {
    if Path::new(ROOT).join("cgroup.controllers").exists() {
        return vec![PathBuf::from(ROOT)];
    }
    let folders = std::fs::read_dir(ROOT).into_iter().flatten().flatten();
    let folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).filter(|path| path.join("cgroup.procs").exists()).collect()
}
