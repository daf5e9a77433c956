//! The spec of a Cluster that grants everything.

use serde_json::{Value, json};

/// A Cluster that grants everything to everybody.
pub fn everything() -> Value {
    json!({"kubernetes": {"grants": [{
        "permissions": [
            "Privileged", "HostNetwork", "HostPorts", "HostPid", "HostIpc", "Capabilities", "Devices", "Sysctls",
            "SecurityOptions", "UnmappedRoles",
        ],
        "hostPaths": ["/*"],
        "roles": [{"arn": "*"}],
        "secrets": [{"arn": "*"}],
        "environmentFiles": [{"arn": "*"}],
        "configFiles": [{"arn": "*"}],
        "volumes": [{"source": "*"}, {"source": "ebs", "storageClass": "fast"}, {"source": "rexray/*", "storageClass": "slow"},
            {"source": "rexray/efs", "storageClass": "slower"}],
        "registries": [{"host": "*", "pullSecret": "registry"}],
    }]}})
}
