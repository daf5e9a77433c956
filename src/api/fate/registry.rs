//! The fate of the members of Cloud Map's CreateService and of CreateCluster.

use super::service::STRATEGY;
use super::{Field, mapped, mapped_as, part, refused, refusing, without_effect};

const LATER: &str = "not supported yet; that comes later";
const NAMESPACE: &str = "names live in the object's Kubernetes namespace";
const TAGS: &str = "tags stay on the object; nothing on Kubernetes is billed by them";
const AWS: &str = "a setting of AWS's own services";

/// Cloud Map's CreateService.
pub(super) const DISCOVERY: &[Field] = &[
    mapped("Name"),
    without_effect("NamespaceId", NAMESPACE),
    without_effect("CreatorRequestId", "an object is unique by its name"),
    mapped_as("Description", "for people who read the object"),
    mapped("DnsConfig").with(&[
        without_effect("NamespaceId", NAMESPACE),
        mapped("RoutingPolicy").except(&[refusing("`WEIGHTED`", |policy| policy == "WEIGHTED", LATER)]),
        mapped("DnsRecords").with(&[
            mapped("Type").except(&[refusing("`CNAME`", |kind| kind == "CNAME", LATER)]),
            without_effect("TTL", "the cluster's DNS server decides how long answers may be kept"),
        ]),
    ]),
    refused("HealthCheckConfig", "nothing checks tasks from outside the cluster").with(&[
        part("Type"),
        part("ResourcePath"),
        part("FailureThreshold"),
    ]),
    mapped_as("HealthCheckCustomConfig", "tasks are found while they are ready")
        .with(&[without_effect("FailureThreshold", "it is always 1")]),
    without_effect("Tags", TAGS).with(&[part("Key"), part("Value")]),
    refused("Type", "registries without DNS names come later"),
];

/// CreateCluster.
pub(super) const CLUSTER: &[Field] = &[
    mapped("clusterName"),
    without_effect("tags", TAGS).with(&[part("key"), part("value")]),
    without_effect("settings", "Container Insights is one of AWS's own services")
        .with(&[part("name"), part("value")]),
    without_effect("configuration", AWS).with(&[
        part("executeCommandConfiguration").with(&[
            part("kmsKeyId"),
            part("logging"),
            part("logConfiguration").with(&[
                part("cloudWatchLogGroupName"),
                part("cloudWatchEncryptionEnabled"),
                part("s3BucketName"),
                part("s3EncryptionEnabled"),
                part("s3KeyPrefix"),
            ]),
        ]),
        part("managedStorageConfiguration")
            .with(&[part("kmsKeyId"), part("fargateEphemeralStorageKmsKeyId")]),
    ]),
    without_effect("capacityProviders", "mapping capacity providers to nodes comes later"),
    without_effect("defaultCapacityProviderStrategy", "mapping capacity providers to nodes comes later")
        .with(STRATEGY),
    without_effect("serviceConnectDefaults", "Service Connect comes later").with(&[part("namespace")]),
    mapped("kubernetes").with(&[
        mapped("nodeSelector"),
        mapped("namespaces"),
        mapped("defaultPlacementStrategy").with(&[mapped("type"), mapped("field")]),
        mapped("fixedHostPorts"),
        mapped("region"),
        mapped("grants").with(&[
            mapped("namespaces"),
            mapped("permissions"),
            mapped("hostPaths"),
            mapped("roles").with(&[mapped("arn"), mapped("serviceAccount"), mapped("annotations")]),
            mapped("secrets").with(&[
                mapped("arn"),
                mapped("secretName"),
                mapped("key"),
                mapped("store").with(&[
                    mapped("name"),
                    mapped("kind"),
                    mapped("remoteKey"),
                    mapped("refreshInterval"),
                ]),
            ]),
            mapped("environmentFiles").with(&[mapped("arn"), mapped("configMapName"), mapped("secretName")]),
            mapped("configFiles").with(&[
                mapped("arn"),
                mapped("configMapName"),
                mapped("secretName"),
                mapped("key"),
            ]),
            mapped("volumes").with(&[mapped("source"), mapped("claimName"), mapped("storageClass")]),
            mapped("registries").with(&[mapped("host"), mapped("pullSecret")]),
        ]),
    ]),
];

const OUTPUT: &str = "comes from a Describe call and is no input: leave it out";

/// Members of other documents that people paste here.
pub(super) const HINTS: &[(&str, &str)] = &[
    ("Id", OUTPUT),
    ("Arn", OUTPUT),
    ("InstanceCount", OUTPUT),
    ("CreateDate", OUTPUT),
    ("clusterArn", OUTPUT),
    ("status", OUTPUT),
    ("registeredContainerInstancesCount", OUTPUT),
    ("runningTasksCount", OUTPUT),
    ("pendingTasksCount", OUTPUT),
    ("activeServicesCount", OUTPUT),
    ("statistics", OUTPUT),
    ("attachments", OUTPUT),
    ("attachmentsStatus", OUTPUT),
];
