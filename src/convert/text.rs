//! A text → the JSON values in it, a template's short forms (`!Ref Web`) in their long form (`{"Ref": "Web"}`).

mod json;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Tagged;
use std::fmt;

/// The documents of a text, and what there is to say about its form.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents.
    pub values: Vec<Value>,
    /// What was passed over: where, and what.
    pub notes: Vec<(String, String)>,
}

/// The documents of a text. JSON is read as JSON: YAML takes no tabs, and takes comments of other languages for text.
///
/// # Errors
/// What is wrong with it as YAML, or as JSON if it looks like JSON.
pub(super) fn documents(text: &str) -> Result<Documents, String> {
    let text = text.trim_start_matches('\u{feff}');
    let error = match json::values(text) {
        Ok((values, twice)) => return Ok(Documents { values, notes: repeated(twice) }),
        Err(error) => error,
    };
    let bare = json::uncommented(text).filter(|bare| is_like_json(bare));
    let error = match bare.as_deref().map(json::values) {
        Some(Ok((values, twice))) => {
            return Ok(Documents { values, notes: [vec![commented()], repeated(twice)].concat() });
        }
        Some(Err(error)) => error,
        None => error,
    };
    let read = bare.as_deref().unwrap_or(text);
    let nodes: Result<Vec<Tagged<Node>>, _> = serde_saphyr::from_multiple_with_options(read, options());
    match nodes {
        Ok(nodes) => {
            let notes = bare.iter().map(|_| commented()).collect();
            Ok(Documents { values: nodes.into_iter().map(untag).collect(), notes })
        }
        Err(_) if is_like_json(read) => Err(json::told(read, &error)),
        Err(error) => {
            let told = error.to_string();
            let told = told.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Err(told.replace(", set DuplicateKeyPolicy in Options if acceptable", ""))
        }
    }
}

/// Whether a text that is no JSON was meant to be.
fn is_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn commented() -> (String, String) {
    (String::new(), "comments are left out".to_owned())
}

fn repeated(twice: Vec<String>) -> Vec<(String, String)> {
    let text = "stands twice in its object: the last counts, as for AWS's own tools";
    twice.into_iter().map(|path| (path, text.to_owned())).collect()
}

/// What might be a number or a word that means yes stays text: [`super::shape`] knows what is wanted.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// A function of CloudFormation in its long form; a value with any other tag is the value.
fn untag(tagged: Tagged<Node>) -> Value {
    let Tagged(Node(value), tag) = tagged;
    let name = match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
        None | Some("") => return value,
        Some(name @ ("Ref" | "Condition")) => name.to_owned(),
        Some(name) => format!("Fn::{name}"),
    };
    Value::Object(Map::from_iter([(name, value)]))
}

/// A value, and the tags of all that is in it applied.
struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        Ok(Node(value.to_string().into()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        Ok(Node(value.to_string().into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node(value.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Tagged<Node>>()? {
            list.push(untag(item));
        }
        Ok(Node(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut object = Map::new();
        while let Some(Node(name)) = members.next_key::<Node>()? {
            let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
            object.insert(name, untag(members.next_value::<Tagged<Node>>()?));
        }
        Ok(Node(Value::Object(object)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Value {
        documents(text).unwrap().values.pop().unwrap()
    }

    #[test]
    fn short_forms_of_functions_become_long_ones() {
        let read = one(
            "a: !Ref Web\nb: !GetAtt Role.Arn\nc: !Sub\n  - '${x}-y'\n  - {x: !Ref Y}\nd: [!If [P, !Ref A, 1]]\n",
        );
        assert_eq!(
            read,
            json!({
                "a": {"Ref": "Web"},
                "b": {"Fn::GetAtt": "Role.Arn"},
                "c": {"Fn::Sub": ["${x}-y", {"x": {"Ref": "Y"}}]},
                "d": [{"Fn::If": ["P", {"Ref": "A"}, 1]}],
            })
        );
        assert_eq!(
            one("Conditions:\n  A: !And [!Condition B, !Equals [1, '1']]\n")["Conditions"]["A"],
            json!({"Fn::And": [{"Condition": "B"}, {"Fn::Equals": [1, "1"]}]})
        );
    }

    #[test]
    fn what_looks_like_a_number_or_a_word_stays_what_it_is() {
        let read = one("a: 2012-10-17\nb: '80'\nc: 80\nd: true\ne:\n80: x\nf: 1.5\ng: 012345678901\nh: y\n");
        assert_eq!(
            read,
            json!({"a": "2012-10-17", "b": "80", "c": 80, "d": true, "e": null, "80": "x", "f": 1.5, "g": "012345678901", "h": "y"})
        );
    }

    #[test]
    fn several_documents_of_either_form_are_read_and_what_is_neither_is_told() {
        assert_eq!(documents("{\"a\":\t1}\n{\"b\": 2}").unwrap().values, [json!({"a": 1}), json!({"b": 2})]);
        assert_eq!(documents("a: 1\n---\nb: 2\n").unwrap().values, [json!({"a": 1}), json!({"b": 2})]);
        assert!(documents("{\"a\": <%= @b %>, <% if c %> \"d\": 1 ]").unwrap_err().contains("line 1"));
    }

    #[test]
    fn comments_and_members_that_stand_twice_are_told() {
        let read = documents("// x\n{\"a\": \"//\", \"b\": 1, \"b\": 2, /* y */}").unwrap_err();
        assert!(read.contains("after"), "{read}");
        let read = documents("// x\n{\"a\": \"//\", \"b\": 1, \"b\": 2}").unwrap();
        assert_eq!(read.values, [json!({"a": "//", "b": 2})]);
        let told: Vec<&str> = read.notes.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(told, ["", "b"]);
        let read = documents("{\"a\": 1, // x\n \"b\": [1,],}").unwrap();
        assert_eq!((read.values, read.notes.len()), (vec![json!({"a": 1, "b": [1]})], 1));
        let error = documents("a: 1\na: 2\n").unwrap_err();
        assert!(error.starts_with("duplicate mapping key: a") && !error.contains("Policy"), "{error}");
    }
}
