//! The fate of CreateService's members.

use super::{Field, accepting, mapped, mapped_as, part, refused, refusing, without_effect};

const LATER: &str = "not supported yet; that comes later";
const TRAFFIC: &str = "deployments that move traffic come later; ROLLING is supported";
const ROLLING: &str = "tasks are replaced step by step";

/// CreateService.
pub(super) const FIELDS: &[Field] = &[
    mapped("cluster"),
    mapped("serviceName"),
    mapped("taskDefinition"),
    mapped_as(
        "availabilityZoneRebalancing",
        "`ENABLED`, also where it is absent: a task is started in the emptiest zone, then one of the fullest is stopped; \
         without effect where ECS excludes it: `maximumPercent` up to 100, a first strategy other than a spread over \
         zones, a constraint on the zone",
    ),
    mapped("loadBalancers").with(&[
        mapped("targetGroupArn"),
        refused("loadBalancerName", "classic load balancers have no counterpart: use a target group"),
        mapped("containerName"),
        mapped("containerPort"),
        refused("advancedConfiguration", TRAFFIC).with(&[
            part("alternateTargetGroupArn"),
            part("productionListenerRule"),
            part("testListenerRule"),
            part("roleArn"),
        ]),
    ]),
    mapped("serviceRegistries").with(&[
        mapped("registryArn"),
        mapped("port"),
        mapped("containerName"),
        mapped("containerPort"),
    ]),
    mapped("desiredCount"),
    without_effect("clientToken", "an object is unique by its name"),
    mapped_as("launchType", "`FARGATE`: the whole size of the task is requested, and is its limit"),
    without_effect("capacityProviderStrategy", "no Cluster maps its providers: tasks run on all nodes of the cluster")
        .with(STRATEGY),
    without_effect("platformVersion", "there is no Fargate platform here that has versions"),
    without_effect("role", "no role is needed to register tasks"),
    mapped("deploymentConfiguration").with(DEPLOYMENT),
    mapped("placementConstraints").with(&[mapped("type"), mapped("expression")]),
    mapped("placementStrategy").with(&[mapped("type"), mapped("field")]),
    without_effect(
        "networkConfiguration",
        "no Cluster maps subnets and security groups: tasks run in every zone and nothing restricts their network",
    )
    .with(&[part("awsvpcConfiguration").with(&[part("subnets"), part("securityGroups"), part("assignPublicIp")])]),
    mapped("healthCheckGracePeriodSeconds"),
    mapped("schedulingStrategy").except(&[refusing("`DAEMON`", |value| value == "DAEMON", LATER)]),
    refused("deploymentController", "deployments from outside come later; ECS is supported")
        .except(&[accepting("`ECS`", |whole| whole.get("type").is_some_and(|kind| kind == "ECS"), "")])
        .with(&[part("type")]),
    mapped_as("tags", "labels and an annotation of tasks, where `propagateTags` is `SERVICE`")
        .with(&[mapped("key"), mapped("value")]),
    mapped_as("enableECSManagedTags", "tags with the names of cluster and service beside the propagated ones"),
    mapped("propagateTags"),
    without_effect("enableExecuteCommand", "kubectl exec asks for no permission of the service"),
    refused("serviceConnectConfiguration", LATER).with(CONNECT),
    mapped("volumeConfigurations").with(super::volume::AT_LAUNCH),
    refused("vpcLatticeConfigurations", "VPC Lattice has no counterpart").with(&[
        part("roleArn"),
        part("targetGroupArn"),
        part("portName"),
        part("advancedConfiguration").with(&[
            part("alternateTargetGroupArn"),
            part("productionListenerRule"),
            part("testListenerRule"),
        ]),
    ]),
    refused("gatewayConnectors", LATER).with(GATEWAY),
    without_effect("monitoring", "whoever scrapes the metrics decides how often").with(&[part("metricConfigurations")
        .with(&[part("metricNames"), part("resolutionSeconds")])]),
    mapped("kubernetes").with(&[
        mapped("deregistrationDelaySeconds"),
        mapped("stoppedTasksKept"),
        mapped("resolveTaskDefinition"),
        mapped("scheduler"),
    ]),
];

/// One provider's share.
pub(super) const STRATEGY: &[Field] = &[part("capacityProvider"), part("weight"), part("base")];

