//! Rules that the API server evaluates when an object is written, as tables of CEL expressions.
//!
//! Two words are added to CEL, because every member may be absent or `null`: `given(PATH)` is true when the member
//! says something, `or(PATH, VALUE)` is the member or, when it says nothing, the value. Where a rule needs a name for
//! an intermediate value it uses `[value].all(name, …)`.

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
        Self { path, rule, message, names: None, kind: Kind::Invalid }
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
        if !self.path.is_empty() {
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
    let rules: Vec<Value> = rules.iter().map(Rule::json).collect();
    schema.insert("x-kubernetes-validations".into(), Value::Array(rules));
}

/// CEL proper for an expression with our two words.
fn expand(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() * 2);
    let mut rest = expression;
    while let Some(at) = rest.find("given(").into_iter().chain(find_or(rest)).min() {
        let (before, word) = rest.split_at(at);
        out.push_str(before);
        let Some((call, after)) = word.split_once(')') else { break };
        if let Some(path) = call.strip_prefix("given(") {
            out.push_str(&format!("(has({path}) && dyn({path}) != null)"));
        } else if let Some((path, value)) = call.strip_prefix("or(").and_then(|call| call.split_once(", ")) {
            out.push_str(&format!("(has({path}) && dyn({path}) != null ? {path} : {value})"));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where our word `or(` begins, not the end of another word.
fn find_or(text: &str) -> Option<usize> {
    text.match_indices("or(").map(|(at, _)| at).find(|at| {
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
            expand("!given(self.a) || or(self.b, 1) > floor(2)"),
            "!(has(self.a) && dyn(self.a) != null) || (has(self.b) && dyn(self.b) != null ? self.b : 1) > floor(2)"
        );
    }
}
