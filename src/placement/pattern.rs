//! A pattern of a query: text in, a matcher over whole values out.
//!
//! ECS documents Java's regular expressions, and its examples only make sense as matches of the whole value.
//! Java's syntax is translated, as some of it means something else to the engine that matches: the engine needs time
//! that grows with the value's length only, whatever the pattern. What it cannot do in such time (look-around,
//! back-references, possessive quantifiers, atomic groups) is refused.

mod java;
mod reader;
mod set;

use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;

/// Most characters of a pattern: a whole query has no more.
pub const MAX_CHARACTERS: usize = 2000;
/// Bytes that one pattern may take once it is compiled: bounds like `{1000}` multiply what they are about.
const MAX_COMPILED_BYTES: usize = 256 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Why a text is no pattern, or none that is matched here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// The part of the pattern that is wrong, in bytes.
    pub span: Range<usize>,
    /// What is wrong and, where there is something, what to write instead.
    pub message: String,
}

impl PatternError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

impl Pattern {
    /// The matcher for `text`.
    ///
    /// # Errors
    /// Which part of the text is none of Java's syntax, or is not matched here.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            let message = format!("a pattern has at most {MAX_CHARACTERS} characters");
            return Err(PatternError::new(0..text.len(), message));
        }
        let translated = java::translate(text)?;
        let whole = RegexBuilder::new(&format!(r"\A(?:{translated})\z"))
            .size_limit(MAX_COMPILED_BYTES)
            .dfa_size_limit(MAX_COMPILED_BYTES)
            .build();
        whole.map(Self).map_err(|error| {
            let message = match error {
                regex::Error::CompiledTooBig(_) => {
                    "the pattern is too large once its repetitions are written out"
                }
                _ => "the pattern is not supported",
            };
            PatternError::new(0..text.len(), message)
        })
    }

    /// Whether the whole of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.0.is_match(value.as_bytes())
    }
}

#[cfg(test)]
mod tests;
