//! `linuxParameters.capabilities` → what is added to and taken from the runtime's default, in the order that ECS has:
//! `ALL` added is everything but what is dropped; else first what is dropped, then what is added.

use super::grants::{Grants, Permission};
use crate::api::task_definition::device::KernelCapabilities;
use crate::model::{Confinement, Violation};

const ALL: &str = "ALL";

/// What the *baseline* pod security standard lets containers add.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The others that Linux knows (capabilities(7)).
const BEYOND: [&str; 28] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "DAC_READ_SEARCH",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "SYSLOG",
    "WAKE_ALARM",
];

/// Fills in what `capabilities`, at `path`, say.
pub(super) fn capabilities(
    capabilities: &KernelCapabilities,
    path: &str,
    grants: &Grants,
    confinement: &mut Confinement,
    found: &mut Vec<Violation>,
) {
    let mut added = names(capabilities.add.as_ref(), &format!("{path}.add"), found);
    let mut dropped = names(capabilities.drop.as_ref(), &format!("{path}.drop"), found);
    let beyond: Vec<&str> =
        added.iter().map(String::as_str).filter(|name| !BASELINE.contains(name)).collect();
    if !beyond.is_empty() && !confinement.privileged && !grants.permits(Permission::Capabilities) {
        let message = format!("{} needs permission Capabilities", beyond.join(", "));
        found.push(grants.not_permitted(format!("{path}.add"), message, Permission::Capabilities));
    }
    if confinement.privileged {
        // A privileged container has all, whatever the document says.
        return;
    }
    if added.iter().any(|name| name == ALL) {
        added = vec![ALL.to_owned()];
        dropped.retain(|name| name != ALL);
    } else if dropped.iter().any(|name| name == ALL) {
        dropped = vec![ALL.to_owned()];
    } else {
        // The runtime drops last.
        dropped.retain(|name| !added.contains(name));
    }
    (confinement.added, confinement.dropped) = (added, dropped);
}

/// The names as Kubernetes takes them, sorted, each once.
fn names(written: Option<&Vec<String>>, path: &str, found: &mut Vec<Violation>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, text) in written.into_iter().flatten().enumerate() {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned();
        if name != ALL && !BASELINE.contains(&name.as_str()) && !BEYOND.contains(&name.as_str()) {
            found.push(Violation::new(format!("{path}[{index}]"), format!("invalid capability: \"{text}\"")));
        }
        names.push(name);
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(add: &[&str], drop: &[&str], grants: &Grants) -> (Confinement, Vec<Violation>) {
        let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let written = KernelCapabilities { add: list(add), drop: list(drop), ..Default::default() };
        let (mut confinement, mut found) = (Confinement::default(), Vec::new());
        capabilities(&written, "c", grants, &mut confinement, &mut found);
        (confinement, found)
    }

    fn sets(add: &[&str], drop: &[&str]) -> (String, String) {
        let (confinement, found) = resolved(add, drop, &Grants::open());
        assert_eq!(found, []);
        (confinement.added.join(" "), confinement.dropped.join(" "))
    }

    #[test]
    fn what_is_added_and_dropped_comes_out_as_ecs_orders_it() {
        assert_eq!(sets(&["CAP_KILL", "kill"], &["CHOWN", "KILL"]), ("KILL".into(), "CHOWN".into()));
        assert_eq!(sets(&["ALL", "KILL"], &["CHOWN"]), ("ALL".into(), "CHOWN".into()));
        assert_eq!(sets(&["KILL"], &["ALL", "KILL"]), ("KILL".into(), "ALL".into()));
        assert_eq!(sets(&["ALL"], &["ALL"]), ("ALL".into(), String::new()));
    }

    #[test]
    fn only_what_baseline_forbids_needs_a_permission() {
        let nobody = Grants::none("prod", "shop");
        assert_eq!(resolved(&["CHOWN", "SYS_CHROOT"], &["SYS_ADMIN"], &nobody).1, []);
        let (_, found) = resolved(&["SYS_PTRACE", "ALL", "KILL"], &[], &nobody);
        assert!(found[0].message.starts_with("ALL, SYS_PTRACE needs permission Capabilities"), "{found:?}");
    }

    #[test]
    fn a_name_that_linux_does_not_know_is_refused() {
        let (_, found) = resolved(&["SYS_FOO"], &[], &Grants::open());
        assert_eq!(found, [Violation::new("c.add[0]", "invalid capability: \"SYS_FOO\"")]);
    }
}
