//! Recursive descent over a cursor.

use super::cursor::Cursor;
use super::{MAX_DEPTH, ParseError, check};
use crate::model::expression::{Expression, Subject, Test};

/// A parser in the middle of a text.
pub struct Parser<'a> {
    cursor: Cursor<'a>,
}

/// A symbol, its word and what they make of the text that follows.
type Spelling = (&'static str, &'static str, fn(String) -> Test);

/// Spellings of the comparisons that take one value; longer symbols come before their beginnings.
const COMPARISONS: [Spelling; 6] = [
    ("==", "equals", Test::Equals),
    ("!=", "not_equals", Test::NotEquals),
    (">=", "greater_than_equal", Test::GreaterOrEqual),
    ("<=", "less_than_equal", Test::LessOrEqual),
    (">", "greater_than", Test::Greater),
    ("<", "less_than", Test::Less),
];

/// Spellings of the comparisons that take a pattern.
const MATCHES: [Spelling; 2] = [("=~", "matches", Test::Matches), ("!~", "not_matches", Test::NotMatches)];

impl<'a> Parser<'a> {
    /// A parser at `cursor`.
    pub fn new(cursor: Cursor<'a>) -> Self {
        Self { cursor }
    }

    /// The expression that the whole text is.
    pub fn whole(mut self) -> Result<Expression, ParseError> {
        let expression = self.or(0)?;
        if self.cursor.at_end() {
            return Ok(expression);
        }
        Err(self.unexpected("`and`, `or` or the end"))
    }

    fn unexpected(&mut self, wanted: &str) -> ParseError {
        let place = self.cursor.place();
        let found = self.cursor.glimpse();
        self.cursor.error(place, format!("expected {wanted}, found {found}"))
    }

    fn or(&mut self, depth: usize) -> Result<Expression, ParseError> {
        let first = self.and(depth)?;
        let mut parts = vec![first];
        while self.cursor.eat("||") || self.cursor.eat_word("or") {
            parts.push(self.and(depth)?);
        }
        Ok(joined(parts, Expression::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expression, ParseError> {
        let first = self.unary(depth)?;
        let mut parts = vec![first];
        while self.cursor.eat("&&") || self.cursor.eat_word("and") {
            parts.push(self.unary(depth)?);
        }
        Ok(joined(parts, Expression::And))
    }

    /// `not(` is one level, not two, so that what is printed is never deeper than what was read.
    fn unary(&mut self, depth: usize) -> Result<Expression, ParseError> {
        let place = self.cursor.place();
        if self.cursor.eat("!") || self.cursor.eat_word("not") {
            let depth = self.deeper(depth, place)?;
            let inner = if self.cursor.eat("(") { self.group(depth)? } else { self.unary(depth)? };
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.cursor.eat("(") {
            let depth = self.deeper(depth, place)?;
            return self.group(depth);
        }
        let subject = self.subject()?;
        let place = self.cursor.place();
        let test = self.test()?;
        check::check(&subject, &test).map_err(|message| self.cursor.error(place, message))?;
        Ok(Expression::Test(subject, test))
    }

    fn deeper(&self, depth: usize, place: usize) -> Result<usize, ParseError> {
        if depth >= MAX_DEPTH {
            return Err(self.cursor.error(place, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(depth + 1)
    }

    fn group(&mut self, depth: usize) -> Result<Expression, ParseError> {
        let expression = self.or(depth)?;
        if self.cursor.eat(")") {
            return Ok(expression);
        }
        Err(self.unexpected("`and`, `or` or `)`"))
    }

    fn subject(&mut self) -> Result<Subject, ParseError> {
        let place = self.cursor.place();
        let word = self.cursor.peek_word();
        if word.is_empty() {
            return Err(self.unexpected("a subject such as `attribute:NAME`"));
        }
        let subject = check::subject(word).map_err(|message| self.cursor.error(place, message))?;
        self.cursor.word();
        Ok(subject)
    }

    fn test(&mut self) -> Result<Test, ParseError> {
        for (symbol, word, test) in MATCHES {
            if self.cursor.eat(symbol) || self.cursor.eat_word(word) {
                return self.cursor.pattern().map(test);
            }
        }
        for (symbol, word, test) in COMPARISONS {
            if self.cursor.eat(symbol) || self.cursor.eat_word(word) {
                return self.cursor.literal().map(test);
            }
        }
        let negated = self.cursor.eat("!");
        if self.cursor.eat_word("exists") {
            return Ok(if negated { Test::NotExists } else { Test::Exists });
        }
        if self.cursor.eat_word("in") {
            return self.list().map(if negated { Test::NotIn } else { Test::In });
        }
        if !negated && self.cursor.eat_word("not_exists") {
            return Ok(Test::NotExists);
        }
        if !negated && self.cursor.eat_word("not_in") {
            return self.list().map(Test::NotIn);
        }
        Err(self.unexpected("an operator such as `==`, `!=`, `in`, `=~` or `exists`"))
    }

    fn list(&mut self) -> Result<Vec<String>, ParseError> {
        if !self.cursor.eat("[") {
            return Err(self.unexpected("`[`"));
        }
        let mut members = vec![self.cursor.literal()?];
        while self.cursor.eat(",") {
            members.push(self.cursor.literal()?);
        }
        if self.cursor.eat("]") {
            return Ok(members);
        }
        Err(self.unexpected("`,` or `]`"))
    }
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            join(parts)
        }
        (None, _) => join(parts),
    }
}
