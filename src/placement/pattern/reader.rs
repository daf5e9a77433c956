//! Reads a pattern piece by piece.

use super::PatternError;
use std::ops::Range;

/// A place in a pattern.
pub struct Reader<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Reader<'a> {
    /// The start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// The next character and its place.
    pub fn take(&mut self) -> Option<(usize, char)> {
        let (at, c) = (self.offset, self.rest().chars().next()?);
        self.offset += c.len_utf8();
        Some((at, c))
    }

    /// What is left.
    pub fn rest(&self) -> &'a str {
        self.slice(self.offset..self.text.len())
    }

    /// A part of the pattern.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The next place, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Steps over `symbol` if it comes next.
    pub fn eat(&mut self, symbol: &str) -> bool {
        let seen = self.rest().starts_with(symbol);
        if seen {
            self.offset += symbol.len();
        }
        seen
    }

    /// What comes before `end`, over which it steps too.
    pub fn up_to(&mut self, end: char) -> Option<&'a str> {
        let (inner, _) = self.rest().split_once(end)?;
        self.offset += inner.len() + end.len_utf8();
        Some(inner)
    }

    /// What comes before `\E`, over which it steps too, or all that is left.
    pub fn quoted(&mut self) -> &'a str {
        let rest = self.rest();
        let (inner, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
        self.offset = self.text.len() - after.len();
        inner
    }

    /// The character with the number that the next digits are.
    fn digits(&mut self, radix: u32, least: usize, most: usize) -> Option<char> {
        let digits: String = self.rest().chars().take(most).take_while(|c| c.is_digit(radix)).collect();
        self.offset += digits.len();
        if digits.len() < least { None } else { code(&digits, radix) }
    }
}

/// The character that an escape stands for, whose backslash, at `start`, has been read.
pub fn character(reader: &mut Reader<'_>, start: usize) -> Result<char, PatternError> {
    let Some((_, letter)) = reader.take() else {
        return Err(PatternError::new(
            start..reader.offset(),
            "`\\` at the end: write `\\\\` for the character",
        ));
    };
    let found = match letter {
        't' => Some('\t'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        'f' => Some('\u{c}'),
        'a' => Some('\u{7}'),
        'e' => Some('\u{1b}'),
        '0' => reader.digits(8, 1, 3),
        'x' if reader.eat("{") => reader.up_to('}').and_then(|text| code(text, 16)),
        'x' => reader.digits(16, 2, 2),
        'u' => reader.digits(16, 4, 4),
        letter if letter.is_ascii_alphanumeric() => None,
        other => Some(other),
    };
    found.ok_or_else(|| {
        PatternError::new(start..reader.offset(), format!("`\\{letter}` is no escape that there is here"))
    })
}

fn code(text: &str, radix: u32) -> Option<char> {
    u32::from_str_radix(text, radix).ok().and_then(char::from_u32).filter(|_| !text.starts_with('+'))
}
