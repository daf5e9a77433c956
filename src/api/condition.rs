//! The conditions Berth writes, and the reasons it gives: an interface that alerts and scripts rely on.

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Makes an enum of names that appear in status, with the text of each.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $name {
            /// Every one of them, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text in status.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }

            /// The one with this text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// What a condition is about. `Ready` is always there; the others only while there is something to say.
    ConditionType {
        /// True when the object is what its spec says; for a Service: a steady state.
        Ready,
        /// True while Berth is on the way to what the spec says.
        Reconciling,
        /// True when Berth cannot go on without somebody's help.
        Stalled,
        /// False when a task finds no container instance; the message says why.
        Placed,
        /// True when the document has members that change nothing on Kubernetes; the message names them.
        FieldsWithoutEffect,
        /// True when the revisions that an annotation lists are deregistered; False when it cannot be read.
        Deregistered,
        /// True when an object that Berth did not make has a name that Berth needs.
        NameConflict,
        /// False when tasks cannot be registered for discovery.
        RegistryAvailable,
        /// True when two field managers write `spec.desiredCount`; the message names both.
        DesiredCountContested,
        /// True when `securityGroups` or `subnets` restrict nothing, because no Cluster maps them.
        NetworkUnrestricted,
        /// True when a `taskRoleArn` gives the tasks no rights, because no Cluster maps it.
        TaskRoleUnmapped,
        /// True when images lie in a private registry of ECR that no Cluster maps; without credentials of the nodes they
        /// cannot be pulled.
        RegistryUnmapped,
        /// False when nobody fetches the secrets that a Cluster maps to a store.
        SecretsAvailable,
        /// True when no Cluster object exists, so that the cluster is all schedulable nodes.
        ClusterImplied,
        /// True when the `capacityProviderStrategy` selects no nodes, because no Cluster maps its providers.
        CapacityProviderUnmapped,
        /// False when pods of this service break the namespace's pod security level.
        PodSecurity,
    }
}

names! {
    /// Why a condition is as it is.
    Reason {
        /// Berth has not seen the object yet.
        Pending,
        /// Every task that should run runs, and no other.
        SteadyState,
        /// A deployment is under way.
        DeploymentInProgress,
        /// Tasks are started or stopped to reach `desiredCount`, without a deployment.
        Scaling,
        /// The service's tasks are being stopped because it is deleted.
        Draining,
        /// The percentages allow neither to stop nor to start a task; the deployment waits.
        DeploymentBlocked,
        /// The deployment failed; what ran before goes on.
        DeploymentFailed,
        /// Someone paused the service by annotation.
        Paused,
        /// The revision is registered and can be used.
        Registered,
        /// The revision, or the revisions that are meant, were deregistered.
        Deregistered,
        /// The registry or cluster object is in force.
        InForce,
        /// No TaskDefinition of the family, or no such revision.
        TaskDefinitionNotFound,
        /// The revision was deregistered: no new service may use it.
        TaskDefinitionInactive,
        /// The TaskDefinition was edited and its newest revision is not registered yet.
        TaskDefinitionPending,
        /// The document breaks rules; the message has all of them.
        Invalid,
        /// The document has members that are refused; the message has all of them.
        Refused,
        /// No Cluster of this name.
        ClusterNotFound,
        /// The Cluster does not admit this namespace, or not what the document asks for.
        NotPermitted,
        /// An object that Berth did not make has a name that Berth needs.
        NameConflict,
        /// Another object of this namespace has the same `serviceName`, `family` or `Name`.
        Duplicate,
        /// A task finds no container instance.
        PlacementFailed,
        /// Tasks keep failing to start; Berth tries again at growing intervals.
        StartImpaired,
        /// The API server or an admission policy refuses the pods; the message has its words.
        PodsRefused,
        /// A target group, registry or other object that the document names is not there.
        ReferenceNotFound,
        /// No Cluster maps what the document names.
        NotMapped,
        /// No Cluster object exists.
        NoCluster,
        /// Members of the document change nothing on Kubernetes.
        NoCounterpart,
        /// Two field managers own the same member.
        TwoManagers,
        /// Berth failed in a way that another try may mend; the message has the error.
        InternalError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_by_its_text() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
        }
        assert_eq!(ConditionType::parse("Ready"), Some(ConditionType::Ready));
        assert_eq!(ConditionType::parse("ready"), None);
    }
}
