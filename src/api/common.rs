//! What several documents share, and the macro that every document type is written with.

use serde_json::Value;
use std::collections::BTreeMap;

/// Members of a document that ECS does not define: kept as they are and judged by [`super::fate`].
pub type Unknown = BTreeMap<String, Value>;

/// Characters in one definition as a whole (ECS's limit is 64 KiB), and so in any one value of it.
pub const DOCUMENT: usize = 65536;

/// Defines document types: each member is optional in Rust and left out when absent, each type is readable
/// and writable JSON with a schema, and what it has no member for ends up in `unknown`.
///
/// Members are named in Rust's way and spelled in JSON in ECS's (`camelCase`); `document!(PascalCase, …)` is for
/// Cloud Map, whose members begin with a capital.
macro_rules! document {
    (PascalCase, $($rest:tt)*) => { document!(@ "PascalCase", $($rest)*); };
    (@ $case:literal, $($(#[$meta:meta])* $name:ident {
        $($(#[$member_meta:meta])* $member:ident: $type:ty),* $(,)?
    })*) => { $(
        #[derive(
            Clone, Debug, Default, PartialEq, ::serde::Deserialize, ::serde::Serialize, ::schemars::JsonSchema,
        )]
        #[serde(rename_all = $case)]
        $(#[$meta])*
        pub struct $name {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                $(#[$member_meta])*
                pub $member: Option<$type>,
            )*
            /// Members that ECS does not define, kept as they are.
            #[serde(flatten)]
            #[schemars(skip)]
            pub unknown: $crate::api::common::Unknown,
        }
    )* };
    ($($rest:tt)*) => { document!(@ "camelCase", $($rest)*); };
}
pub(crate) use document;

document! {
    /// A name and its value.
    KeyValuePair {
        /// The name.
        #[schemars(length(max = 2048))]
        name: String,
        /// The value; may be empty.
        #[schemars(length(max = DOCUMENT))]
        value: String,
    }

    /// A label for people and bills. Keys are unique and do not begin with `aws:`.
    Tag {
        /// 1–128 letters, digits, spaces and `+ - = . _ : / @`.
        #[schemars(length(max = 128))]
        key: String,
        /// 0–256 characters of the same kind.
        #[schemars(length(max = 256))]
        value: String,
    }

    /// A value that is looked up in a store when the container starts, never written in the document.
    Secret {
        /// Name of the environment variable, or of the log driver's option.
        #[schemars(required, length(max = 512))]
        name: String,
        /// ARN of a Secrets Manager secret (optionally with JSON key, version stage and version id), or ARN or
        /// name of an SSM parameter.
        #[schemars(required, length(max = 2048))]
        value_from: String,
    }

    /// Where a container's output goes. Without it, the node's container runtime decides.
    LogConfiguration {
        /// The log driver.
        #[schemars(required, extend("enum" = LOG_DRIVERS))]
        log_driver: String,
        /// Settings of the driver, for example `awslogs-group`, `awslogs-region`, `awslogs-stream-prefix`,
        /// `mode`, `max-buffer-size`.
        #[schemars(inner(length(max = DOCUMENT)))]
        options: BTreeMap<String, String>,
        /// Settings of the driver whose values come from a secret store.
        #[schemars(length(max = 50))]
        secret_options: Vec<Secret>,
    }

    /// One capacity provider's share of the tasks.
    CapacityProviderStrategyItem {
        /// Name of the capacity provider.
        #[schemars(required, length(max = 255))]
        capacity_provider: String,
        /// Share of the tasks beyond the base, relative to the other items: 0–1000, default 0.
        #[schemars(range(min = 0, max = 1000))]
        weight: i32,
        /// Tasks placed here before weights count: 0–100000, default 0. Only one item may have a base above 0.
        #[schemars(range(min = 0, max = 100_000))]
        base: i32,
    }
}

/// Log drivers that ECS knows.
const LOG_DRIVERS: [&str; 8] =
    ["json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens"];
