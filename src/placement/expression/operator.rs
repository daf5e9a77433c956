//! The operators of the language and their spellings.

use super::ParseError;
use super::cursor::Cursor;
use crate::model::expression::Test;

/// How a comparison is spelt; what it compares with comes after it.
#[derive(Clone, Copy)]
pub enum Operator {
    /// With one value, by equality.
    Equality(fn(String) -> Test),
    /// With one value, by order.
    Order(fn(String) -> Test),
    /// With a list of values.
    List(fn(Vec<String>) -> Test),
    /// With a pattern.
    Pattern(fn(String) -> Test),
    /// With nothing.
    Presence(fn() -> Test),
}

use Operator::{Equality, List, Order, Pattern, Presence};

/// Symbols; longer ones come before their beginnings.
const SYMBOLS: [(&str, Operator); 8] = [
    ("==", Equality(Test::Equals)),
    ("=~", Pattern(Test::Matches)),
    ("!=", Equality(Test::NotEquals)),
    ("!~", Pattern(Test::NotMatches)),
    (">=", Order(Test::GreaterOrEqual)),
    ("<=", Order(Test::LessOrEqual)),
    (">", Order(Test::Greater)),
    ("<", Order(Test::Less)),
];

const WORDS: [(&str, Operator); 12] = [
    ("equals", Equality(Test::Equals)),
    ("not_equals", Equality(Test::NotEquals)),
    ("matches", Pattern(Test::Matches)),
    ("not_matches", Pattern(Test::NotMatches)),
    ("greater_than_equal", Order(Test::GreaterOrEqual)),
    ("less_than_equal", Order(Test::LessOrEqual)),
    ("greater_than", Order(Test::Greater)),
    ("less_than", Order(Test::Less)),
    ("exists", Presence(|| Test::Exists)),
    ("not_exists", Presence(|| Test::NotExists)),
    ("in", List(Test::In)),
    ("not_in", List(Test::NotIn)),
];

/// Words that `!` turns round, right before them.
const NEGATED: [(&str, Operator); 2] = [("exists", Presence(|| Test::NotExists)), ("in", List(Test::NotIn))];

/// Steps over the operator that comes next.
pub fn operator(cursor: &mut Cursor<'_>) -> Result<Operator, ParseError> {
    for (symbol, operator) in SYMBOLS {
        if cursor.eat(symbol) {
            return Ok(operator);
        }
    }
    for (word, operator) in WORDS {
        if cursor.eat_word(word) {
            return Ok(operator);
        }
    }
    let span = cursor.glimpsed();
    let found = cursor.glimpse();
    if cursor.eat("!") && cursor.offset() == cursor.place() {
        for (word, operator) in NEGATED {
            if cursor.eat_word(word) {
                return Ok(operator);
            }
        }
    }
    let message = match found.as_str() {
        "`=`" => "write `==`".to_owned(),
        "`!`" => "write `!=`, `!~`, `!in` or `!exists`, without a blank in it".to_owned(),
        "`not`" => "write `!in` and `!exists`, or put `not` before the subject".to_owned(),
        "`~`" | "`like`" => "write `=~` for a pattern".to_owned(),
        _ => format!("expected an operator such as `==`, `!=`, `in`, `=~` or `exists`, found {found}"),
    };
    Err(cursor.error(span, message))
}
