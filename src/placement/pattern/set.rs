//! Java's character classes in the engine's syntax.
//!
//! Every character is written by its number, so that nothing in a class means more to the engine than it does to Java.

use super::PatternError;
use super::reader::{Reader, character};
use std::ops::Range;

/// Most classes within one another.
const MAX_DEPTH: usize = 16;

/// Characters that do not end a line.
pub const NO_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

/// What a letter after a backslash stands for, if it is a class. Java's are those of ASCII.
pub fn predefined(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[\t\n\x0B\f\r ]",
        'S' => r"[^\t\n\x0B\f\r ]",
        'h' => r"[ \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
        'H' => r"[^ \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
        'v' => r"[\n\x0B\f\r\x{85}\x{2028}\x{2029}]",
        'V' => r"[^\n\x0B\f\r\x{85}\x{2028}\x{2029}]",
        _ => return None,
    })
}

/// Java's names of classes within ASCII.
pub const NAMED: [(&str, &str); 13] = [
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x00-\x7F"),
    ("Alpha", "a-zA-Z"),
    ("Digit", "0-9"),
    ("Alnum", "a-zA-Z0-9"),
    ("Punct", r"!-/:-@\[-`{-~"),
    ("Graph", "!-~"),
    ("Print", " -~"),
    ("Blank", r" \t"),
    ("Cntrl", r"\x00-\x1F\x7F"),
    ("XDigit", "0-9A-Fa-f"),
    ("Space", r"\t\n\x0B\f\r "),
];

/// Unicode's general categories.
pub const CATEGORIES: [&str; 37] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
    "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    "LC",
];

/// The class after `\p` or `\P`, which have been read from `start` on.
pub fn property(reader: &mut Reader<'_>, start: usize, negated: bool) -> Result<String, PatternError> {
    let name = match reader.take() {
        Some((_, '{')) => reader.up_to('}').unwrap_or_default(),
        Some((at, letter)) => reader.slice(at..at + letter.len_utf8()),
        None => "",
    };
    let sign = if negated { "^" } else { "" };
    if let Some((_, members)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Ok(format!("[{sign}{members}]"));
    }
    let category = name.strip_prefix("Is").unwrap_or(name);
    if CATEGORIES.contains(&category) {
        return Ok(format!(r"[{sign}\p{{{category}}}]"));
    }
    let message = format!(
        "there is no class `{name}` here: there are Java's of ASCII, such as `\\p{{Alpha}}`, and \
                           Unicode's categories, such as `\\p{{Lu}}`"
    );
    Err(PatternError::new(start..reader.offset(), message))
}

/// The class whose `[`, at `start`, has been read.
pub fn class(reader: &mut Reader<'_>, start: usize, depth: usize) -> Result<String, PatternError> {
    if depth > MAX_DEPTH {
        return Err(PatternError::new(
            start..start + 1,
            format!("classes nested deeper than {MAX_DEPTH} levels"),
        ));
    }
    let mut class = String::from("[");
    if reader.eat("^") {
        class.push('^');
    }
    let mut empty = true;
    loop {
        let Some((at, c)) = reader.take() else {
            return Err(PatternError::new(start..start + 1, "the class is not closed: `]` is missing"));
        };
        match c {
            ']' if !empty => {
                class.push(']');
                return Ok(class);
            }
            '[' => class.push_str(&self::class(reader, at, depth + 1)?),
            '&' if reader.eat("&") => {
                // Without something on both sides there is nothing to intersect.
                if empty || reader.rest().starts_with([']', '&']) {
                    return Err(PatternError::new(at..at + 2, "`&&` needs a class on both sides"));
                }
                class.push_str("&&");
                continue;
            }
            _ => member(reader, (at, c), &mut class)?,
        }
        empty = false;
    }
}

/// A character, a range of characters or a class by name, of which `first` has been read.
fn member(reader: &mut Reader<'_>, first: (usize, char), class: &mut String) -> Result<(), PatternError> {
    let from = match one(reader, first)? {
        Member::Set(set) => {
            class.push_str(&set);
            return Ok(());
        }
        Member::Char(c) => c,
    };
    class.push_str(&number(from));
    let rest = reader.rest();
    let is_range = rest.starts_with('-') && !rest.starts_with("-]") && !rest.starts_with("-[");
    if !is_range {
        return Ok(());
    }
    reader.eat("-");
    let span = |reader: &Reader<'_>| Range { start: first.0, end: reader.offset() };
    let to = match reader.take() {
        Some(next) => one(reader, next)?,
        None => return Ok(()),
    };
    match to {
        Member::Char(to) if from <= to => {
            class.push('-');
            class.push_str(&number(to));
            Ok(())
        }
        Member::Char(_) => {
            Err(PatternError::new(span(reader), "a range of characters runs upwards, as in `a-z`"))
        }
        Member::Set(_) => Err(PatternError::new(span(reader), "a range of characters ends with a character")),
    }
}

enum Member {
    Char(char),
    Set(String),
}

fn one(reader: &mut Reader<'_>, (at, c): (usize, char)) -> Result<Member, PatternError> {
    if c != '\\' {
        return Ok(Member::Char(c));
    }
    let letter = reader.rest().chars().next().unwrap_or_default();
    if let Some(set) = predefined(letter) {
        reader.take();
        return Ok(Member::Set(set.to_owned()));
    }
    if matches!(letter, 'p' | 'P') {
        reader.take();
        return property(reader, at, letter == 'P').map(Member::Set);
    }
    character(reader, at).map(Member::Char)
}

/// A character as the engine reads it, wherever it stands.
pub fn number(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!(r"\x{{{:X}}}", u32::from(c)) }
}
