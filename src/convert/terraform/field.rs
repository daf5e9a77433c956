//! Attributes of a Terraform resource → members of the document that the provider would send.
//!
//! Terraform's AWS provider has a flat spelling of its own: `snake_case`, blocks as lists even where there can be but
//! one, tags as a map, and zero values for what nobody wrote. A table of [`Field`]s undoes that.

use serde_json::{Map, Number, Value};

/// One attribute and the member it becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The attribute.
    pub from: &'static str,
    /// The member, dotted where it lies deeper; empty if its members belong to the object around it.
    pub to: &'static str,
    /// How the value changes.
    pub form: Form,
}

/// How a value changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// Not at all.
    Same,
    /// A text or number is written as text.
    Text,
    /// A text or number is written as a number; zero means that nobody wrote it.
    Number,
    /// A truth is written `ENABLED` or `DISABLED`.
    Switch,
    /// A text that holds JSON is read.
    Json,
    /// A block that occurs at most once becomes an object.
    One(&'static [Field]),
    /// Blocks become a list of objects.
    Many(&'static [Field]),
    /// A map becomes a list of objects with these two members.
    Pairs(&'static str, &'static str),
    /// Terraform's own: it means nothing to the service.
    Own,
}

/// An attribute that keeps its value.
pub(super) const fn same(from: &'static str, to: &'static str) -> Field {
    Field { from, to, form: Form::Same }
}

/// An attribute that becomes a number.
pub(super) const fn number(from: &'static str, to: &'static str) -> Field {
    Field { from, to, form: Form::Number }
}

/// A block that occurs at most once.
pub(super) const fn one(from: &'static str, to: &'static str, members: &'static [Field]) -> Field {
    Field { from, to, form: Form::One(members) }
}

/// Blocks.
pub(super) const fn many(from: &'static str, to: &'static str, members: &'static [Field]) -> Field {
    Field { from, to, form: Form::Many(members) }
}

/// An attribute in another form.
pub(super) const fn form(from: &'static str, to: &'static str, form: Form) -> Field {
    Field { from, to, form }
}

/// An attribute that only Terraform understands.
pub(super) const fn own(from: &'static str) -> Field {
    Field { from, to: "", form: Form::Own }
}

/// What came of a resource's attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The document.
    pub document: Map<String, Value>,
    /// Attributes that have no place in it, or whose value cannot be read: path and reason.
    pub notes: Vec<(String, String)>,
}

impl Written {
    /// Reads `values` by `fields`.
    pub(super) fn by(fields: &[Field], values: &Map<String, Value>) -> Self {
        let mut written = Self::default();
        written.document = written.object(fields, values, "");
        written
    }

    fn object(&mut self, fields: &[Field], values: &Map<String, Value>, path: &str) -> Map<String, Value> {
        let mut object = Map::new();
        for (name, value) in values.iter().filter(|(_, value)| !says_nothing(value)) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let Some(field) = fields.iter().find(|field| field.from == name) else {
                self.notes.push((path, "has no member in the service's own document: left out".to_owned()));
                continue;
            };
            if let Some(value) = self.value(field.form, value, &path) {
                put(&mut object, field.to, value);
            }
        }
        object
    }

    fn value(&mut self, form: Form, value: &Value, path: &str) -> Option<Value> {
        match form {
            Form::Own => None,
            Form::Same => Some(value.clone()),
            Form::Text => Some(Value::String(text(value)?)),
            Form::Number => number_of(value),
            Form::Switch => Some(if value == true { "ENABLED".into() } else { "DISABLED".into() }),
            Form::Json => match serde_json::from_str(value.as_str()?) {
                Ok(read) => Some(read),
                Err(error) => {
                    self.notes.push((path.to_owned(), format!("is no JSON: {error}: left out")));
                    None
                }
            },
            Form::One(fields) => {
                let blocks = blocks(value);
                let block = *blocks.first()?;
                Some(Value::Object(self.object(fields, block, path)))
            }
            Form::Many(fields) => {
                let blocks = blocks(value);
                let objects = blocks.iter().enumerate().map(|(index, block)| {
                    Value::Object(self.object(fields, block, &format!("{path}[{index}]")))
                });
                Some(Value::Array(objects.collect()))
            }
            Form::Pairs(key, member) => {
                let pairs = value.as_object()?.iter().map(|(name, value)| {
                    let value = Value::String(text(value).unwrap_or_default());
                    Value::Object(Map::from_iter([
                        (key.to_owned(), name.clone().into()),
                        (member.to_owned(), value),
                    ]))
                });
                Some(Value::Array(pairs.collect()))
            }
        }
    }
}

/// Whether nobody wrote the attribute: the provider fills what is absent with empty values.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Puts a value where the dotted path says; an object without a place of its own joins the one around it.
fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match (path.split_once('.'), value) {
        (Some((first, rest)), value) => {
            let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
        (None, Value::Object(members)) => match (path, object.get_mut(path)) {
            ("", _) => members.into_iter().for_each(|(name, value)| put(object, &name, value)),
            // `deployment_maximum_percent` and `deployment_configuration` write into one object.
            (_, Some(Value::Object(present))) => present.extend(members),
            _ => {
                object.insert(path.to_owned(), Value::Object(members));
            }
        },
        (None, value) => {
            object.insert(path.to_owned(), value);
        }
    }
}

/// The blocks of an attribute: a list of objects, or a single object as newer resources write it.
fn blocks(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        Value::Object(block) => vec![block],
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn number_of(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Number(number) => number.clone(),
        Value::String(text) => text.parse::<i64>().map(Number::from).ok()?,
        _ => return None,
    };
    (number.as_f64() != Some(0.0)).then_some(Value::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: &[Field] = &[
        same("name", "serviceName"),
        number("port", "port"),
        form("cpu", "cpu", Form::Text),
        own("id"),
        form("tags", "tags", Form::Pairs("key", "value")),
        number("maximum", "deploymentConfiguration.maximumPercent"),
        one("deployment", "deploymentConfiguration", &[same("strategy", "strategy")]),
        one("network", "network.awsvpc", &[form("public", "assignPublicIp", Form::Switch)]),
        many("volume", "volumes", &[same("host_path", "host.sourcePath")]),
    ];

    fn written(values: Value) -> Written {
        Written::by(FIELDS, values.as_object().unwrap())
    }

    #[test]
    fn blocks_maps_and_flat_attributes_become_members() {
        let written = written(json!({
            "name": "web", "id": "x", "cpu": 256, "port": 0, "tags": {"a": "b"}, "maximum": 150,
            "deployment": [{"strategy": "ROLLING"}], "network": [{"public": true}], "volume": [{"host_path": "/a"}, {"host_path": ""}]
        }));
        let expected = json!({
            "serviceName": "web", "cpu": "256", "tags": [{"key": "a", "value": "b"}],
            "deploymentConfiguration": {"maximumPercent": 150, "strategy": "ROLLING"},
            "network": {"awsvpc": {"assignPublicIp": "ENABLED"}},
            "volumes": [{"host": {"sourcePath": "/a"}}, {}]
        });
        assert_eq!(Value::Object(written.document), expected);
        assert_eq!(written.notes, []);
    }

    #[test]
    fn an_attribute_that_has_no_place_is_told_with_its_path() {
        let written = written(json!({"volume": [{"color": "red", "shape": null}]}));
        let told: Vec<&str> = written.notes.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(told, ["volume[0].color"]);
    }
}
