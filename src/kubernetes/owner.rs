//! From the object that is worked on to the owner references of what it owns.
//!
//! This is the only place that builds owner references. An owner in another namespace cannot be written down:
//! the garbage collector would delete the child.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

/// A namespaced object that owns others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// API group and version, e.g. `ecs.berth.dev/v1alpha1`.
    pub api_version: String,
    /// Kind, as in manifests.
    pub kind: String,
    /// Namespace; children live there and nowhere else.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID, which is what ownership goes by.
    pub uid: String,
}

/// An owner reference was asked for across namespaces.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{owner} in namespace `{namespace}` cannot own anything in namespace `{other}`")]
pub struct CrossNamespace {
    /// Kind and name of the owner.
    pub owner: String,
    /// The owner's namespace.
    pub namespace: String,
    /// Where the child would be; empty for a cluster-scoped one.
    pub other: String,
}

impl Owner {
    /// The owner that a live object is; `None` when it is cluster-scoped or was never stored.
    pub fn of<K: Resource<DynamicType = ()>>(object: &K) -> Option<Self> {
        let meta = object.meta();
        Some(Self {
            api_version: K::api_version(&()).into_owned(),
            kind: K::kind(&()).into_owned(),
            namespace: meta.namespace.clone()?,
            name: meta.name.clone()?,
            uid: meta.uid.clone()?,
        })
    }

    /// The reference of the one controller of a child in `namespace`.
    ///
    /// # Errors
    ///
    /// When `namespace` is not the owner's.
    pub fn controller_reference(&self, namespace: &str) -> Result<OwnerReference, CrossNamespace> {
        self.reference(namespace, Some(true))
    }

    /// The reference of one user of a shared object in `namespace`: keeps it alive, does not control it.
    ///
    /// # Errors
    ///
    /// When `namespace` is not the owner's.
    pub fn user_reference(&self, namespace: &str) -> Result<OwnerReference, CrossNamespace> {
        self.reference(namespace, None)
    }

    /// Whether this owner is the controller of the object with `meta`.
    pub fn controls(&self, meta: &ObjectMeta) -> bool {
        meta.namespace.as_deref() == Some(self.namespace.as_str())
            && controller(meta).is_some_and(|reference| reference.uid == self.uid)
    }

    /// Whether the object with `meta` carries any reference to this owner.
    pub fn uses(&self, meta: &ObjectMeta) -> bool {
        meta.owner_references.iter().flatten().any(|reference| reference.uid == self.uid)
    }

    fn reference(&self, namespace: &str, controls: Option<bool>) -> Result<OwnerReference, CrossNamespace> {
        if namespace != self.namespace || namespace.is_empty() {
            return Err(CrossNamespace {
                owner: format!("{} `{}`", self.kind, self.name),
                namespace: self.namespace.clone(),
                other: namespace.to_owned(),
            });
        }
        Ok(OwnerReference {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
            controller: controls,
            // A user's deletion must never wait for what it shares with others, nor a task's for anything: to make
            // it wait needs a right on the owner that Berth has for its own kinds only.
            block_owner_deletion: controls.filter(|_| self.kind != "Pod"),
        })
    }
}

/// Who controls the object with `meta`, in words for a condition.
pub(super) fn described(meta: &ObjectMeta) -> String {
    controller(meta).map_or_else(
        || "nobody".to_owned(),
        |reference| format!("{} `{}` (uid {})", reference.kind, reference.name, reference.uid),
    )
}

fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().flatten().find(|reference| reference.controller == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        Owner {
            api_version: "ecs.berth.dev/v1alpha1".into(),
            kind: "Service".into(),
            namespace: "shop".into(),
            name: "web".into(),
            uid: "u1".into(),
        }
    }

    #[test]
    fn no_reference_crosses_a_namespace() {
        let error = owner().controller_reference("bank").unwrap_err();
        assert_eq!(
            error.to_string(),
            "Service `web` in namespace `shop` cannot own anything in namespace `bank`"
        );
        assert!(owner().user_reference("").is_err());
    }

    #[test]
    fn ownership_goes_by_uid_and_by_the_controller_only() {
        let owner = owner();
        let mut meta = ObjectMeta { namespace: Some("shop".into()), ..ObjectMeta::default() };
        assert!(!owner.controls(&meta));
        assert_eq!(described(&meta), "nobody");
        meta.owner_references = Some(vec![owner.user_reference("shop").unwrap()]);
        assert!(!owner.controls(&meta) && owner.uses(&meta));
        meta.owner_references = Some(vec![owner.controller_reference("shop").unwrap()]);
        assert!(owner.controls(&meta));
        assert_eq!(described(&meta), "Service `web` (uid u1)");
        let namesake = Owner { uid: "u2".into(), ..owner };
        assert!(!namesake.controls(&meta) && !namesake.uses(&meta));
    }
}
