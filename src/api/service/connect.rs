//! Service Connect: names by which services of a namespace reach each other.

use crate::api::common::{LogConfiguration, document};

document! {
    /// Names by which services of a namespace reach each other.
    ServiceConnectConfiguration {
        /// Whether it is on.
        #[schemars(required)]
        enabled: bool,
        /// Name or ARN of the namespace. Default: the cluster's.
        #[schemars(length(max = 2048))]
        namespace: String,
        /// What this service offers; nothing for one that only calls others.
        #[schemars(length(max = 50))]
        services: Vec<ServiceConnectService>,
        /// Where the proxy's output goes.
        log_configuration: LogConfiguration,
        /// Whether and how each request is logged.
        access_log_configuration: ServiceConnectAccessLog,
        /// Settings of the proxy; they hold for tasks started later.
        #[schemars(length(max = 10))]
        container_configurations: Vec<ServiceConnectContainer>,
    }

    /// A port that is offered under a name.
    ServiceConnectService {
        /// Name of one of the definition's ports.
        #[schemars(required, length(max = 64))]
        port_name: String,
        /// Name in the namespace: up to 64 lower-case letters, digits, `_` and `-`. Default: `portName`.
        #[schemars(length(max = 64))]
        discovery_name: String,
        /// Names and ports that clients use: at most 1. Default: `discoveryName.namespace` and the container's port.
        #[schemars(length(max = 1))]
        client_aliases: Vec<ServiceConnectClientAlias>,
        /// Port the proxy listens on. Default: the container's port under `awsvpc`.
        #[schemars(range(min = 0, max = 65535))]
        ingress_port_override: i32,
        /// How long a connection and a request may take.
        timeout: TimeoutConfiguration,
        /// Encryption between proxies.
        tls: ServiceConnectTls,
    }

    /// Name and port that clients use.
    ServiceConnectClientAlias {
        /// The port: 1–65535.
        #[schemars(required, range(min = 0, max = 65535))]
        port: i32,
        /// The name: up to 127 lower-case letters, digits, `_`, `-` and `.`.
        #[schemars(length(max = 127))]
        dns_name: String,
        /// Which requests are test traffic.
        test_traffic_rules: TestTrafficRules,
    }

    /// Which requests are test traffic.
    TestTrafficRules {
        /// Those with this header.
        #[schemars(required)]
        header: TestTrafficHeader,
    }

    /// A header that marks test traffic.
    TestTrafficHeader {
        /// Name of the header.
        #[schemars(required, length(max = 255))]
        name: String,
        /// Its value.
        value: TestTrafficHeaderMatch,
    }

    /// Value of a header that marks test traffic.
    TestTrafficHeaderMatch {
        /// The whole value.
        #[schemars(required, length(max = 1024))]
        exact: String,
    }

    /// How long a connection and a request may take.
    TimeoutConfiguration {
        /// Seconds without traffic: default 300 (TCP 3600); 0 is no limit.
        idle_timeout_seconds: i32,
        /// Seconds for one request: default 15; 0 is no limit. Not for TCP.
        per_request_timeout_seconds: i32,
    }

    /// Encryption between proxies.
    ServiceConnectTls {
        /// Who issues certificates.
        #[schemars(required)]
        issuer_certificate_authority: TlsCertificateAuthority,
        /// ARN of the key that protects private keys.
        #[schemars(length(max = 2048))]
        kms_key: String,
        /// ARN of the role that may issue.
        #[schemars(length(max = 2048))]
        role_arn: String,
    }

    /// Who issues certificates.
    TlsCertificateAuthority {
        /// ARN of the private certificate authority.
        #[schemars(length(max = 2048))]
        aws_pca_authority_arn: String,
    }

    /// Whether and how each request is logged.
    ServiceConnectAccessLog {
        /// `TEXT` or `JSON`.
        #[schemars(required, extend("enum" = ["TEXT", "JSON"]))]
        format: String,
        /// Whether query parameters are logged: `ENABLED` or `DISABLED` (default).
        #[schemars(extend("enum" = ["DISABLED", "ENABLED"]))]
        include_query_parameters: String,
    }

    /// Settings of the proxy.
    ServiceConnectContainer {
        /// `debug` or `info`.
        #[schemars(extend("enum" = ["debug", "info"]))]
        log_level: String,
    }
}
