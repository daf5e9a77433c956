//! ECS's attributes as node labels: names to keys, values to values and back.

use crate::model::name;
use std::borrow::Cow;

/// ECS's attribute for the zone.
pub const ZONE: &str = "ecs.availability-zone";
/// ECS's attribute for the processor.
pub const ARCHITECTURE: &str = "ecs.cpu-architecture";
/// ECS's attribute for the operating system.
pub const OPERATING_SYSTEM: &str = "ecs.os-type";
/// Prefix of the labels that hold attributes without a label of Kubernetes' own.
pub const PREFIX: &str = "attribute.ecs.berth.dev/";
/// Label of a node's host name, one per node.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

const ARCHITECTURES: [(&str, &str); 1] = [("x86_64", "amd64")];

/// The node label that holds the attribute `name`.
///
/// A name that is a whole label key, as in `example.com/storage`, is that label itself.
pub fn key(name: &str) -> Cow<'_, str> {
    match name {
        ZONE => Cow::Borrowed("topology.kubernetes.io/zone"),
        "ecs.instance-type" => Cow::Borrowed("node.kubernetes.io/instance-type"),
        OPERATING_SYSTEM => Cow::Borrowed("kubernetes.io/os"),
        ARCHITECTURE => Cow::Borrowed("kubernetes.io/arch"),
        _ if is_label_key(name) => Cow::Borrowed(name),
        _ => Cow::Owned(format!("{PREFIX}{}", name::label_value(name))),
    }
}

/// The label value that stands for `value` of the attribute `name`.
pub fn to_label(name: &str, value: &str) -> String {
    let known = ARCHITECTURES.iter().find(|(ecs, _)| name == ARCHITECTURE && *ecs == value);
    known.map_or_else(|| name::label_value(value), |(_, label)| (*label).to_owned())
}

/// ECS's form of the label value `label` of the attribute `name`.
pub fn from_label<'a>(name: &str, label: &'a str) -> &'a str {
    let known = ARCHITECTURES.iter().find(|(_, known)| name == ARCHITECTURE && *known == label);
    known.map_or(label, |(ecs, _)| ecs)
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
        assert_eq!(to_label(ARCHITECTURE, "x86_64"), "amd64");
        assert_eq!(to_label(ARCHITECTURE, "arm64"), "arm64");
        assert_eq!(from_label(ARCHITECTURE, "amd64"), "x86_64");
        assert_eq!(to_label("stack", "x86_64"), "x86_64");
    }

    #[test]
    fn a_value_that_no_label_can_hold_has_a_legal_form() {
        let label = to_label("team", "blue: first");
        assert_eq!(name::label_value(&label), label);
    }
}
