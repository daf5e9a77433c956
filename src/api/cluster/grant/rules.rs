//! Rules of grants: what an administrator cannot mean.

use crate::api::rule::{Kind, Rule, add};
use schemars::Schema;

/// Adds the rules of a grant.
pub(super) fn grant(schema: &mut Schema) {
    add(schema, &GRANT);
}

/// Adds the rules of a role's mapping.
pub(super) fn role(schema: &mut Schema) {
    add(schema, &ROLE);
}

/// Adds the rules of a secret's mapping.
pub(super) fn secret(schema: &mut Schema) {
    add(schema, &SECRET);
}

/// Adds the rules of a store.
pub(super) fn store(schema: &mut Schema) {
    add(schema, &STORE);
}

/// Adds the rules of an environment file's mapping.
pub(super) fn environment_file(schema: &mut Schema) {
    add(schema, &ENVIRONMENT_FILE);
}

/// Adds the rules of a configuration file's mapping.
pub(super) fn config_file(schema: &mut Schema) {
    add(schema, &CONFIG_FILE);
}

/// Adds the rules of a volume's mapping.
pub(super) fn volume(schema: &mut Schema) {
    add(schema, &VOLUME);
}

/// Adds the rules of a registry's mapping.
pub(super) fn registry(schema: &mut Schema) {
    add(schema, &REGISTRY);
}

/// True when the member is no pattern, or one with a single `*` at its end.
macro_rules! ends_with_star {
    ($member:literal) => {
        concat!("!", $member, ".contains('*') || ", $member, ".indexOf('*') == ", $member, ".size() - 1")
    };
}

/// True when the member is absent or a name that Kubernetes gives objects.
macro_rules! object_name {
    ($member:literal) => {
        concat!(
            "or(",
            $member,
            ", '') == '' || ",
            $member,
            ".matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')"
        )
    };
}

const NAME: &str = "must be the name of an object: lower-case letters, digits, hyphens and dots";
const PATTERN: &str = "a * stands at the end only";
const KEY_RULE: &str = "or(self.key, '') == '' || self.key.matches('^[-._a-zA-Z0-9]+$')";
const KEY: &str = "a key has letters, digits, hyphens, underscores and dots";

const GRANT: [Rule; 2] = [
    Rule::new(
        "namespaces",
        "!given(self.namespaces) || self.namespaces.all(n, n.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$|^[a-z0-9-]*[*]$'))",
        "a namespace is a name, or the beginning of names followed by *",
    ),
    Rule::new(
        "hostPaths",
        "!given(self.hostPaths) || self.hostPaths.all(p, p.startsWith('/') && !p.contains('..') && (!p.contains('*') || p.endsWith('/*') && p.indexOf('*') == p.size() - 1))",
        "a path is absolute, without .., and a * stands only at its end, after a slash",
    ),
];

const ROLE: [Rule; 3] = [
    Rule::new("arn", ends_with_star!("self.arn"), PATTERN),
    Rule::new("serviceAccount", object_name!("self.serviceAccount"), NAME),
    Rule::new(
        "annotations",
        "or(self.serviceAccount, '') == '' || !given(self.annotations)",
        "a ServiceAccount that is there already has annotations of its own: give serviceAccount or annotations",
    )
    .of(Kind::Forbidden),
];

const SECRET: [Rule; 4] = [
    Rule::new("arn", ends_with_star!("self.arn"), PATTERN),
    Rule::new("secretName", object_name!("self.secretName"), NAME),
    Rule::new("key", KEY_RULE, "a key of a Secret has letters, digits, hyphens, underscores and dots"),
    Rule::new(
        "secretName",
        "or(self.secretName, '') == '' || !given(self.store) || !self.arn.contains('*')",
        "several secrets cannot be fetched into one Secret: leave secretName out, and each has its own",
    )
    .of(Kind::Forbidden),
];

const STORE: [Rule; 2] = [
    Rule::new("name", object_name!("self.name"), NAME),
    Rule::new(
        "refreshInterval",
        "or(self.refreshInterval, '') == '' || self.refreshInterval.matches('^([0-9]+(h|m|s))+$')",
        "refreshInterval is a time such as 1h or 10m; 0s fetches once",
    ),
];

const ENVIRONMENT_FILE: [Rule; 4] = [
    Rule::new("arn", ends_with_star!("self.arn"), PATTERN),
    Rule::new("configMapName", object_name!("self.configMapName"), NAME),
    Rule::new("secretName", object_name!("self.secretName"), NAME),
    Rule::new(
        "secretName",
        "or(self.configMapName, '') == '' || or(self.secretName, '') == ''",
        "a file is either a ConfigMap or a Secret",
    )
    .of(Kind::Forbidden),
];

const CONFIG_FILE: [Rule; 5] = [
    Rule::new("arn", ends_with_star!("self.arn"), PATTERN),
    Rule::new("configMapName", object_name!("self.configMapName"), NAME),
    Rule::new("secretName", object_name!("self.secretName"), NAME),
    Rule::new("key", KEY_RULE, KEY),
    Rule::new(
        "secretName",
        "or(self.configMapName, '') == '' || or(self.secretName, '') == ''",
        "a file is a key of either a ConfigMap or a Secret",
    )
    .of(Kind::Forbidden),
];

const VOLUME: [Rule; 4] = [
    Rule::new("source", ends_with_star!("self.source"), PATTERN),
    Rule::new("claimName", object_name!("self.claimName"), NAME),
    Rule::new("storageClass", object_name!("self.storageClass"), NAME),
    Rule::new(
        "storageClass",
        "or(self.claimName, '') == '' || or(self.storageClass, '') == ''",
        "a volume is either a claim or a new one per task: give claimName or storageClass",
    )
    .of(Kind::Forbidden),
];

const REGISTRY: [Rule; 2] = [
    Rule::new(
        "host",
        "self.host.matches('^[*]?[a-z0-9.-]+(:[0-9]{1,5})?$') || self.host.matches('^\\\\[[0-9a-f:]+\\\\](:[0-9]{1,5})?$') || self.host == '*'",
        "a host is written in lower case, without scheme and path, and a * stands at its beginning only",
    ),
    Rule::new("pullSecret", object_name!("self.pullSecret"), NAME),
];
