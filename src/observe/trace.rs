//! From flags to a log on standard error.

use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line per record.
    #[default]
    Text,
    /// One JSON object per record.
    Json,
}

impl FromStr for LogFormat {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(TraceError::Format(text.to_owned())),
        }
    }
}

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The filter text is not one.
    #[error("log filter `{filter}` is not valid")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The format is neither `text` nor `json`.
    #[error("log format `{0}` is neither `text` nor `json`")]
    Format(String),
    /// Somebody set up logging before.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// Sets up the log of the process: `filter` in `tracing`'s directive form (`info`, `berth=debug,kube=warn`).
///
/// A panic is logged as an error record inside the span of the object at hand instead of bare text, so that
/// it is one line, with the object's name, in the chosen format.
///
/// # Errors
///
/// When `filter` cannot be parsed or logging was set up before.
pub fn tracing(format: LogFormat, filter: &str) -> Result<(), TraceError> {
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| TraceError::Filter { filter: filter.to_owned(), source })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    match format {
        LogFormat::Text => builder.finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = info.payload_as_str().unwrap_or("no text");
        tracing::error!(place, text, "panic");
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_filter_and_a_bad_format_are_refused_by_name() {
        let error = tracing(LogFormat::Text, "berth=loud").unwrap_err();
        assert_eq!(error.to_string(), "log filter `berth=loud` is not valid");
        assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
        assert!("xml".parse::<LogFormat>().is_err());
    }
}
