//! What an administrator granted a namespace: the Cluster's `grants`, asked one question at a time.

use super::remedy::remedy;
use crate::api::cluster::grant::{
    ConfigFileMapping, EnvironmentFileMapping, Grant, RegistryMapping, RoleMapping, SecretMapping,
    VolumeMapping,
};
use crate::api::{Cluster, cluster};
use crate::model::lack::{Entry, List};
use crate::model::{Lack, Violation};

/// A privilege that a Cluster can give to a namespace; the names are those of `permissions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// `privileged: true`.
    Privileged,
    /// networkMode `host`.
    HostNetwork,
    /// Fixed ports of the node under `bridge`.
    HostPorts,
    /// pidMode `host`.
    HostPid,
    /// ipcMode `host`.
    HostIpc,
    /// Capabilities beyond the runtime's default.
    Capabilities,
    /// Devices of the node.
    Devices,
    /// systemControls that Kubernetes calls unsafe.
    Sysctls,
    /// dockerSecurityOptions that loosen confinement.
    SecurityOptions,
    /// A taskRoleArn that no grant maps runs without any right.
    UnmappedRoles,
}

impl Permission {
    /// The word in `permissions`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "Privileged",
            Self::HostNetwork => "HostNetwork",
            Self::HostPorts => "HostPorts",
            Self::HostPid => "HostPid",
            Self::HostIpc => "HostIpc",
            Self::Capabilities => "Capabilities",
            Self::Devices => "Devices",
            Self::Sysctls => "Sysctls",
            Self::SecurityOptions => "SecurityOptions",
            Self::UnmappedRoles => "UnmappedRoles",
        }
    }
}

/// What a namespace may use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grants {
    entries: Vec<Grant>,
    open: bool,
    governed: bool,
    cluster: String,
    namespace: String,
    region: Option<String>,
}

impl Grants {
    /// Everything is granted: for a definition that is registered before anybody knows which cluster runs it.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// Nothing is granted, as while no Cluster exists: every document is held to *baseline*.
    pub fn none(cluster: &str, namespace: &str) -> Self {
        Self { cluster: cluster.to_owned(), namespace: namespace.to_owned(), ..Self::default() }
    }

    /// What `cluster`, known to documents as `name`, grants to `namespace`.
    pub fn of(cluster: &Cluster, name: &str, namespace: &str) -> Self {
        let settings: Option<&cluster::ClusterKubernetes> = cluster.spec.kubernetes.as_ref();
        let grants = settings.and_then(|settings| settings.grants.as_ref());
        let is_for = |grant: &&Grant| {
            let names = grant.namespaces.as_deref().unwrap_or_default();
            names.is_empty() || names.iter().any(|pattern| begins(pattern, namespace).is_some())
        };
        let entries = grants.into_iter().flatten().filter(is_for).cloned().collect();
        let region =
            settings.and_then(|settings| settings.region.clone()).filter(|region| !region.is_empty());
        Self { entries, governed: true, region, ..Self::none(name, namespace) }
    }

    /// The region that tasks are told.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Whether nothing is judged here.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether an administrator has written a Cluster at all.
    pub const fn is_governed(&self) -> bool {
        self.governed
    }

    /// Whether tasks may have the privilege.
    pub fn permits(&self, permission: Permission) -> bool {
        let mut given = self.entries.iter().flat_map(|grant| grant.permissions.iter().flatten());
        self.open || given.any(|word| word == permission.as_str())
    }

    /// Whether volumes may mount this path of the node.
    pub fn permits_path(&self, path: &str) -> bool {
        let mut given = self.entries.iter().flat_map(|grant| grant.host_paths.iter().flatten());
        // A way up leads out of what was granted.
        let leaves = path.split('/').any(|part| part == "..");
        self.open
            || !leaves
                && given.any(|allowed| match allowed.strip_suffix("/*") {
                    Some(root) => {
                        path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
                    }
                    None => path == allowed,
                })
    }

    /// What a task role stands for.
    pub fn role(&self, arn: &str) -> Option<&RoleMapping> {
        closest(self.entries.iter().flat_map(|grant| grant.roles.iter().flatten()), arn, |one| {
            one.arn.as_deref()
        })
    }

    /// What a secret or parameter stands for, which has these names, all without JSON key and version.
    pub fn secret(&self, names: &[String]) -> Option<&SecretMapping> {
        let all = || self.entries.iter().flat_map(|grant| grant.secrets.iter().flatten());
        let pattern = |one: &SecretMapping| one.arn.clone();
        let fit =
            names.iter().filter_map(|name| Some((closest(all(), name, |one| one.arn.as_deref())?, name)));
        let length =
            |(one, name): &(&SecretMapping, &String)| begins(&pattern(one).unwrap_or_default(), name);
        // Of equals the first name holds, which is the document's.
        fit.reduce(|best, next| if length(&next) > length(&best) { next } else { best }).map(|(one, _)| one)
    }

    /// What an environment file stands for.
    pub fn environment_file(&self, arn: &str) -> Option<&EnvironmentFileMapping> {
        let all = self.entries.iter().flat_map(|grant| grant.environment_files.iter().flatten());
        closest(all, arn, |one| one.arn.as_deref())
    }

