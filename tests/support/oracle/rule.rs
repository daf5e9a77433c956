//! The part of the query language that scenarios use, as plain values: judged here, written as text for others.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Is(String, String),
    IsNot(String, String),
    In(String, Vec<String>),
    /// The value begins so, written as a pattern.
    Begins(String, String),
    Exists(String),
    /// The value is a number below this one.
    Below(String, i64),
    /// A task of this group runs on the instance.
    Together(String),
    Not(Box<Rule>),
    All(Vec<Rule>),
    Any(Vec<Rule>),
}

impl Rule {
    /// What is absent fails every comparison; so `IsNot` is not the opposite of `Is`, and `Not` of it is.
    pub fn holds(&self, attributes: &BTreeMap<String, String>, groups: &BTreeSet<&str>) -> bool {
        let value = |name: &String| attributes.get(name);
        match self {
            Self::Is(name, wanted) => value(name) == Some(wanted),
            Self::IsNot(name, other) => value(name).is_some_and(|value| value != other),
            Self::In(name, wanted) => value(name).is_some_and(|value| wanted.contains(value)),
            Self::Begins(name, start) => value(name).is_some_and(|value| value.starts_with(start)),
            Self::Exists(name) => value(name).is_some(),
            Self::Below(name, bound) => {
                value(name).and_then(|value| value.parse::<i64>().ok()).is_some_and(|value| value < *bound)
            }
            Self::Together(group) => groups.contains(group.as_str()),
            Self::Not(rule) => !rule.holds(attributes, groups),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(attributes, groups)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(attributes, groups)),
        }
    }

    /// The rule in ECS's language.
    pub fn text(&self) -> String {
        let join = |rules: &[Self], word: &str| {
            let parts: Vec<String> = rules.iter().map(|rule| format!("({})", rule.text())).collect();
            parts.join(word)
        };
        match self {
            Self::Is(name, value) => format!("attribute:{name} == {value}"),
            Self::IsNot(name, value) => format!("attribute:{name} != {value}"),
            Self::In(name, values) => format!("attribute:{name} in [{}]", values.join(", ")),
            Self::Begins(name, start) => format!("attribute:{name} =~ {}.*", start.replace('.', "\\.")),
            Self::Exists(name) => format!("attribute:{name} exists"),
            Self::Below(name, bound) => format!("attribute:{name} < {bound}"),
            Self::Together(group) => format!("task:group == {group}"),
            Self::Not(rule) => format!("not({})", rule.text()),
            Self::All(rules) => join(rules, " and "),
            Self::Any(rules) => join(rules, " or "),
        }
    }
}
