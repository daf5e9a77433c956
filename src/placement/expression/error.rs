//! Why a text is no query, with the place.

use std::ops::Range;

/// Why a text is no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct ParseError {
    /// The part that is wrong, in bytes; empty at the end of the text.
    pub span: Range<usize>,
    /// Where it begins, in characters, from 1.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl ParseError {
    pub(super) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let column = text.get(..span.start).map_or(0, |before| before.chars().count()) + 1;
        Self { span, column, message: message.into() }
    }

    /// The line of `text` that is wrong and, in a line below, carets under what is wrong in it.
    pub fn pointed(&self, text: &str) -> String {
        let start = text.get(..self.span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let before = text.get(start..self.span.start).unwrap_or_default();
        let wrong = text.get(self.span.clone()).and_then(|wrong| wrong.lines().next()).unwrap_or_default();
        // A tab below a tab is as wide as the one above.
        let blanks: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("{line}\n{blanks}{}", "^".repeat(wrong.chars().count().max(1)))
    }
}
