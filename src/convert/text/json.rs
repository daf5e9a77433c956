//! A text → the JSON values in it, with the members that an object has twice.
//!
//! Of a member that stands twice the last counts, as for AWS's own tools. Comments, which JSON has not, are cut out on
//! request. Must not tell an error in a parser's words: it names the member before it, and what is wanted there.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::RefCell;
use std::fmt;

/// The values of a text, and the paths of members that stand twice.
///
/// # Errors
/// What is wrong, where, as the parser says it.
pub(super) fn values(text: &str) -> Result<(Vec<Value>, Vec<String>), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let twice = RefCell::new(Vec::new());
    let mut values = Vec::new();
    while deserializer.end().is_err() {
        values.push(Seed { place: Place::Top, twice: &twice }.deserialize(&mut deserializer)?);
    }
    Ok((values, twice.into_inner()))
}

/// What a parser says of a text, in words for the one who wrote it: the member before the place, if there is one, and
/// what is wrong.
pub(super) fn told(text: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    let wanted = WORDS.iter().find(|(beginning, _)| said.starts_with(beginning)).map(|(_, words)| *words);
    let place = format!("line {}, column {}", error.line(), error.column());
    let after = last_member(text, error.line(), error.column());
    let after = after.map(|name| format!(", after \"{name}\"")).unwrap_or_default();
    let template = if is_template(text) { "; it looks like a template: fill it in first" } else { "" };
    format!("{} at {place}{after}{template}", wanted.unwrap_or("there is something that JSON does not know"))
}

/// How a parser's words begin, and what they mean.
const WORDS: [(&str, &str); 9] = [
    ("EOF", "it ends before it is complete"),
    ("expected `,`", "a comma or a closing bracket is missing"),
    ("expected value", "a value is wanted"),
    ("key must be a string", "the name of a member in double quotes is wanted"),
    ("expected `:`", "a colon is wanted"),
    ("trailing comma", "there is a comma too many"),
    ("recursion limit", "it is nested too deeply"),
    ("control character", "there is a line break or a tab inside a text"),
    ("invalid escape", "there is a backslash that begins no escape"),
];

/// Whether a template engine would still have to fill a text in.
fn is_template(text: &str) -> bool {
    ["{{", "{%", "<%", "${"].iter().any(|mark| text.contains(mark))
}

/// The last name of a member before a place.
fn last_member(text: &str, line: usize, column: usize) -> Option<String> {
    let mut name = None;
    for (read, number) in text.lines().take(line).zip(1..) {
        let end = if number == line { column } else { usize::MAX };
        let mut parts = read.char_indices().take_while(|(at, _)| *at < end).map(|(_, c)| c);
        while parts.by_ref().any(|c| c == '"') {
            let quoted: String = parts.by_ref().take_while(|c| *c != '"').take(64).collect();
            if parts.clone().find(|c| !c.is_whitespace()) == Some(':') {
                name = Some(quoted);
            }
        }
    }
    name
}

/// The text without `// …` and `/* … */`, its lines as they were; none where it has none. Inside quotes everything
/// stays.
pub(super) fn uncommented(text: &str) -> Option<String> {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let (mut quoted, mut found) = (false, false);
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(_)) if quoted => {
                kept.push(letter);
                kept.extend(letters.next());
                continue;
            }
            ('"', _) => quoted = !quoted,
            ('/', Some('/')) if !quoted => {
                found = true;
                while letters.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            ('/', Some('*')) if !quoted => {
                found = true;
                letters.next();
                let mut last = ' ';
                for inside in letters.by_ref() {
                    if inside == '\n' {
                        kept.push('\n');
                    }
                    if (last, inside) == ('*', '/') {
                        break;
                    }
                    last = inside;
                }
                continue;
            }
            _ => {}
        }
        kept.push(letter);
    }
    found.then_some(kept)
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Top,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn path(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Member(whole, name) => super::super::note::member(&whole.path(), name),
            Self::Item(whole, index) => format!("{}[{index}]", whole.path()),
        }
    }
}

/// Reads one value.
struct Seed<'a> {
    place: Place<'a>,
    twice: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = {
            let place = Place::Item(&self.place, list.len());
            items.next_element_seed(Seed { place, twice: self.twice })?
        } {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let place = Place::Member(&self.place, &name);
            let value = members.next_value_seed(Seed { place, twice: self.twice })?;
            if object.contains_key(&name) {
                self.twice.borrow_mut().push(place.path());
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_member_that_stands_twice_the_last_counts_and_its_place_is_told() {
        let (values, twice) =
            values(r#"{"a": [{"b": 1, "b": 2}], "c": 1, "c": null} [1.5, -1, true]"#).unwrap();
        assert_eq!(values, [json!({"a": [{"b": 2}], "c": null}), json!([1.5, -1, true])]);
        assert_eq!(twice, ["a[0].b", "c"]);
    }

    #[test]
    fn comments_go_and_what_is_quoted_stays() {
        let text = "// top\n{\"a\": \"http://x/*y*/\", /* b\n c */ \"d\\\"//\": 1 // e\n}";
        let kept = uncommented(text).unwrap();
        assert_eq!(values(&kept).unwrap().0, [json!({"a": "http://x/*y*/", "d\"//": 1})]);
        assert_eq!(kept.lines().count(), text.lines().count());
        assert_eq!(uncommented("{\"a\": \"//\"}"), None);
    }

    #[test]
    fn an_error_names_the_member_before_it_and_never_a_parser() {
        for (text, words) in [
            ("{\"cpu\": <cpu>}", "a value is wanted at line 1, column 9, after \"cpu\""),
            (
                "{\"a\": 1\n \"b\": 2}",
                "a comma or a closing bracket is missing at line 2, column 2, after \"a\"",
            ),
            ("{\"a\": {\"b\": \"", "it ends before it is complete at line 1, column 13, after \"b\""),
            (
                "{\"a\": ${b}}",
                "a value is wanted at line 1, column 7, after \"a\"; it looks like a template: fill it in first",
            ),
        ] {
            assert_eq!(told(text, &values(text).unwrap_err()), words, "{text}");
        }
    }
}
