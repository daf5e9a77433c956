//! How far a container and a task are kept from the node.

/// What a container may do beyond or below the runtime's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Whether it has the rights of the node's root.
    pub privileged: bool,
    /// Whether programs cannot gain rights (setuid).
    pub no_new_privileges: bool,
    /// Capabilities beyond the runtime's default, as Linux names them without `CAP_`, or `ALL`.
    pub added: Vec<String>,
    /// Capabilities of the runtime's default that it does without.
    pub dropped: Vec<String>,
    /// AppArmor profile; none is the runtime's.
    pub app_armor: Option<Profile>,
    /// Seccomp profile; none is the runtime's.
    pub seccomp: Option<Profile>,
    /// SELinux context; none is the runtime's.
    pub se_linux: Option<SeLinux>,
    /// Name of the GMSACredentialSpec whose account it runs as (Windows).
    pub credential_spec: Option<String>,
}

/// A profile of AppArmor or seccomp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The container runtime's own.
    Runtime,
    /// None at all.
    Unconfined,
    /// One that the node has under this name.
    Node(String),
}

/// Parts of an SELinux context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeLinux {
    /// User.
    pub user: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Type.
    pub kind: Option<String>,
    /// Level.
    pub level: Option<String>,
}

/// Namespaces of the node that a task is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeNamespaces {
    /// Its processes.
    pub pid: bool,
    /// Its shared memory and semaphores.
    pub ipc: bool,
}
