//! A pattern of a query: text in, a matcher over whole values out.
//!
//! ECS documents Java's regular expressions and its examples only make sense as matches of the whole
//! value. Look-around and back-references are refused: they have no bound on time.

use regex::bytes::{Regex, RegexBuilder};

/// Most bytes of a pattern.
pub const MAX_BYTES: usize = 256;
const MAX_COMPILED_BYTES: usize = 64 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// The matcher for `text`; the error is a sentence for the user.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("a pattern has at most {MAX_BYTES} bytes"));
        }
        // Alone first: `a)(b` is no pattern, though it would be one between our own parentheses.
        compile(text)?;
        compile(&format!(r"\A(?:{text})\z")).map(Self)
    }

    /// Whether the whole of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.0.is_match(value.as_bytes())
    }
}

/// Classes such as `\w` are ASCII, as in Java.
fn compile(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("the pattern `{text}` is too large once expanded"),
            error => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default();
                format!("the pattern `{text}` is not supported: {}", last.trim_start_matches("error: "))
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(value)
    }

    #[test]
    fn a_pattern_matches_the_whole_value() {
        assert!(matches("t2.*", "t2.small"));
        assert!(!matches("t2", "t2.small"));
        assert!(!matches("2.*", "t2.small"));
        assert!(matches("a|bc", "bc") && !matches("a|bc", "ac"));
        assert!(matches(r"\w+-\d", "zone-1"));
    }

    #[test]
    fn what_could_take_for_ever_or_fill_memory_is_refused() {
        for pattern in ["(?=a)b", r"(a)\1", "((a{100}){100}){100}", "a)(b", "*", "[", &"a".repeat(257)] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
