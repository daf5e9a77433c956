//! What no Cluster gives: the entry that an administrator would write into the grants, as data.

/// A Cluster that is not there, or an entry that its grants lack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lack {
    /// The cluster's name in ECS's form.
    pub cluster: String,
    /// Whether there is a Cluster of that name.
    pub exists: bool,
    /// The namespace that lacks it.
    pub namespace: String,
    /// The entry; none where it is the Cluster itself.
    pub entry: Option<Entry>,
}

/// An entry of a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The member of the grant that it belongs to.
    pub list: List,
    /// What documents name: an ARN, a path, a permission.
    pub name: String,
    /// What it stands for, where that is not part of the name.
    pub meaning: Option<Meaning>,
}

/// A list of a grant, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Privileges.
    Permissions,
    /// Paths of the node.
    HostPaths,
    /// Task roles.
    Roles,
    /// Secrets and parameters.
    Secrets,
    /// Environment files.
    EnvironmentFiles,
    /// Settings of log routers.
    ConfigFiles,
    /// Volumes outside the task.
    Volumes,
    /// Registries.
    Registries,
}

/// What the name of an entry stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// The member of the entry.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// Whether it would be the same if nobody wrote it.
    pub is_default: bool,
}

impl List {
    /// The member of a grant.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Permissions => "permissions",
            Self::HostPaths => "hostPaths",
            Self::Roles => "roles",
            Self::Secrets => "secrets",
            Self::EnvironmentFiles => "environmentFiles",
            Self::ConfigFiles => "configFiles",
            Self::Volumes => "volumes",
            Self::Registries => "registries",
        }
    }

    /// The member of an entry that holds its name; none where the name is all of it.
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::Permissions | Self::HostPaths => None,
            Self::Roles | Self::Secrets | Self::EnvironmentFiles | Self::ConfigFiles => Some("arn"),
            Self::Volumes => Some("source"),
            Self::Registries => Some("host"),
        }
    }
}

impl Entry {
    /// An entry that is its name alone.
    pub fn new(list: List, name: impl Into<String>) -> Self {
        Self { list, name: name.into(), meaning: None }
    }

    /// The same with a meaning that its name has by default.
    pub fn by_default(self, key: &'static str, value: impl Into<String>) -> Self {
        Self { meaning: Some(Meaning { key, value: value.into(), is_default: true }), ..self }
    }

    /// The same with a meaning that an administrator has to choose.
    pub fn chosen(self, key: &'static str, placeholder: &str) -> Self {
        Self { meaning: Some(Meaning { key, value: placeholder.to_owned(), is_default: false }), ..self }
    }
}
