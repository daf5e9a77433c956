//! Ports and host names of a container.

use crate::api::common::document;

document! {
    /// A port that a container listens on.
    #[schemars(transform = super::rules::port_mapping)]
    PortMapping {
        /// Port in the container: 1–65535.
        #[schemars(range(min = 0, max = 65535))]
        container_port: i32,
        /// Port of the node. Absent or 0: a free one under `bridge`, `containerPort` under `awsvpc` and `host`.
        /// Under `awsvpc` it must equal `containerPort` and opens nothing on the node.
        #[schemars(range(min = 0, max = 65535))]
        host_port: i32,
        /// `tcp` (default) or `udp`.
        #[schemars(extend("enum" = ["tcp", "udp"]))]
        protocol: String,
        /// Name of the port for Service Connect and others: up to 64 lower-case letters, digits, `_` and `-`, not
        /// beginning with `-`.
        #[schemars(length(max = 64))]
        name: String,
        /// What is spoken on the port: `http`, `http2` or `grpc`. Default: plain TCP.
        #[schemars(extend("enum" = ["http", "http2", "grpc"]))]
        app_protocol: String,
        /// `first-last` instead of a single port; `containerPort` and `hostPort` stay away.
        #[schemars(length(max = 16))]
        container_port_range: String,
    }

    /// A line of `/etc/hosts`.
    HostEntry {
        /// The name.
        #[schemars(required, length(max = 255))]
        hostname: String,
        /// The address.
        #[schemars(required, length(max = 64))]
        ip_address: String,
    }
}
