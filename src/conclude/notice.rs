//! Things worth telling a person, in ECS's words.

/// One event about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether somebody should look.
    pub warning: bool,
    /// CamelCase, from ECS's event name where there is one.
    pub reason: &'static str,
    /// A sentence.
    pub message: String,
}

impl Notice {
    /// Something that goes as it should.
    pub fn normal(reason: &'static str, message: impl Into<String>) -> Self {
        Self { warning: false, reason, message: message.into() }
    }

    /// Something that somebody should look at.
    pub fn warning(reason: &'static str, message: impl Into<String>) -> Self {
        Self { warning: true, reason, message: message.into() }
    }
}
