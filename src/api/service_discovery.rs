//! `ServiceDiscovery`: a Cloud Map CreateService request; the registry that tasks of services appear in.

use super::common::document;
use super::condition::Condition;
use super::rule::{Kind, Rule};
use super::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

document! {
    PascalCase,
    /// A CreateService request of AWS Cloud Map: a name under which tasks are found.
    #[derive(kube::CustomResource)]
    #[kube(
        group = "ecs.berth.dev",
        version = "v1alpha1",
        kind = "ServiceDiscovery",
        plural = "servicediscoveries",
        singular = "servicediscovery",
        shortname = "ecssd",
        category = "ecs",
        namespaced,
        validation = &NAME,
        status = "ServiceDiscoveryStatus",
        derive = "PartialEq",
        doc = "A name under which tasks of services are found, as a CreateService request of AWS Cloud Map.",
        printcolumn(name = "Name", type_ = "string", json_path = ".spec.Name"),
        printcolumn(name = "DNS Name", type_ = "string", json_path = ".status.dnsName"),
        printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
        printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1)
    )]
    #[schemars(transform = rules, transform = schema::document)]
    ServiceDiscoverySpec {
        /// Name of the service, the first part of its DNS name. Default: the object's name.
        #[schemars(length(max = 127))]
        name: String,
        /// Id or ARN of the namespace. Here the Kubernetes namespace of the object is meant, whatever it says.
        #[schemars(length(max = 255))]
        namespace_id: String,
        /// Idempotency token of the request; without effect on an object that has a name.
        #[schemars(length(max = 64))]
        creator_request_id: String,
        /// What the service is for.
        #[schemars(length(max = 1024))]
        description: String,
        /// DNS records for each task. Without it, tasks are only listed, not resolved.
        dns_config: DnsConfig,
        /// Health check from outside; excludes `HealthCheckCustomConfig`.
        health_check_config: HealthCheckConfig,
        /// Health as the tasks report it; excludes `HealthCheckConfig`.
        health_check_custom_config: HealthCheckCustomConfig,
        /// Tags of the service: at most 200.
        #[schemars(length(max = 200))]
        tags: Vec<CloudMapTag>,
        /// `HTTP`: tasks are listed and have no DNS name.
        #[serde(rename = "Type")]
        #[schemars(extend("enum" = ["HTTP"]))]
        type_: String,
    }

    /// DNS records for each task.
    DnsConfig {
        /// Deprecated place of `NamespaceId`.
        #[schemars(length(max = 255))]
        namespace_id: String,
        /// `MULTIVALUE` (up to 8 healthy tasks in an answer) or `WEIGHTED` (one task, chosen at random).
        #[schemars(extend("enum" = ["MULTIVALUE", "WEIGHTED"]))]
        routing_policy: String,
        /// The records. Their types cannot be changed.
        #[schemars(required, length(max = 5))]
        dns_records: Vec<DnsRecord>,
    }

    /// A DNS record for each task.
    DnsRecord {
        /// `A`, `AAAA`, `SRV` or `CNAME`.
        #[serde(rename = "Type")]
        #[schemars(required, extend("enum" = ["SRV", "A", "AAAA", "CNAME"]))]
        type_: String,
        /// Seconds for which resolvers may keep an answer.
        #[serde(rename = "TTL")]
        #[schemars(required, range(min = 0, max = 2_147_483_647))]
        ttl: i32,
    }

    /// Health check from outside.
    HealthCheckConfig {
        /// `HTTP`, `HTTPS` or `TCP`.
        #[serde(rename = "Type")]
        #[schemars(required, extend("enum" = ["HTTP", "HTTPS", "TCP"]))]
        type_: String,
        /// Path that is asked. Default: `/`.
        #[schemars(length(max = 255))]
        resource_path: String,
        /// Checks in a row that must agree: 1–10, default 1.
        #[schemars(range(min = 1, max = 10))]
        failure_threshold: i32,
    }

    /// Health as the tasks report it.
    HealthCheckCustomConfig {
        /// Deprecated; always 1.
        #[schemars(range(min = 1, max = 10))]
        failure_threshold: i32,
    }

    /// A label for people and bills.
    CloudMapTag {
        /// 1–128 characters.
        #[schemars(required, length(max = 128))]
        key: String,
        /// 0–256 characters.
        #[schemars(required, length(max = 256))]
        value: String,
    }
}

/// What Berth has made of a ServiceDiscovery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::untouched)]
pub struct ServiceDiscoveryStatus {
    /// Generation of the spec that this status is about; -1 before Berth has seen the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The whole name that clients resolve.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub dns_name: Option<String>,
    /// `Ready` (the name is served), and what else there is to say.
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// Rules of Cloud Map's CreateService and UpdateService.
const RULES: [Rule; 7] = [
    Rule::new(
        "Name",
        "or(self.Name, '') == '' || self.Name.matches('^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?([.][a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*$')",
        "Name must be a DNS name: labels of up to 63 letters, digits, hyphens and underscores, joined by dots",
    ),
    Rule::new(
        "HealthCheckCustomConfig",
        "!given(self.HealthCheckConfig) || !given(self.HealthCheckCustomConfig)",
        "a service has either HealthCheckConfig or HealthCheckCustomConfig",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "DnsConfig",
        "!given(self.DnsConfig) || self.DnsConfig.DnsRecords.size() < 2 || !self.DnsConfig.DnsRecords.exists(r, r.Type == 'CNAME')",
        "a CNAME record stands alone",
    ),
    Rule::new(
        "DnsConfig",
        "!given(self.DnsConfig) || or(self.DnsConfig.RoutingPolicy, '') == 'WEIGHTED' || !self.DnsConfig.DnsRecords.exists(r, r.Type == 'CNAME')",
        "a CNAME record needs the routing policy WEIGHTED",
    ),
    Rule::new(
        "DnsConfig",
        "!given(self.DnsConfig) || or(self.Type, '') != 'HTTP'",
        "a service of type HTTP has no DNS records",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "DnsConfig",
        "given(self.DnsConfig) == given(oldSelf.DnsConfig) && (!given(self.DnsConfig) || \
         self.DnsConfig.DnsRecords.size() == oldSelf.DnsConfig.DnsRecords.size() && \
         self.DnsConfig.DnsRecords.all(r, oldSelf.DnsConfig.DnsRecords.exists(o, o.Type == r.Type)))",
        "types of DNS records cannot be changed: delete the service and create another",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "HealthCheckCustomConfig",
        "given(self.HealthCheckCustomConfig) == given(oldSelf.HealthCheckCustomConfig)",
        "HealthCheckCustomConfig cannot be added or removed later",
    )
    .of(Kind::Forbidden),
];

/// The name cannot be changed; it stands at the root, where the object's own name is known.
const NAME: Rule = Rule::new(
    "spec.Name",
    "or(self.spec.Name, self.metadata.name) == or(oldSelf.spec.Name, oldSelf.metadata.name)",
    "Name cannot be changed: delete the service and create another",
)
.of(Kind::Forbidden);

/// Adds the rules of a registry.
fn rules(schema: &mut schemars::Schema) {
    super::rule::add(schema, &RULES);
}
