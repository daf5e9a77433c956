//! What a container may do to its node → the same in Kubernetes' terms, or the permission that it takes.

use super::capability;
use super::grants::{Grants, Permission};
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::{Confinement, Profile, SeLinux, Violation, name};

/// SELinux types that the *baseline* pod security standard permits.
const SE_LINUX_TYPES: [&str; 4] =
    ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// The confinement of the container at `path`.
pub(super) fn confinement(
    definition: &ContainerDefinition,
    path: &str,
    grants: &Grants,
    found: &mut Vec<Violation>,
) -> Confinement {
    let mut judge = Judge { grants, found, confinement: Confinement::default() };
    if definition.privileged == Some(true) {
        judge.need(Permission::Privileged, format!("{path}.privileged"));
        judge.confinement.privileged = true;
    }
    judge.devices(definition, path);
    let linux = definition.linux_parameters.as_ref();
    if let Some(written) = linux.and_then(|linux| linux.capabilities.as_ref()) {
        let path = format!("{path}.linuxParameters.capabilities");
        capability::capabilities(written, &path, grants, &mut judge.confinement, judge.found);
    }
    for (index, option) in definition.docker_security_options.iter().flatten().enumerate() {
        judge.option(option, format!("{path}.dockerSecurityOptions[{index}]"));
    }
    for (index, credential) in definition.credential_specs.iter().flatten().enumerate() {
        judge.credential(credential, &format!("{path}.credentialSpecs[{index}]"));
    }
    judge.escalation(path);
    judge.confinement
}

struct Judge<'a> {
    grants: &'a Grants,
    found: &'a mut Vec<Violation>,
    confinement: Confinement,
}

impl Judge<'_> {
    fn need(&mut self, permission: Permission, path: String) {
        need(self.grants, permission, path, self.found);
    }

    /// The node keeps devices from containers that are not privileged, whatever is mounted; only a device plugin can
    /// hand out one alone.
    fn devices(&mut self, definition: &ContainerDefinition, path: &str) {
        let linux = definition.linux_parameters.iter();
        for (index, device) in linux.flat_map(|linux| linux.devices.iter().flatten()).enumerate() {
            let host = device.host_path.as_deref().unwrap_or_default();
            if super::device::offered(host).is_some() {
                continue;
            }
            let path = format!("{path}.linuxParameters.devices[{index}]");
            self.need(Permission::Devices, path.clone());
            if !self.confinement.privileged && !self.grants.permits(Permission::Privileged) {
                let message = format!(
                    "Kubernetes hands device {host} of the node to privileged containers only, which needs permission \
                     Privileged too"
                );
                self.found.push(self.grants.not_permitted(path, message, Permission::Privileged));
            }
            self.confinement.privileged = true;
        }
    }

    /// One of Docker's `--security-opt`; a value follows `:` or `=`.
    fn option(&mut self, option: &str, path: String) {
        let (key, value) = option.split_once([':', '=']).unwrap_or((option, ""));
        match key {
            "no-new-privileges" => self.confinement.no_new_privileges = value != "false",
            "apparmor" => self.confinement.app_armor = self.profile(value, path),
            "seccomp" => self.confinement.seccomp = self.profile(value, path),
            "label" => self.label(value, path),
            "credentialspec" => self.credential(option, &path),
            _ => {
                let message = format!(
                    "\"{option}\" is none of no-new-privileges, apparmor:PROFILE, label:VALUE and credentialspec:PATH"
                );
                self.found.push(Violation::new(path, message));
            }
        }
    }

    fn profile(&mut self, name: &str, path: String) -> Option<Profile> {
        match name {
            "unconfined" => {
                self.need(Permission::SecurityOptions, path);
                Some(Profile::Unconfined)
            }
            "docker-default" | "builtin" | "" => Some(Profile::Runtime),
            name => Some(Profile::Node(name.to_owned())),
        }
    }

    fn label(&mut self, label: &str, path: String) {
        let (key, value) = label.split_once([':', '=']).unwrap_or((label, ""));
        let given = Some(value.to_owned());
        let context = self.confinement.se_linux.get_or_insert_with(SeLinux::default);
        let loosens = match key {
            "level" => {
                context.level = given;
                false
            }
            "type" => {
                context.kind = given;
                !SE_LINUX_TYPES.contains(&value)
            }
            "user" => {
                context.user = given;
                true
            }
            "role" => {
                context.role = given;
                true
            }
            "disable" => {
                context.kind = Some("spc_t".to_owned());
                true
            }
            _ => {
                let message = format!("\"{label}\" is none of user:, role:, type:, level: and disable");
                self.found.push(Violation::new(path.clone(), message));
                false
            }
        };
        if loosens {
            self.need(Permission::SecurityOptions, path);
        }
    }

    /// The account's specification is an object of the cluster, called as the ARN or file ends.
    fn credential(&mut self, text: &str, path: &str) {
        let kinds = ["credentialspec:", "credentialspecdomainless:"];
        let Some(source) =
            kinds.iter().find_map(|kind| text.strip_prefix(kind)).filter(|one| !one.is_empty())
        else {
            let message = format!("\"{text}\" is no credentialspec:ARN");
            self.found.push(Violation::new(path, message));
            return;
        };
        let last = source.rsplit(['/', ':', '\\']).find(|part| !part.is_empty()).unwrap_or(source);
        let name = name::dns_label(last.strip_suffix(".json").unwrap_or(last), "", name::MAX);
        self.confinement.credential_spec = Some(name);
    }

    /// Kubernetes takes no privileged container that cannot gain rights.
    fn escalation(&mut self, path: &str) {
        if self.confinement.no_new_privileges && self.confinement.privileged {
            let message = "no-new-privileges does not go together with privileged or with a device";
            self.found.push(Violation::new(format!("{path}.dockerSecurityOptions"), message));
        }
    }
}

/// Blames `path` where nobody granted `permission`.
pub(super) fn need(grants: &Grants, permission: Permission, path: String, found: &mut Vec<Violation>) {
    if !grants.permits(permission) {
        let message = format!("needs permission {}", permission.as_str());
        found.push(grants.not_permitted(path, message, permission));
    }
}

#[cfg(test)]
mod tests;
