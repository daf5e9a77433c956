//! The cluster query language: text in, `model::expression::Expression` out, and back by `Display`.
//!
//! Precedence is `not`, then `and`, then `or`. What AWS leaves open is decided here and in the parts:
//! keywords may be in any case, quotes may be single or double and know no escapes, and a pattern may
//! hold balanced brackets without quotes.

mod check;
mod cursor;
mod parser;
mod print;

use crate::model::expression::Expression;
use cursor::Cursor;

/// Most characters of a query, as in ECS.
pub const MAX_CHARACTERS: usize = 2000;
/// Most levels of parentheses and `not`s within one another.
pub const MAX_DEPTH: usize = 32;

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct ParseError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// Where, in characters, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl ParseError {
    fn new(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let column = text.get(..offset).map_or(0, |before| before.chars().count()) + 1;
        Self { offset, column, message: message.into() }
    }
}

/// A query's tree, or the first place where the text is no query.
pub fn parse(text: &str) -> Result<Expression, ParseError> {
    if let Some((offset, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        return Err(ParseError::new(text, offset, format!("longer than {MAX_CHARACTERS} characters")));
    }
    parser::Parser::new(Cursor::new(text)).whole()
}

#[cfg(test)]
mod tests;
