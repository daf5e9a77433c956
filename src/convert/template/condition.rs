//! The conditions of a template → whether they hold, where that can be known.

use super::Evaluation;
use super::function::text;
use serde_json::Value;

impl<'a> Evaluation<'a> {
    /// Whether the condition of that name holds; none, and told, if that is open.
    pub(super) fn condition(&mut self, name: &str, path: &str) -> Option<bool> {
        if let Some(given) = self.given.get(name).and_then(|given| given.parse().ok()) {
            return Some(given);
        }
        let key = format!("condition {name}");
        let decided = match self.conditions.get(name) {
            Some(condition) if !self.under_way.contains(&key) => {
                self.under_way.push(key);
                let decided = self.holds(condition, path);
                self.under_way.pop();
                decided
            }
            _ => None,
        };
        if decided.is_none() {
            let why = format!(
                "is a condition that stays open and is taken to hold: give --param '{name}=true' or false"
            );
            self.open(name, path, &why);
        }
        decided
    }

    fn holds(&mut self, condition: &'a Value, path: &str) -> Option<bool> {
        let (name, argument) = condition.as_object()?.iter().next()?;
        let parts = || argument.as_array().into_iter().flatten();
        match name.as_str() {
            "Condition" => self.condition(argument.as_str()?, path),
            "Fn::Not" => Some(!self.holds(argument.get(0)?, path)?),
            "Fn::And" => {
                let parts: Vec<_> = parts().map(|part| self.holds(part, path)).collect();
                combined(&parts, false)
            }
            "Fn::Or" => {
                let parts: Vec<_> = parts().map(|part| self.holds(part, path)).collect();
                combined(&parts, true)
            }
            "Fn::Equals" => {
                let [one, other] = [self.side(argument.get(0)?, path)?, self.side(argument.get(1)?, path)?];
                Some(one == other)
            }
            _ => None,
        }
    }

    /// One side of a comparison, if it is known. What is open in it is not told: the condition is.
    fn side(&mut self, value: &'a Value, path: &str) -> Option<String> {
        let (told, notes) = (self.told.clone(), self.notes.len());
        let found = self.value(value, path);
        let is_open = self.notes.iter().skip(notes).any(super::Note::is_violation);
        self.notes.truncate(notes);
        self.told = told;
        found.filter(|_| !is_open).as_ref().map(text)
    }
}

/// The outcome of parts of which one that is `decisive` decides alone.
fn combined(parts: &[Option<bool>], decisive: bool) -> Option<bool> {
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    parts.iter().all(Option::is_some).then_some(!decisive)
}
