//! Java's syntax of regular expressions → the engine's.
//!
//! Whether a value matches as a whole is all that is asked: so captures become plain groups, and lazy quantifiers
//! greedy ones.

use super::PatternError;
use super::reader::{Reader, character};
use super::set::{self, NO_LINE_END, number};

/// Most groups within one another.
const MAX_DEPTH: usize = 64;

/// The translation of a whole pattern.
pub fn translate(text: &str) -> Result<String, PatternError> {
    let mut translator =
        Translator { reader: Reader::new(text), made: String::new(), open: Vec::new(), dot_all: false };
    // What a quantifier would be about.
    let mut atom = false;
    while let Some((at, c)) = translator.reader.take() {
        atom = match c {
            '*' | '+' | '?' | '{' => {
                translator.quantifier(at, c, atom)?;
                false
            }
            '(' => translator.open(at)?,
            ')' => translator.close(at)?,
            '|' => {
                translator.made.push('|');
                false
            }
            _ => translator.atom(at, c)?,
        };
    }
    match translator.open.last() {
        Some((at, _)) => Err(PatternError::new(*at..*at + 1, "the group is not closed: `)` is missing")),
        None => Ok(translator.made),
    }
}

struct Translator<'a> {
    reader: Reader<'a>,
    made: String,
    /// Where each open group begins, and whether `.` matched line ends before it.
    open: Vec<(usize, bool)>,
    dot_all: bool,
}

impl Translator<'_> {
    fn error<T>(&self, start: usize, message: impl Into<String>) -> Result<T, PatternError> {
        Err(PatternError::new(start..self.reader.offset(), message))
    }

    /// Writes something that can be repeated; `false` where it is nothing of the kind.
    fn atom(&mut self, at: usize, c: char) -> Result<bool, PatternError> {
        match c {
            '.' if self.dot_all => self.made.push_str("(?s:.)"),
            '.' => self.made.push_str(NO_LINE_END),
            '^' => self.made.push_str(r"\A"),
            '$' => self.made.push_str(r"\z"),
            '[' => {
                let class = set::class(&mut self.reader, at, 0)?;
                self.made.push_str(&class);
            }
            '\\' => return self.escape(at),
            _ => self.made.push_str(&number(c)),
        }
        Ok(true)
    }

    fn escape(&mut self, at: usize) -> Result<bool, PatternError> {
        let letter = self.reader.rest().chars().next().unwrap_or_default();
        if let Some(set) = set::predefined(letter) {
            self.made.push_str(set);
        } else {
            match letter {
                'p' | 'P' => {
                    self.reader.take();
                    let class = set::property(&mut self.reader, at, letter == 'P')?;
                    self.made.push_str(&class);
                    return Ok(true);
                }
                'Q' => return Ok(self.quoted()),
                'A' | 'G' => self.made.push_str(r"\A"),
                'z' | 'Z' => self.made.push_str(r"\z"),
                'b' => self.made.push_str(r"(?-u:\b)"),
                'B' => self.made.push_str(r"(?-u:\B)"),
                '1'..='9' | 'k' => {
                    self.reader.take();
                    return self.error(at, "back-references are not supported: they have no bound on time");
                }
                _ => {
                    let c = character(&mut self.reader, at)?;
                    self.made.push_str(&number(c));
                    return Ok(true);
                }
            }
        }
        self.reader.take();
        Ok(true)
    }

    /// What stands between `\Q` and `\E`, or the end, stands for itself.
    fn quoted(&mut self) -> bool {
        self.reader.take();
        let inner = self.reader.quoted();
        self.made.extend(inner.chars().map(number));
        !inner.is_empty()
    }

    fn open(&mut self, at: usize) -> Result<bool, PatternError> {
        let before = self.dot_all;
        if !self.reader.eat("?") {
            self.group(at, before, "(?:")?;
            return Ok(false);
        }
        for (symbol, what) in [
            ("=", "look-ahead is"),
            ("!", "look-ahead is"),
            ("<=", "look-behind is"),
            ("<!", "look-behind is"),
            (">", "atomic groups are"),
        ] {
            if self.reader.eat(symbol) {
                return self.error(at, format!("{what} not supported: there is no bound on its time"));
            }
        }
        if self.reader.eat("<") {
            let name = self.reader.up_to('>').unwrap_or_default();
            let letters = name.chars().all(|c| c.is_ascii_alphanumeric());
            if !letters || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return self.error(at, "a group's name is letters and digits in `<` and `>`");
            }
            self.group(at, before, "(?:")?;
            return Ok(false);
        }
        self.flags(at)
    }

    /// `(?i)`, `(?i:…)`, `(?:…)`, whose `(?` has been read.
    fn flags(&mut self, at: usize) -> Result<bool, PatternError> {
        let before = self.dot_all;
        let (mut on, mut any_case) = (true, None);
        loop {
            match self.reader.take() {
                Some((_, '-')) if on => on = false,
                Some((_, 'i')) => any_case = Some(on),
                Some((_, 's')) => self.dot_all = on,
                // Values are single lines, and the engine always folds case as Unicode does.
                Some((_, 'm' | 'u')) => {}
                Some((_, end @ (':' | ')'))) => {
                    let flags = any_case.map_or("", |on| if on { "i" } else { "-i" });
                    match end {
                        ':' => self.group(at, before, &format!("(?{flags}:"))?,
                        _ if flags.is_empty() => {}
                        _ => self.made.push_str(&format!("(?{flags})")),
                    }
                    return Ok(false);
                }
                _ => {
                    let message =
                        "after `(?` there is `:`, a name in `<` and `>`, or flags of `i`, `m`, `s`, `u`";
                    return self.error(at, message);
                }
            }
        }
    }

    fn group(&mut self, at: usize, before: bool, opening: &str) -> Result<(), PatternError> {
        if self.open.len() == MAX_DEPTH {
            return self.error(at, format!("groups nested deeper than {MAX_DEPTH} levels"));
        }
        self.open.push((at, before));
        self.made.push_str(opening);
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<bool, PatternError> {
        let Some((_, before)) = self.open.pop() else {
            return self.error(at, "`)` closes no group: write `\\)` for the character");
        };
        self.dot_all = before;
        self.made.push(')');
        Ok(true)
    }

    fn quantifier(&mut self, at: usize, c: char, atom: bool) -> Result<(), PatternError> {
        if !atom {
            let message =
                format!("`{c}` repeats nothing: write `.{c}` for any text, or `\\{c}` for the character");
            return self.error(at, message);
        }
        match c {
            '{' => {
                let bounds = self.reader.up_to('}').unwrap_or_default();
                let Some((least, most)) = bounds_of(bounds) else {
                    return self.error(
                        at,
                        "a repetition is `{3}`, `{3,}` or `{3,5}`; write `\\{` for the character",
                    );
                };
                let most = most.map(|most| most.to_string()).unwrap_or_default();
                self.made.push_str(&format!("{{{least},{most}}}"));
            }
            c => self.made.push(c),
        }
        if self.reader.eat("+") {
            return self.error(at, "possessive quantifiers are not supported: write it without the last `+`");
        }
        self.reader.eat("?");
        Ok(())
    }
}

/// `3`, `3,` or `3,5`.
fn bounds_of(text: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|number| *number <= 100_000 && text.chars().all(|c| c.is_ascii_digit()))
    };
    match text.split_once(',') {
        None => number(text).map(|exact| (exact, Some(exact))),
        Some((least, "")) => Some((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most).then_some((least, Some(most)))
        }
    }
}
