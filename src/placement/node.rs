//! A node as queries see it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a node, or of a kind of node that an autoscaler may add.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its provider ID, as in `aws:///eu-west-1a/i-0123456789abcdef0`.
    pub provider_id: Option<String>,
    /// Whether it is Ready.
    pub ready: bool,
    /// Its kubelet's version.
    pub version: Option<String>,
    /// Groups of the tasks on it.
    pub groups: BTreeSet<String>,
    /// Tasks on it whose desired status is RUNNING.
    pub running_tasks: u32,
    /// When it joined.
    pub registered_at: Option<Timestamp>,
}

impl NodeView {
    /// A node as queries see it.
    pub fn of(node: &Node) -> Self {
        Self { name: node.name_any(), labels: node.labels().clone(), ..Self::default() }
    }

    /// ECS's `ec2InstanceId`: the last part of the provider ID, or the name.
    pub fn instance_id(&self) -> &str {
        let id = self.provider_id.as_deref().and_then(|id| id.rsplit('/').next());
        id.filter(|id| !id.is_empty()).unwrap_or(&self.name)
    }
}

/// A version whose parts are ordered as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u64>);

impl Version {
    /// The numbers of `1.14.5`, `v1.37.1` or `v1.33.4-eks-1a2b3c`; what follows `-` or `+` has no order.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self(parts))
    }
}

/// The time that a query writes: with an offset, with `Z`, without a zone (then UTC) or only the date.
pub fn time(text: &str) -> Option<Timestamp> {
    let utc =
        |time: jiff::civil::DateTime| time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    text.parse::<jiff::civil::DateTime>().ok().and_then(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.9.0") < version("1.14.5"));
        assert_eq!(version("v1.37.0-rc.1"), version("1.37"));
        assert_eq!(Version::parse("new"), None);
    }

    #[test]
    fn every_documented_form_of_a_time_is_read() {
        let whole = time("2018-06-18T22:28:28Z").unwrap();
        assert_eq!(time("2018-06-18T22:28:28+00:00"), Some(whole));
        assert_eq!(time("2018-06-18T22:28:28"), Some(whole));
        assert_eq!(time("2018-06-18"), time("2018-06-18T00:00:00Z"));
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn an_instance_id_is_the_end_of_the_provider_id_or_the_name() {
        let mut node = NodeView { name: "node-1".into(), ..NodeView::default() };
        assert_eq!(node.instance_id(), "node-1");
        node.provider_id = Some("aws:///eu-west-1a/i-0abc".into());
        assert_eq!(node.instance_id(), "i-0abc");
    }
}
