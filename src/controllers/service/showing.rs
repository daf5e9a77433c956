//! A conclusion → a status and its events, at once or when there is time for them.

use super::super::context::Context;
use super::super::error::Error;
use super::super::report;
use super::NAME;
use crate::api::{self, ServiceStatus};
use crate::conclude::service::{Conclusion, News};
use crate::kubernetes::Key;
use std::time::Duration;

/// The status that was concluded last, whether it is written already or held back.
pub(super) fn latest(context: &Context, object: &api::Service) -> ServiceStatus {
    context.hold.held(object).or_else(|| object.status.clone()).unwrap_or_default()
}

/// Writes the status where it differs from what is `shown`, and tells what there is to tell; or says how long the
/// status is held back. In a rush, events wait with it.
pub(super) async fn show(
    context: &Context,
    object: &api::Service,
    shown: &ServiceStatus,
    Conclusion { status, notices }: Conclusion,
    news: News,
) -> Result<Option<Duration>, Error> {
    let (key, rush) = (Key::of(object), context.starts.rush());
    let remaining = context.hold.remaining(&key, news, rush).filter(|_| *shown != status);
    if remaining.is_some() {
        let (later, now): (&[_], &[_]) = if rush { (&notices, &[]) } else { (&[], &notices) };
        context.hold.keep(object, status, later);
        report::tell(context, object, now);
        return Ok(remaining);
    }
    if *shown == status {
        report::tell(context, object, &[context.hold.release(&key), notices].concat());
    } else {
        write(context, object, shown, Conclusion { status, notices }, news).await?;
    }
    Ok(None)
}

/// Writes the status now, and tells what there is to tell. False when the service is gone.
pub(super) async fn write(
    context: &Context,
    object: &api::Service,
    shown: &ServiceStatus,
    Conclusion { status, notices }: Conclusion,
    news: News,
) -> Result<bool, Error> {
    let written = report::status(context, NAME, object, (shown, &status)).await?;
    let held = context.hold.wrote(&Key::of(object), news);
    report::tell(context, object, &[held, notices].concat());
    Ok(written.is_some())
}
