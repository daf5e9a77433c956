//! `systemControls` → kernel parameters of the pod. They are the whole task's: of one that containers set differently
//! the last value holds, as under ECS the container that starts last sets it.

use super::grants::{Grants, Permission};
use crate::api::TaskDefinitionSpec;
use crate::model::{NetworkMode, Violation};

/// What the *baseline* pod security standard permits.
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Parameters of an IPC namespace, beside `fs.mqueue.*`.
const IPC: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// The task's parameters, names unique.
pub(super) fn sysctls(
    spec: &TaskDefinitionSpec,
    mode: NetworkMode,
    grants: &Grants,
    found: &mut Vec<Violation>,
) -> Vec<(String, String)> {
    let mut sysctls: Vec<(String, String)> = Vec::new();
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        for (number, control) in definition.system_controls.iter().flatten().enumerate() {
            let path = format!("spec.containerDefinitions[{index}].systemControls[{number}]");
            let name = control.namespace.clone().unwrap_or_default().replace('/', ".");
            let value = control.value.clone().unwrap_or_default();
            if let Some(message) = objection(spec, mode, &name) {
                found.push(Violation::new(format!("{path}.namespace"), message));
            } else if !SAFE.contains(&name.as_str()) && !grants.permits(Permission::Sysctls) {
                let message = format!(
                    "{name} needs permission Sysctls, and nodes whose kubelet has it in --allowed-unsafe-sysctls"
                );
                found.push(grants.not_permitted(format!("{path}.namespace"), message, Permission::Sysctls));
            }
            match sysctls.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => sysctls.push((name, value)),
            }
        }
    }
    sysctls
}

fn objection(spec: &TaskDefinitionSpec, mode: NetworkMode, name: &str) -> Option<String> {
    let of_network = name.strip_prefix("net.").is_some_and(is_plain);
    let of_ipc = IPC.contains(&name) || name.strip_prefix("fs.mqueue.").is_some_and(is_plain);
    if of_network && mode == NetworkMode::Host {
        return Some(format!("{name} is the node's own under networkMode host"));
    }
    if of_ipc && spec.ipc_mode.as_deref() == Some("host") {
        return Some(format!("{name} is the node's own under ipcMode host"));
    }
    let message =
        format!("\"{name}\" is no parameter of a container: net.*, fs.mqueue.* or one of {}", IPC.join(", "));
    (!of_network && !of_ipc).then_some(message)
}

/// Whether the rest of a parameter's name is one that the API server takes.
fn is_plain(rest: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    rest.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && rest.chars().all(allowed)
        && !rest.ends_with(['.', '-', '_'])
        && !rest.contains("..")
}
