//! Recursive descent over a cursor.

use super::cursor::{Cursor, Literal};
use super::operator::{Operator, operator};
use super::{MAX_DEPTH, ParseError, check};
use crate::model::expression::{Expression, Subject, Test};
use crate::placement::pattern::Pattern;

/// A parser in the middle of a text.
pub struct Parser<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Parser<'a> {
    /// A parser at `cursor`.
    pub fn new(cursor: Cursor<'a>) -> Self {
        Self { cursor }
    }

    /// How many characters were looked at.
    pub fn steps(&self) -> usize {
        self.cursor.steps()
    }

    /// The expression that the whole text is.
    pub fn whole(&mut self) -> Result<Expression, ParseError> {
        let expression = self.or(0)?;
        if self.cursor.at_end() {
            return Ok(expression);
        }
        Err(self.unexpected("`and`, `or` or the end"))
    }

    fn unexpected(&mut self, wanted: &str) -> ParseError {
        let span = self.cursor.glimpsed();
        let found = self.cursor.glimpse();
        self.cursor.error(span, format!("expected {wanted}, found {found}"))
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
        let test = self.test(&subject)?;
        Ok(Expression::Test(subject, test))
    }

    fn deeper(&self, depth: usize, place: usize) -> Result<usize, ParseError> {
        if depth >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(self.cursor.error(place..self.cursor.offset(), message));
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
        let span = self.cursor.glimpsed();
        let word = self.cursor.peek_word();
        if word.is_empty() {
            return Err(self.unexpected("a subject such as `attribute:NAME`"));
        }
        let subject = check::subject(word).map_err(|message| self.cursor.error(span, message))?;
        self.cursor.word();
        Ok(subject)
    }

    fn test(&mut self, subject: &Subject) -> Result<Test, ParseError> {
        let start = self.cursor.place();
        let operator = operator(&mut self.cursor)?;
        let span = start..self.cursor.offset();
        check::operator(subject, operator).map_err(|message| self.cursor.error(span, message))?;
        match operator {
            Operator::Presence(test) => Ok(test()),
            Operator::Equality(test) | Operator::Order(test) => self.value(subject).map(test),
            Operator::List(test) => self.list(subject).map(test),
            Operator::Pattern(test) => self.pattern().map(test),
        }
    }

    fn value(&mut self, subject: &Subject) -> Result<String, ParseError> {
        let Literal { text, span, .. } = self.cursor.literal()?;
        check::value(subject, &text).map_err(|message| self.cursor.error(span, message))?;
        Ok(text)
    }

    fn pattern(&mut self) -> Result<String, ParseError> {
        let Literal { text, start, .. } = self.cursor.pattern()?;
        // Quotes know no escapes, so that places in the pattern are places in the query.
        Pattern::new(&text).map_err(|error| {
            let span = start + error.span.start..start + error.span.end;
            self.cursor.error(span, format!("in the pattern: {}", error.message))
        })?;
        Ok(text)
    }

    fn list(&mut self, subject: &Subject) -> Result<Vec<String>, ParseError> {
        if !self.cursor.eat("[") {
            return Err(self.unexpected("a list such as `[a, b]`"));
        }
        let mut members = vec![self.value(subject)?];
        while self.cursor.eat(",") {
            members.push(self.value(subject)?);
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
