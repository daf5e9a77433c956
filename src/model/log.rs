//! Where a container's output is to go, and the container that routes the output of others.

use super::access::KeyedObject;
use std::collections::BTreeMap;

/// Where a container's output is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The log driver.
    pub driver: String,
    /// Log group of `awslogs`.
    pub group: Option<String>,
    /// Region of `awslogs`.
    pub region: Option<String>,
    /// Stream of `awslogs`, with `$(TASK_ID)` or `$(CONTAINER_ID)` for what is known only when it runs.
    pub stream: Option<String>,
}

/// Which program routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouterKind {
    /// Fluent Bit.
    FluentBit,
    /// Fluentd.
    Fluentd,
}

/// A container that routes the output of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRouter {
    /// Which program it is.
    pub kind: RouterKind,
    /// Whether cluster, task and definition are added to each record.
    pub metadata: bool,
    /// A file with further settings.
    pub include: Option<Include>,
    /// Whether it may read what containers write to the node's log files.
    pub reads_node: bool,
    /// The containers whose output it routes, in order.
    pub outputs: Vec<Output>,
}

/// Where a router's further settings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Include {
    /// In a file of its image with this path.
    OfImage(String),
    /// In a key of an object of the task's namespace, which stands for a file in S3.
    Mapped {
        /// The object.
        object: KeyedObject,
        /// The key.
        key: String,
    },
}

/// Where a router sends a container's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Name of the container in ECS's form.
    pub container: String,
    /// Options of the output; values of secrets stand as `${VARIABLE}`.
    pub options: BTreeMap<String, String>,
    /// Records in memory at most, where the document says so.
    pub buffer_limit: Option<u64>,
}
