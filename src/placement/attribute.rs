//! ECS's attributes as node labels: names to keys, values to values and back.

use crate::model::name;
use std::borrow::Cow;

/// ECS's attribute for the zone.
pub const ZONE: &str = "ecs.availability-zone";
/// ECS's attribute for the processor.
pub const ARCHITECTURE: &str = "ecs.cpu-architecture";
/// ECS's attribute for the operating system.
pub const OPERATING_SYSTEM: &str = "ecs.os-type";
/// ECS's attribute for the type of the machine.
pub const INSTANCE_TYPE: &str = "ecs.instance-type";
/// Prefix of the labels that hold attributes without a label of Kubernetes' own.
pub const PREFIX: &str = "attribute.ecs.berth.dev/";
/// Annotation with attributes that no label can hold: a JSON object of names and values.
pub const ANNOTATION: &str = "ecs.berth.dev/attributes";
/// Label of a node's host name, one per node.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// The attributes that ECS sets itself and that labels of Kubernetes' own, or of those who make nodes, can hold.
pub const BUILT_IN: [&str; 6] =
    ["ecs.ami-id", ZONE, ARCHITECTURE, INSTANCE_TYPE, "ecs.os-family", OPERATING_SYSTEM];

/// A node label that can hold an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier<'a> {
    /// Its key.
    pub key: Cow<'a, str>,
    /// Values that are spelt otherwise: ECS's, then the label's.
    pub forms: &'static [(&'static str, &'static str)],
    /// Whether the label holds the attribute only where its value is one of `forms`.
    pub closed: bool,
}

impl<'a> Carrier<'a> {
    fn open(key: impl Into<Cow<'a, str>>) -> Self {
        Self { key: key.into(), forms: &[], closed: false }
    }

    /// The label value that stands for `value`, if one can.
    pub fn to_label(&self, value: &str) -> Option<String> {
        let known = self.forms.iter().find(|(ecs, _)| *ecs == value);
        known
            .map(|(_, label)| (*label).to_owned())
            .or_else(|| (!self.closed).then(|| name::label_value(value)))
    }

    /// ECS's form of a label value; none where it does not hold the attribute.
    pub fn from_label<'b>(&self, label: &'b str) -> Option<&'b str> {
        let known = self.forms.iter().find(|(_, known)| *known == label);
        known.map(|(ecs, _)| *ecs).or_else(|| (!self.closed).then_some(label))
    }
}

/// The node labels that can hold the attribute `name`: the first of them that a node has does.
///
/// A name that is a whole label key, as in `example.com/storage`, is that label itself. The image is told by managed
/// node groups of EKS and by Karpenter, each in a label of its own; an administrator's label comes first. Of the
/// families of operating systems Kubernetes knows Linux: which Windows a node runs is for its administrator to say.
pub fn carriers(name: &str) -> Vec<Carrier<'_>> {
    let own = || Carrier::open(format!("{PREFIX}{}", name::label_value(name)));
    match name {
        ZONE => vec![Carrier::open("topology.kubernetes.io/zone")],
        INSTANCE_TYPE => vec![Carrier::open("node.kubernetes.io/instance-type")],
        OPERATING_SYSTEM => vec![Carrier::open("kubernetes.io/os")],
        ARCHITECTURE => {
            vec![Carrier { forms: &[("x86_64", "amd64")], ..Carrier::open("kubernetes.io/arch") }]
        }
        "ecs.ami-id" => vec![
            own(),
            Carrier::open("eks.amazonaws.com/nodegroup-image"),
            Carrier::open("karpenter.k8s.aws/instance-ami-id"),
        ],
        "ecs.os-family" => {
            let linux =
                Carrier { forms: &[("LINUX", "linux")], closed: true, ..Carrier::open("kubernetes.io/os") };
            vec![own(), linux]
        }
        _ if is_label_key(name) => vec![Carrier::open(name)],
        _ => vec![own()],
    }
}

/// The node label that holds the attribute `name`, where an administrator or Kubernetes itself sets it.
pub fn key(name: &str) -> Cow<'_, str> {
    carriers(name).into_iter().next().map_or(Cow::Borrowed(name), |carrier| carrier.key)
}

fn is_label_key(name: &str) -> bool {
    let Some((prefix, rest)) = name.split_once('/') else {
        return false;
    };
    let label = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    !rest.is_empty() && name::label_value(rest) == rest && prefix.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_a_legal_label_key() {
        assert_eq!(key("ecs.availability-zone"), "topology.kubernetes.io/zone");
        assert_eq!(key("stack"), "attribute.ecs.berth.dev/stack");
        assert_eq!(key("ecs.ami-id"), "attribute.ecs.berth.dev/ecs.ami-id");
        assert_eq!(key("foundry.signoz.io/storage"), "foundry.signoz.io/storage");
        for odd in ["a/b/c", "_x_", "A/b", r"a\b", &"n".repeat(128)] {
            let key = key(odd);
            let name = key.strip_prefix(PREFIX).unwrap();
            assert_eq!(name::label_value(name), name);
        }
    }

    #[test]
    fn architectures_have_two_names() {
        let architecture = &carriers(ARCHITECTURE)[0];
        assert_eq!(architecture.to_label("x86_64").unwrap(), "amd64");
        assert_eq!(architecture.to_label("arm64").unwrap(), "arm64");
        assert_eq!(architecture.from_label("amd64").unwrap(), "x86_64");
        assert_eq!(carriers("stack")[0].to_label("x86_64").unwrap(), "x86_64");
    }

    #[test]
    fn the_family_of_an_operating_system_is_told_by_its_administrator_or_is_linux() {
        let [own, linux] = &carriers("ecs.os-family")[..] else { panic!() };
        assert_eq!(own.from_label("WINDOWS_SERVER_2022_FULL"), Some("WINDOWS_SERVER_2022_FULL"));
        assert_eq!(linux.from_label("linux"), Some("LINUX"));
        assert_eq!((linux.from_label("windows"), linux.to_label("WINDOWS_SERVER_2022_FULL")), (None, None));
    }

    #[test]
    fn a_value_that_no_label_can_hold_has_a_legal_form() {
        let label = carriers("team")[0].to_label("blue: first").unwrap();
        assert_eq!(name::label_value(&label), label);
    }
}
