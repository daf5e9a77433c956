//! A rule of ECS or Berth that a document breaks.

use super::Lack;
use std::fmt;

/// One broken rule, with the field that breaks it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Path of the field from the object's root, as in `spec.containerDefinitions[0].image`.
    pub path: String,
    /// The rule, as a sentence that says what to write instead.
    pub message: String,
    /// What an administrator would have to grant, where that is all that is wrong.
    pub lack: Option<Box<Lack>>,
}

impl Violation {
    /// A violation of `message` at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), lack: None }
    }

    /// The same, which goes away once an administrator grants what is lacking.
    pub fn lacking(self, lack: Lack) -> Self {
        Self { lack: Some(Box::new(lack)), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}
