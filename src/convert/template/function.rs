//! The functions of CloudFormation, as far as they need nothing from AWS.

use super::Evaluation;
use serde_json::{Map, Value};

/// The function that an object calls, with its argument.
pub(super) fn of(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = object.iter().next().filter(|_| object.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

impl<'a> Evaluation<'a> {
    pub(super) fn call(&mut self, name: &str, argument: &'a Value, path: &str) -> Option<Value> {
        match name {
            "Ref" => match argument.as_str() {
                Some("AWS::NoValue") => None,
                Some(name) => self.reference(name, path),
                None => self.open("Ref", path, "is a Ref to no name"),
            },
            "Fn::GetAtt" => self.get_att(argument, path),
            "Fn::Sub" => self.sub(argument, path),
            "Fn::Join" => self.join(argument, path),
            "Fn::Select" => self.select(argument, path),
            "Fn::Split" => self.split(argument, path),
            "Fn::FindInMap" => self.find_in_map(argument, path),
            "Fn::If" => self.choose(argument, path),
            "Fn::ImportValue" => {
                let name = self.value(argument, path).as_ref().map(text)?;
                match self.given.get(&name) {
                    Some(value) => Some(value.as_str().into()),
                    None => self.missing(&name, path),
                }
            }
            "Fn::Length" => match self.value(argument, path) {
                Some(Value::Array(items)) => Some(items.len().into()),
                _ => self.open(name, path, "needs a list"),
            },
            "Fn::ToJsonString" => self.value(argument, path).map(|value| value.to_string().into()),
            _ => self.open(name, path, "is not evaluated here: write its value instead"),
        }
    }

    fn get_att(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let named = match argument {
            Value::String(name) => name.clone(),
            Value::Array(parts) => {
                let parts: Vec<String> =
                    parts.iter().filter_map(|part| self.value(part, path)).map(|part| text(&part)).collect();
                parts.join(".")
            }
            _ => return self.open("Fn::GetAtt", path, "names no attribute"),
        };
        self.attribute(&named, path)
    }

    fn sub(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern.as_str(), None),
            Value::Array(parts) => (
                parts.first().and_then(Value::as_str).unwrap_or_default(),
                parts.get(1).and_then(Value::as_object),
            ),
            _ => return self.open("Fn::Sub", path, "has no text"),
        };
        let mut written = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            written.push_str(before);
            written.push_str(&self.substitute(name.trim(), own, path));
            rest = after;
        }
        written.push_str(rest);
        Some(written.into())
    }

    /// What stands for `${name}` in a text.
    fn substitute(&mut self, name: &str, own: Option<&'a Map<String, Value>>, path: &str) -> String {
        if let Some(literal) = name.strip_prefix('!') {
            return format!("${{{literal}}}");
        }
        let value = match own.and_then(|own| own.get(name)) {
            Some(value) => self.value(value, path),
            None if name == "AWS::NoValue" => None,
            None if name.contains('.') => self.attribute(name, path),
            None => self.reference(name, path),
        };
        value.as_ref().map(text).unwrap_or_default()
    }

    fn join(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let separator = argument.get(0).and_then(Value::as_str).unwrap_or_default();
        match argument.get(1).and_then(|list| self.value(list, path)) {
            Some(Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(text).collect();
                Some(items.join(separator).into())
            }
            Some(open) => Some(text(&open).into()),
            None => self.open("Fn::Join", path, "has no list"),
        }
    }

    fn select(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let index = argument.get(0).and_then(|index| self.value(index, path));
        let index = index.and_then(|index| text(&index).parse::<usize>().ok());
        match (index, argument.get(1).and_then(|list| self.value(list, path))) {
            (Some(index), Some(Value::Array(items))) if index < items.len() => items.get(index).cloned(),
            // What is open already was told.
            (Some(_), Some(Value::String(open))) if open.contains("${") => Some(open.into()),
            _ => self.open("Fn::Select", path, "selects nothing"),
        }
    }

    fn split(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let separator = argument.get(0).and_then(Value::as_str).filter(|separator| !separator.is_empty());
        match (separator, argument.get(1).and_then(|whole| self.value(whole, path))) {
            (Some(_), Some(Value::String(open))) if open.starts_with("${") && open.ends_with('}') => {
                Some(open.into())
            }
            (Some(separator), Some(Value::String(whole))) => {
                Some(whole.split(separator).map(Value::from).collect())
            }
            _ => self.open("Fn::Split", path, "has nothing to split"),
        }
    }

    fn find_in_map(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let parts: Vec<String> = argument
            .as_array()
            .into_iter()
            .flatten()
            .take(3)
            .filter_map(|part| self.value(part, path))
            .map(|part| text(&part))
            .collect();
        let found = parts.iter().try_fold(None, |at: Option<&'a Value>, part| {
            let next = match at {
                None => self.mappings.get(part.as_str()),
                Some(at) => at.get(part.as_str()),
            };
            next.map(Some)
        });
        let default = argument.get(3).and_then(|options| options.get("DefaultValue"));
        match found.flatten().filter(|_| parts.len() == 3).or(default) {
            Some(value) => self.value(value, path),
            None => self.missing(&parts.join("."), path),
        }
    }

    fn choose(&mut self, argument: &'a Value, path: &str) -> Option<Value> {
        let name = argument.get(0).and_then(Value::as_str).unwrap_or_default();
        let holds = self.condition(name, path).unwrap_or(true);
        match argument.get(if holds { 1 } else { 2 }) {
            Some(branch) => self.value(branch, path),
            None => self.open("Fn::If", path, "has no value for this case"),
        }
    }
}

/// A value as it stands within a text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
