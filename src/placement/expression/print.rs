//! `Display` for queries: the text that `parse` reads back as the same tree.

use crate::model::expression::{Expression, Subject, Test};
use std::fmt::{Display, Formatter, Result};

impl Display for Expression {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(parts) => join(formatter, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => {
                join(formatter, parts, " and ", |part| matches!(part, Self::Or(_) | Self::And(_)))
            }
            Self::Not(part) => write!(formatter, "not({part})"),
            Self::Test(subject, test) => write!(formatter, "{subject} {test}"),
        }
    }
}

fn join(
    formatter: &mut Formatter<'_>,
    parts: &[Expression],
    word: &str,
    needs_parentheses: fn(&Expression) -> bool,
) -> Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(word)?;
        }
        if needs_parentheses(part) { write!(formatter, "({part})")? } else { write!(formatter, "{part}")? }
    }
    Ok(())
}

impl Display for Subject {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Attribute(name) => write!(formatter, "attribute:{name}"),
            Self::AgentConnected => formatter.write_str("agentConnected"),
            Self::AgentVersion => formatter.write_str("agentVersion"),
            Self::Ec2InstanceId => formatter.write_str("ec2InstanceId"),
            Self::RegisteredAt => formatter.write_str("registeredAt"),
            Self::RunningTasksCount => formatter.write_str("runningTasksCount"),
            Self::TaskGroup => formatter.write_str("task:group"),
        }
    }
}

impl Display for Test {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        match self {
            Self::Equals(value) => write!(formatter, "== {}", Literal(value)),
            Self::NotEquals(value) => write!(formatter, "!= {}", Literal(value)),
            Self::Greater(value) => write!(formatter, "> {}", Literal(value)),
            Self::GreaterOrEqual(value) => write!(formatter, ">= {}", Literal(value)),
            Self::Less(value) => write!(formatter, "< {}", Literal(value)),
            Self::LessOrEqual(value) => write!(formatter, "<= {}", Literal(value)),
            Self::Exists => formatter.write_str("exists"),
            Self::NotExists => formatter.write_str("!exists"),
            Self::In(values) => write!(formatter, "in {}", List(values)),
            Self::NotIn(values) => write!(formatter, "!in {}", List(values)),
            Self::Matches(pattern) => write!(formatter, "=~ {}", Literal(pattern)),
            Self::NotMatches(pattern) => write!(formatter, "!~ {}", Literal(pattern)),
        }
    }
}

struct Literal<'a>(&'a str);

impl Display for Literal<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./\\@:+*?^".contains(c);
        match self.0 {
            text if !text.is_empty() && text.chars().all(plain) => formatter.write_str(text),
            text if text.contains('\'') => write!(formatter, "\"{text}\""),
            text => write!(formatter, "'{text}'"),
        }
    }
}

struct List<'a>(&'a [String]);

impl Display for List<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str("[")?;
        for (index, value) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(formatter, "{comma}{}", Literal(value))?;
        }
        formatter.write_str("]")
    }
}
