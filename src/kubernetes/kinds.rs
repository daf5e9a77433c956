//! The closed list of kinds that Berth may write.

use kube::Resource;

/// Berth's own API group. Its kinds are the only ones whose status may be written.
const OWN_GROUP: &str = "ecs.berth.dev";

/// A kind on the list, with names that live as long as the program (metric labels need that).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Kind, as in manifests.
    pub name: &'static str,
}

const fn kind(group: &'static str, name: &'static str) -> Kind {
    Kind { group, name }
}

/// What Berth creates, applies, patches or deletes in a namespace. All are namespaced; Secret is absent.
const CHILDREN: &[Kind] = &[
    kind("", "Pod"),
    kind("", "Service"),
    kind("", "ServiceAccount"),
    kind("", "ConfigMap"),
    kind("", "PersistentVolumeClaim"),
    kind("apps", "ControllerRevision"),
    kind("policy", "PodDisruptionBudget"),
    kind("discovery.k8s.io", "EndpointSlice"),
    kind("networking.k8s.io", "NetworkPolicy"),
    kind("networking.k8s.io", "Ingress"),
    kind("gateway.networking.k8s.io", "HTTPRoute"),
    kind("gateway.networking.k8s.io", "GRPCRoute"),
    kind("gateway.networking.k8s.io", "TLSRoute"),
    kind("gateway.networking.k8s.io", "TCPRoute"),
    kind("gateway.networking.k8s.io", "UDPRoute"),
    kind("elbv2.k8s.aws", "TargetGroupBinding"),
    kind("external-secrets.io", "ExternalSecret"),
    kind(OWN_GROUP, "Task"),
    kind(OWN_GROUP, "TaskSet"),
];

/// Kinds of ours, whose status Berth writes.
const OWN: &[&str] = &[
    "CapacityProvider",
    "Cluster",
    "Listener",
    "ListenerRule",
    "LoadBalancer",
    "ScheduledTask",
    "Service",
    "ServiceDiscovery",
    "TargetGroup",
    "Task",
    "TaskDefinition",
    "TaskSet",
];

impl Kind {
    /// `K`, when Berth may create, change and delete objects of it.
    pub fn child<K: Resource<DynamicType = ()>>() -> Option<Self> {
        let (group, name) = (K::group(&()), K::kind(&()));
        CHILDREN.iter().find(|kind| kind.group == group && kind.name == name).copied()
    }

    /// `K`, when it is one of Berth's own kinds.
    pub fn own<K: Resource<DynamicType = ()>>() -> Option<Self> {
        let name = K::kind(&());
        if K::group(&()) != OWN_GROUP {
            return None;
        }
        OWN.iter().find(|own| **own == name).map(|own| kind(OWN_GROUP, own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::{apps::v1 as appsv1, core::v1 as corev1, rbac::v1 as rbacv1};

    #[test]
    fn only_kinds_on_the_list_may_be_written() {
        assert_eq!(Kind::child::<corev1::Pod>().map(|kind| kind.name), Some("Pod"));
        assert_eq!(Kind::child::<appsv1::ControllerRevision>().map(|kind| kind.group), Some("apps"));
        assert_eq!(Kind::child::<corev1::Secret>(), None);
        assert_eq!(Kind::child::<appsv1::Deployment>(), None);
        assert_eq!(Kind::child::<rbacv1::Role>(), None);
        assert_eq!(Kind::own::<corev1::Service>(), None);
    }
}
