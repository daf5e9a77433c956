//! The walk through a document, beside the table of its fields.

use super::{Fate, Field, Finding, Judgement, UnknownMember, nearest};
use serde_json::{Map, Value};

/// Findings of one sort beyond which a document is not read further.
const MOST: usize = 100;

/// Depth beyond which a value counts as saying something without being looked at.
const DEEPEST: usize = 32;

/// Members of other documents, and what to tell people who paste them.
pub(super) type Hints = &'static [(&'static str, &'static str)];

/// How a part of a document is walked.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    /// Members of other documents, at the top only.
    hints: Hints,
    /// Whether only unknown members are of interest, because all has been said about the whole.
    quiet: bool,
}

impl Walk {
    /// A walk that begins at a document's top.
    pub(super) const fn from_top(hints: Hints) -> Self {
        Self { hints, quiet: false }
    }

    /// What there is to say about a whole spec.
    pub(super) fn judge(self, spec: &Value, fields: &'static [Field]) -> Judgement {
        let mut judgement = Judgement::default();
        self.value(spec, fields, "spec", &mut judgement);
        judgement.refused.truncate(MOST);
        judgement
    }

    fn value(self, value: &Value, fields: &'static [Field], path: &str, judgement: &mut Judgement) {
        match value {
            Value::Object(object) => self.object(object, fields, path, judgement),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let Value::Object(object) = item else { continue };
                    if judgement.unknown.len() < MOST {
                        self.object(object, fields, &format!("{path}[{index}]"), judgement);
                    }
                }
            }
            _ => {}
        }
    }

    fn object(
        self,
        object: &Map<String, Value>,
        fields: &'static [Field],
        path: &str,
        judgement: &mut Judgement,
    ) {
        for (name, value) in object {
            let path = format!("{path}.{}", printable(name));
            if let Some(field) = fields.iter().find(|field| field.name == name) {
                self.member(field, value, path, judgement);
                continue;
            }
            if value.is_null() || judgement.unknown.len() >= MOST {
                continue;
            }
            if let Some((_, reason)) = self.hints.iter().find(|(hint, _)| hint == name) {
                judgement.refused.push(Finding { path, reason });
            } else {
                judgement.unknown.push(UnknownMember { path, nearest: nearest::nearest(name, fields) });
            }
        }
    }

    fn member(self, field: &'static Field, value: &Value, path: String, judgement: &mut Judgement) {
        let exception = field.exceptions.iter().find(|exception| (exception.holds)(value));
        let fate = exception.map_or(field.fate, |exception| exception.fate);
        let says_something = !self.quiet && says_something(value, DEEPEST);
        let inside = match fate {
            Fate::WithoutEffect(reason) => {
                if says_something && judgement.without_effect.len() < MOST {
                    judgement.without_effect.push(Finding { path: path.clone(), reason });
                }
                Self { hints: &[], quiet: true }
            }
            Fate::Refused(reason) => {
                if says_something && judgement.refused.len() < MOST {
                    judgement.refused.push(Finding { path: path.clone(), reason });
                }
                Self { hints: &[], quiet: true }
            }
            Fate::Mapped(_) | Fate::AsWhole => Self { hints: &[], quiet: self.quiet },
        };
        if !field.members.is_empty() {
            inside.value(value, field.members, &path, judgement);
        }
    }
}

/// A member's name as it may stand in a message: short and without control characters.
fn printable(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Whether a value asks for anything.
fn says_something(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ if depth == 0 => true,
        Value::Array(items) => items.iter().any(|item| says_something(item, depth - 1)),
        Value::Object(object) => {
            !is_off(object) && object.values().any(|value| says_something(value, depth - 1))
        }
    }
}

/// Whether an object is something that is switched off.
fn is_off(object: &Map<String, Value>) -> bool {
    ["enable", "enabled"].iter().any(|switch| object.get(*switch) == Some(&Value::Bool(false)))
}