const DEPLOYMENT: &[Field] = &[
    refused(
        "deploymentCircuitBreaker",
        "the circuit breaker comes later; a failing deployment is retried with pauses",
    )
    .with(&[
        part("enable"),
        part("rollback"),
        part("resetOnHealthyTask"),
        part("thresholdConfiguration").with(&[part("type"), part("value")]),
    ]),
    mapped("maximumPercent"),
    mapped("minimumHealthyPercent"),
    refused("alarms", LATER).with(&[part("alarmNames"), part("rollback"), part("enable")]),
    refused("strategy", TRAFFIC).except(&[accepting("`ROLLING`", |value| value == "ROLLING", ROLLING)]),
    refused("bakeTimeInMinutes", TRAFFIC),
    refused("lifecycleHooks", TRAFFIC).with(&[
        part("targetType"),
        part("hookTargetArn"),
        part("roleArn"),
        part("lifecycleStages"),
        part("hookDetails"),
        part("timeoutConfiguration").with(&[part("timeoutInMinutes"), part("action")]),
    ]),
    refused("linearConfiguration", TRAFFIC).with(&[part("stepPercent"), part("stepBakeTimeInMinutes")]),
    refused("canaryConfiguration", TRAFFIC).with(&[part("canaryPercent"), part("canaryBakeTimeInMinutes")]),
    refused("earlySuccessCriteria", LATER).with(&[
        part("enable"),
        part("healthyPercent"),
        part("sourceServiceRevisionCleanup"),
    ]),
];

const CONNECT: &[Field] = &[
    part("enabled"),
    part("namespace"),
    part("services").with(&[
        part("portName"),
        part("discoveryName"),
        part("clientAliases").with(&[
            part("port"),
            part("dnsName"),
            part("testTrafficRules")
                .with(&[part("header").with(&[part("name"), part("value").with(&[part("exact")])])]),
        ]),
        part("ingressPortOverride"),
        part("timeout").with(&[part("idleTimeoutSeconds"), part("perRequestTimeoutSeconds")]),
        part("tls").with(&[
            part("issuerCertificateAuthority").with(&[part("awsPcaAuthorityArn")]),
            part("kmsKey"),
            part("roleArn"),
        ]),
    ]),
    part("logConfiguration").with(&[
        part("logDriver"),
        part("options"),
        part("secretOptions").with(&[part("name"), part("valueFrom")]),
    ]),
    part("accessLogConfiguration").with(&[part("format"), part("includeQueryParameters")]),
    part("containerConfigurations").with(&[part("logLevel")]),
];

const GATEWAY: &[Field] = &[
    part("portName"),
    part("healthCheck").with(&[
        part("healthCheckProtocol"),
        part("healthCheckPort"),
        part("healthCheckPath"),
        part("healthCheckTimeoutSeconds"),
        part("healthCheckIntervalSeconds"),
        part("healthyThresholdCount"),
        part("unhealthyThresholdCount"),
        part("matcher").with(&[part("httpCode"), part("grpcCode")]),
    ]),
    part("filters").with(&[part("accessTypes")]),
    part("deregistrationDelay").with(&[part("timeoutSeconds")]),
];

const OUTPUT: &str = "comes from DescribeServices and is no input: leave it out";

/// Members of other documents that people paste as a service.
pub(super) const HINTS: &[(&str, &str)] = &[
    ("serviceArn", OUTPUT),
    ("clusterArn", OUTPUT),
    ("status", OUTPUT),
    ("runningCount", OUTPUT),
    ("pendingCount", OUTPUT),
    ("deployments", OUTPUT),
    ("taskSets", OUTPUT),
    ("events", OUTPUT),
    ("createdAt", OUTPUT),
    ("createdBy", OUTPUT),
    ("roleArn", OUTPUT),
    ("platformFamily", OUTPUT),
    ("currentServiceDeployment", OUTPUT),
    ("currentServiceRevisions", OUTPUT),
    ("resourceManagementType", OUTPUT),
    ("service", "is UpdateService's name of the member: write serviceName, or leave it to the object's name"),
    (
        "forceNewDeployment",
        "is a request, not a state: set annotation ecs.berth.dev/force-new-deployment to a new value",
    ),
    ("services", "is what DescribeServices wraps services in: write the members of one directly under spec"),
];
