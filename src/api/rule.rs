//! Rules that the API server evaluates when an object is written, as tables of CEL expressions.
//!
//! Three words are added to CEL, because every member may be absent or `null`: `given(PATH)` is true when the member
//! says something, `is(PATH, VALUE)` when it says this, and `or(PATH, VALUE)` is the member or, when it says nothing,
//! the value. Where a rule needs a name for an intermediate value it uses `[value].all(name, …)`.
//!
//! The API server evaluates every rule at every write, of the status too, and each look at a member of an object costs
//! it as much as the object has members. So what concerns one member alone stands there ([`Rule::member`]).

use kube::core::{Message, Reason, Rule as KubeRule};
use schemars::Schema;
use serde_json::{Value, json};

/// A rule that the API server evaluates when an object is written.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The member to blame, relative to where the rule stands; empty for the place itself.
    pub path: &'static str,
    /// CEL expression; true when the object is fine.
    pub rule: &'static str,
    /// What the user reads when it is not; ECS's own words where they are known.
    pub message: &'static str,
    /// CEL expression for a message that names what is wrong; `message` stands in when it fails.
    pub names: Option<&'static str>,
    /// How API machinery classifies the error.
    pub kind: Kind,
    /// Whether the rule stands at the member, and is evaluated only when that says something.
    pub at_member: bool,
}

/// How API machinery classifies a violated rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The value can never be right.
    Invalid,
    /// The value is right elsewhere, not beside the others.
    Forbidden,
    /// Something is missing. (There is no kind for duplicates: API machinery leaves out their message.)
    Required,
}

impl Rule {
    /// A rule whose violation makes `path` an invalid value.
    pub const fn new(path: &'static str, rule: &'static str, message: &'static str) -> Self {
        Self { path, rule, message, names: None, kind: Kind::Invalid, at_member: false }
    }

    /// A rule about the member at `path` alone, which is `self` there; it holds when the member is absent or `null`.
    pub const fn member(path: &'static str, rule: &'static str, message: &'static str) -> Self {
        Self { at_member: true, ..Self::new(path, rule, message) }
    }

    /// The same rule with another classification.
    pub const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same rule with a message that names what is wrong.
    pub const fn naming(self, names: &'static str) -> Self {
        Self { names: Some(names), ..self }
    }

    const fn reason(&self) -> &'static str {
        match self.kind {
            Kind::Invalid => "FieldValueInvalid",
            Kind::Forbidden => "FieldValueForbidden",
            Kind::Required => "FieldValueRequired",
        }
    }

    fn json(&self) -> Value {
        let mut rule = json!({"rule": expand(self.rule), "message": self.message, "reason": self.reason()});
        let Some(object) = rule.as_object_mut() else { return rule };
        if !self.path.is_empty() && !self.at_member {
            object.insert("fieldPath".into(), format!(".{}", self.path).into());
        }
        if let Some(names) = self.names {
            object.insert("messageExpression".into(), expand(names).into());
        }
        rule
    }
}

impl From<&Rule> for KubeRule {
    fn from(rule: &Rule) -> Self {
        Self {
            rule: expand(rule.rule),
            message: Some(Message::Message(rule.message.into())),
            field_path: Some(format!(".{}", rule.path)),
            reason: Some(match rule.kind {
                Kind::Invalid => Reason::FieldValueInvalid,
                Kind::Forbidden => Reason::FieldValueForbidden,
                Kind::Required => Reason::FieldValueRequired,
            }),
            optional_old_self: None,
        }
    }
}

/// Adds `rules` to an object's schema.
pub fn add(schema: &mut Schema, rules: &[Rule]) {
    let (members, own): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(|rule| rule.at_member);
    let own: Vec<Value> = own.into_iter().map(Rule::json).collect();
    schema.insert(VALIDATIONS.into(), Value::Array(own));
    for rule in members {
        let member = schema.get_mut("properties").and_then(|all| all.get_mut(rule.path));
        let Some(member) = member.and_then(Value::as_object_mut) else { continue };
        if let Some(rules) = member.entry(VALIDATIONS).or_insert_with(|| json!([])).as_array_mut() {
            rules.push(rule.json());
        }
    }
}

const VALIDATIONS: &str = "x-kubernetes-validations";

/// CEL proper for an expression with our words.
fn expand(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() * 2);
    let mut rest = expression;
    while let Some((at, word)) = WORDS.iter().filter_map(|word| Some((find(rest, word)?, word))).min() {
        let (before, call) = rest.split_at(at);
        out.push_str(before);
        let Some((call, after)) = call.split_once(')') else { break };
        let call = call.strip_prefix(word).unwrap_or_default();
        let (path, value) = call.split_once(", ").unwrap_or((call, ""));
        out.push_str(&match *word {
            "is(" => format!("(has({path}) && dyn({path}) == {value})"),
            "or(" => format!("(has({path}) && dyn({path}) != null ? {path} : {value})"),
            _ => format!("(has({path}) && dyn({path}) != null)"),
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

const WORDS: [&str; 3] = ["given(", "is(", "or("];

/// Where `word` begins, not the end of another word.
fn find(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        !text
            .get(..*at)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_alphanumeric() || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn our_words_become_cel() {
        assert_eq!(
            expand("!given(self.a) || or(self.b, 1) > floor(2) || is(self.c, 'd') || this(self)"),
            "!(has(self.a) && dyn(self.a) != null) || (has(self.b) && dyn(self.b) != null ? self.b : 1) > floor(2) \
             || (has(self.c) && dyn(self.c) == 'd') || this(self)"
        );
    }
}
