//! Reads a query piece by piece.
//!
//! There is no list of tokens: what a character means depends on what the parser expects, as a `(`
//! opens a group before a subject and belongs to the text within a pattern.

use super::ParseError;

/// A place in a text.
pub struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

/// Ends a word that is not in quotes.
fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "()[],'\"<>=!&|".contains(c)
}

impl<'a> Cursor<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// The next place that is not blank, in bytes.
    pub fn place(&mut self) -> usize {
        self.skip_blanks();
        self.offset
    }

    /// An error at `offset`.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> ParseError {
        ParseError::new(self.text, offset, message)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.offset += self.rest().len() - self.rest().trim_start().len();
    }

    /// Whether nothing but blanks is left.
    pub fn at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty()
    }

    /// Whether `symbol` comes next.
    pub fn sees(&mut self, symbol: &str) -> bool {
        self.skip_blanks();
        self.rest().starts_with(symbol)
    }

    /// Steps over `symbol` if it comes next.
    pub fn eat(&mut self, symbol: &str) -> bool {
        let seen = self.sees(symbol);
        if seen {
            self.offset += symbol.len();
        }
        seen
    }

    /// The word that comes next, possibly empty, without stepping over it.
    pub fn peek_word(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        rest.find(is_delimiter).and_then(|end| rest.get(..end)).unwrap_or(rest)
    }

    /// Steps over the next word and returns it.
    pub fn word(&mut self) -> &'a str {
        let word = self.peek_word();
        self.offset += word.len();
        word
    }

    /// Steps over `keyword`, in any case, if it comes next as a whole word.
    pub fn eat_word(&mut self, keyword: &str) -> bool {
        let seen = self.peek_word().eq_ignore_ascii_case(keyword);
        if seen {
            self.offset += keyword.len();
        }
        seen
    }

    /// What comes next, short enough for a message.
    pub fn glimpse(&mut self) -> String {
        let word = self.peek_word();
        if !word.is_empty() {
            return format!("`{}`", word.chars().take(40).collect::<String>());
        }
        self.rest().chars().next().map_or_else(|| "the end".to_owned(), |c| format!("`{}`", c.escape_debug()))
    }

    /// A value: in quotes, or a bare word.
    pub fn literal(&mut self) -> Result<String, ParseError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let place = self.place();
        let word = self.word();
        if word.is_empty() {
            let found = self.glimpse();
            return Err(self.error(place, format!("expected a value, found {found}")));
        }
        if let Some((at, odd)) = word.char_indices().find(|(_, c)| "{}$".contains(*c)) {
            let message =
                format!("`{odd}` in a value needs quotes; is this a template that was not filled in?");
            return Err(self.error(place + at, message));
        }
        Ok(word.to_owned())
    }

    /// A pattern: in quotes, or up to a blank, with brackets in pairs.
    pub fn pattern(&mut self) -> Result<String, ParseError> {
        if let Some(quoted) = self.quoted()? {
            return Ok(quoted);
        }
        let place = self.place();
        let rest = self.rest();
        let pattern = rest.get(..pattern_length(rest)).unwrap_or_default();
        self.offset += pattern.len();
        if pattern.is_empty() {
            let found = self.glimpse();
            return Err(self.error(place, format!("expected a pattern, found {found}")));
        }
        Ok(pattern.to_owned())
    }

    fn quoted(&mut self) -> Result<Option<String>, ParseError> {
        let place = self.place();
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else {
            return Ok(None);
        };
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some(end) = inner.find(quote) else {
            return Err(self.error(place, format!("the quote {quote} is not closed")));
        };
        self.offset += end + 2;
        Ok(inner.get(..end).map(str::to_owned))
    }
}

fn pattern_length(rest: &str) -> usize {
    let mut open = 0_usize;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        let after = rest.get(at..).unwrap_or_default();
        let ends = match c {
            _ if c.is_whitespace() || c.is_control() || c == '\'' || c == '"' => true,
            _ if escaped => false,
            ')' | ']' if open == 0 => true,
            _ => open == 0 && (after.starts_with("||") || after.starts_with("&&")),
        };
        if ends {
            return at;
        }
        match c {
            '(' | '[' if !escaped => open += 1,
            ')' | ']' if !escaped => open -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}
