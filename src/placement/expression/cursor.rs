//! Reads a query piece by piece.
//!
//! There is no list of tokens: what a character means depends on what the parser expects, as a `(`
//! opens a group before a subject and belongs to the text within a pattern.

use super::ParseError;
use std::ops::Range;

/// A place in a text.
pub struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    /// Where the word that begins at `offset` ends, once it was looked for.
    word_end: Option<usize>,
    steps: usize,
}

/// A value or a pattern, as it stands in a text.
pub struct Literal {
    /// Without its quotes.
    pub text: String,
    /// Where it is, quotes included.
    pub span: Range<usize>,
    /// Where its first character is.
    pub start: usize,
}

/// Ends a word that is not in quotes.
fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "()[],'\"<>=!&|".contains(c)
}

impl<'a> Cursor<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, offset: 0, word_end: None, steps: 0 }
    }

    /// How many characters were looked at, those more often that were looked at again.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The next place that is not blank, in bytes.
    pub fn place(&mut self) -> usize {
        self.skip_blanks();
        self.offset
    }

    /// Where the cursor is, blanks or not.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// An error about `span`.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, span, message)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) {
        self.offset += bytes;
        self.word_end = None;
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest().len() - self.rest().trim_start().len();
        self.steps += blanks + 1;
        if blanks > 0 {
            self.advance(blanks);
        }
    }

    /// Whether nothing but blanks is left.
    pub fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty()
    }

    /// Steps over `symbol` if it comes next.
    pub fn eat(&mut self, symbol: &str) -> bool {
        self.skip_blanks();
        let seen = self.rest().starts_with(symbol);
        if seen {
            self.advance(symbol.len());
        }
        seen
    }

    /// The word that comes next, possibly empty, without stepping over it.
    pub fn peek_word(&mut self) -> &'a str {
        self.skip_blanks();
        let end = match self.word_end {
            Some(end) => end,
            None => {
                let rest = self.rest();
                let length = rest.find(is_delimiter).unwrap_or(rest.len());
                self.steps += length;
                self.offset + length
            }
        };
        self.word_end = Some(end);
        self.text.get(self.offset..end).unwrap_or_default()
    }

    /// Steps over the next word and returns it.
    pub fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.advance(word.len());
        word
    }

    /// Steps over `keyword`, in any case, if it comes next as a whole word.
    pub fn eat_word(&mut self, keyword: &str) -> bool {
        let seen = self.peek_word().eq_ignore_ascii_case(keyword);
        if seen {
            self.advance(keyword.len());
        }
        seen
    }

    /// Where the next word or, if there is none, the next character is; empty at the end.
    pub fn glimpsed(&mut self) -> Range<usize> {
        let length = match self.peek_word().len() {
            0 => self.rest().chars().next().map_or(0, char::len_utf8),
            length => length,
        };
        self.offset..self.offset + length
    }

    /// What comes next, short enough for a message.
    pub fn glimpse(&mut self) -> String {
        let span = self.glimpsed();
        match self.text.get(span).filter(|text| !text.is_empty()) {
            Some(text) => format!("`{}`", text.chars().take(40).collect::<String>().escape_debug()),
            None => "the end".to_owned(),
        }
    }

    /// A value: in quotes, or a bare word.
    pub fn literal(&mut self) -> Result<Literal, ParseError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let span = self.glimpsed();
        let word = self.peek_word();
        if word.is_empty() {
            let found = self.glimpse();
            return Err(self.error(span, format!("expected a value, found {found}")));
        }
        if let Some((at, odd)) = word.char_indices().find(|(_, c)| "{}$".contains(*c)) {
            let message =
                format!("`{odd}` in a value needs quotes; is this a template that was not filled in?");
            return Err(self.error(span.start + at..span.end, message));
        }
        self.advance(word.len());
        Ok(Literal { text: word.to_owned(), start: span.start, span })
    }

    /// A pattern: in quotes, or up to a blank, with brackets in pairs.
    pub fn pattern(&mut self) -> Result<Literal, ParseError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let start = self.place();
        let rest = self.rest();
        let pattern = rest.get(..pattern_length(rest)).unwrap_or_default();
        if pattern.is_empty() {
            let (span, found) = (self.glimpsed(), self.glimpse());
            return Err(self.error(span, format!("expected a pattern, found {found}")));
        }
        self.steps += pattern.len();
        self.advance(pattern.len());
        Ok(Literal { text: pattern.to_owned(), start, span: start..self.offset })
    }

    fn quoted(&mut self) -> Result<Option<Literal>, ParseError> {
        let place = self.place();
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            return Ok(None);
        };
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(end) = inner.find(quote) else {
            let span = place..self.text.len();
            return Err(self.error(span, format!("the quote {quote} is not closed: quotes know no escapes")));
        };
        self.steps += end;
        self.advance(end + 2);
        let text = inner.get(..end).unwrap_or_default().to_owned();
        Ok(Some(Literal { text, start: place + 1, span: place..self.offset }))
    }
}

/// Where a pattern without quotes ends. Within `[` and `]` parentheses are characters like others.
fn pattern_length(rest: &str) -> usize {
    let (mut groups, mut classes, mut escaped) = (0_usize, 0_usize, false);
    for (at, c) in rest.char_indices() {
        let after = rest.get(at..).unwrap_or_default();
        let outside = groups == 0 && classes == 0;
        let ends = match c {
            _ if c.is_whitespace() || c.is_control() || c == '\'' || c == '"' => true,
            _ if escaped => false,
            ')' | ']' => outside,
            _ => outside && (after.starts_with("||") || after.starts_with("&&")),
        };
        if ends {
            return at;
        }
        match c {
            _ if escaped => {}
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}