    /// What a file with settings of a log router stands for.
    pub fn config_file(&self, arn: &str) -> Option<&ConfigFileMapping> {
        let all = self.entries.iter().flat_map(|grant| grant.config_files.iter().flatten());
        closest(all, arn, |one| one.arn.as_deref())
    }

    /// What a file system, a shared docker volume or a volume configured at launch (`ebs`) stands for.
    pub fn volume(&self, source: &str) -> Option<&VolumeMapping> {
        closest(self.entries.iter().flat_map(|grant| grant.volumes.iter().flatten()), source, |one| {
            one.source.as_deref()
        })
    }

    /// What is known of the registry at `host`.
    pub fn registry(&self, host: &str) -> Option<&RegistryMapping> {
        let all = self.entries.iter().flat_map(|grant| grant.registries.iter().flatten());
        let fit = all.filter_map(|one| Some((ends(one.host.as_deref()?, host)?, one)));
        fit.max_by_key(|(length, _)| *length).map(|(_, one)| one)
    }

    /// The rule `message` at `path`, which is broken because nobody granted `entry`.
    pub fn lacking(&self, path: impl Into<String>, message: impl Into<String>, entry: Entry) -> Violation {
        Violation::new(path, message).lacking(Lack {
            cluster: self.cluster.clone(),
            exists: self.governed,
            namespace: self.namespace.clone(),
            entry: Some(entry),
        })
    }

    /// [`Self::lacking`] for a permission.
    pub fn not_permitted(
        &self,
        path: impl Into<String>,
        message: impl Into<String>,
        permission: Permission,
    ) -> Violation {
        self.lacking(path, message, Entry::new(List::Permissions, permission.as_str()))
    }

    /// What an administrator would do so that these are granted.
    pub fn remedy(&self, entries: impl IntoIterator<Item = Entry>) -> String {
        let lacking: Vec<Violation> =
            entries.into_iter().map(|entry| self.lacking(String::new(), String::new(), entry)).collect();
        remedy(&lacking).unwrap_or_default()
    }
}

/// The entry that fits `name` best: the exact one, else the one with the longest beginning.
fn closest<'a, T: 'a>(
    entries: impl Iterator<Item = &'a T>,
    name: &str,
    pattern: impl Fn(&T) -> Option<&str>,
) -> Option<&'a T> {
    let fit = entries.filter_map(|entry| Some((begins(pattern(entry)?, name)?, entry)));
    // Of equals the first holds.
    fit.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, entry)| entry)
}

/// How much of `name` the pattern fixes, if it fits; an exact one fixes more than any beginning.
fn begins(pattern: &str, name: &str) -> Option<usize> {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning).then_some(beginning.len()),
        None => (pattern == name).then_some(usize::MAX),
    }
}

fn ends(pattern: &str, name: &str) -> Option<usize> {
    match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end).then_some(end.len()),
        None => (pattern == name).then_some(usize::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grants(entries: serde_json::Value, namespace: &str) -> Grants {
        let spec = serde_json::from_value(json!({"kubernetes": {"grants": entries}})).unwrap();
        Grants::of(&Cluster::new("prod", spec), "prod", namespace)
    }

    #[test]
    fn a_grant_is_for_the_namespaces_it_names() {
        let entries = json!([{"namespaces": ["shop", "team-*"], "permissions": ["Privileged"]}]);
        assert!(grants(entries.clone(), "shop").permits(Permission::Privileged));
        assert!(grants(entries.clone(), "team-a").permits(Permission::Privileged));
        assert!(!grants(entries.clone(), "shopping").permits(Permission::Privileged));
        assert!(!grants(entries, "shop").permits(Permission::Devices));
    }

    #[test]
    fn a_path_is_granted_as_a_whole_or_below_a_folder() {
        let given = grants(json!([{"hostPaths": ["/var/log/*", "/etc/hosts"]}]), "shop");
        assert!(given.permits_path("/var/log") && given.permits_path("/var/log/app"));
        assert!(given.permits_path("/etc/hosts"));
        assert!(!given.permits_path("/var/logs") && !given.permits_path("/etc/hosts/x"));
        assert!(!given.permits_path("/var/log/../../etc"));
        assert!(grants(json!([{"hostPaths": ["/*"]}]), "shop").permits_path("/"));
    }

    #[test]
    fn the_exact_entry_beats_the_longest_beginning_which_beats_shorter_ones() {
        let given = grants(
            json!([{"secrets": [
                {"arn": "*", "secretName": "any"},
                {"arn": "arn:aws:ssm:*", "secretName": "ssm"},
                {"arn": "arn:aws:ssm:eu:1:parameter/db", "secretName": "db"},
            ]}]),
            "shop",
        );
        let name = |source: &str| {
            given.secret(&[source.to_owned()]).and_then(|one| one.secret_name.clone()).unwrap()
        };
        assert_eq!(name("db"), "any");
        assert_eq!(name("arn:aws:ssm:eu:1:parameter/x"), "ssm");
        assert_eq!(name("arn:aws:ssm:eu:1:parameter/db"), "db");
    }

    #[test]
    fn nothing_is_granted_where_nobody_granted_anything() {
        let none = Grants::none("default", "shop");
        assert!(!none.permits(Permission::HostNetwork) && !none.permits_path("/") && !none.is_governed());
        assert!(Grants::open().permits(Permission::HostNetwork));
    }
}
