//! The cluster query language: text in, `model::expression::Expression` out, and back by `Display`.
//!
//! Precedence is `not`, then `and`, then `or`. What AWS leaves open is decided here and in the parts:
//! keywords may be in any case, quotes may be single or double and know no escapes, and a pattern may
//! hold balanced brackets without quotes.

mod check;
mod cursor;
mod error;
mod operator;
mod parser;
mod print;

use crate::model::expression::{Expression, Subject};
use cursor::Cursor;
pub use error::ParseError;

/// Most characters of a query, as in ECS.
pub const MAX_CHARACTERS: usize = 2000;
/// Most levels of parentheses and `not`s within one another.
pub const MAX_DEPTH: usize = 32;

/// A query's tree, or the first place where the text is no query.
///
/// # Errors
/// Where the text is no query, and what was expected there.
pub fn parse(text: &str) -> Result<Expression, ParseError> {
    counted(text).0
}

/// The tree, and how many characters were looked at for it: work that is bounded by the length of the text, as no
/// character is looked at more often than there are ways to go on.
pub fn counted(text: &str) -> (Result<Expression, ParseError>, usize) {
    if let Some((offset, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        let message = format!("longer than {MAX_CHARACTERS} characters");
        return (Err(ParseError::new(text, offset..text.len(), message)), 0);
    }
    let mut parser = parser::Parser::new(Cursor::new(text));
    let parsed = parser.whole();
    (parsed, parser.steps())
}

/// Whether a query asks for the tasks on nodes, not for the nodes alone.
pub fn asks_for_tasks(expression: &Expression) -> bool {
    match expression {
        Expression::Or(parts) | Expression::And(parts) => parts.iter().any(asks_for_tasks),
        Expression::Not(part) => asks_for_tasks(part),
        Expression::Test(subject, _) => matches!(subject, Subject::TaskGroup | Subject::RunningTasksCount),
    }
}

#[cfg(test)]
mod tests;
