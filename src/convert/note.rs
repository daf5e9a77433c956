//! What there is to say about a document that was converted.

use std::fmt;

/// How much a note weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing: something was dropped that says nothing, guessed, or spelled anew.
    Note,
    /// The result is not what the document says until somebody does something.
    Violation,
}

/// Something about one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file; `-` is standard input.
    pub source: String,
    /// The place in the file, as in `Resources.Web.Properties.Cpu` or `services[0].events`; empty for the whole.
    pub path: String,
    /// What there is to say, as a sentence without a full stop.
    pub text: String,
    /// How much it weighs.
    pub severity: Severity,
}

impl Note {
    /// Something worth knowing.
    pub fn new(source: impl Into<String>, path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { source: source.into(), path: path.into(), text: text.into(), severity: Severity::Note }
    }

    /// Something that somebody has to do.
    pub fn violation(source: impl Into<String>, path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity: Severity::Violation, ..Self::new(source, path, text) }
    }

    /// Whether somebody has to do something.
    pub fn is_violation(&self) -> bool {
        self.severity == Severity::Violation
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.source, &self.path, &self.text];
        let said: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        formatter.write_str(&said.join(": "))
    }
}

/// The path of a member of what is at `path`.
pub(super) fn member(path: &str, name: &str) -> String {
    let name: String = name.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}
