//! From the API server's watch endpoint to an [`Intake`], for ever: list, watch, resume, back off.

use std::pin::pin;
use std::time::Duration;

use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use kube::Client;
use kube::api::{ListParams, WatchParams};
use kube::core::watch::Bookmark;
use kube::core::{Request, Status};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Intake, Selection, Watchable};
use crate::kubernetes::backoff::{self, BackoffLimits};
use crate::observe::{Metrics, Pulse};

/// Failures in a row that are no longer everyday life.
const WORTH_A_WARNING: u32 = 3;

/// How long one watch request lasts; the API server ends it, and sends a bookmark before.
const WATCH: Duration = Duration::from_secs(55);
/// The first one may be a long list.
const FIRST_WATCH: Duration = Duration::from_secs(290);
/// A watch that says nothing for so long is dead: the API server would have ended it.
const SILENCE: Duration = Duration::from_secs(60);
/// How soon a watch that ended without any event may start again.
const PAUSE: Duration = Duration::from_millis(500);
/// Until the answer begins.
const CONNECT: Duration = Duration::from_secs(30);
/// Objects per page, where the server cannot stream lists.
const PAGE: u32 = 500;
const LIMITS: BackoffLimits =
    BackoffLimits { first: Duration::from_millis(500), longest: Duration::from_secs(15) };
/// The annotation of the bookmark that ends a streamed list.
const LIST_END: &str = "k8s.io/initial-events-end";

/// Why a watch ended.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("{0}")]
    Failed(#[from] kube::Error),
    #[error("the request cannot be built: {0}")]
    Request(#[from] kube::core::request::Error),
    #[error("the watch ended: {0}")]
    Ended(String),
    #[error("no answer")]
    Silent,
    #[error("the place to go on from is too old")]
    Expired,
    #[error("the API server does not know the kind; is its CRD installed?")]
    Unknown,
    #[error("the API server does not stream lists")]
    NoStreaming,
}

/// Whether a watch delivered anything before it ended well.
#[derive(Clone, Copy)]
enum Progress {
    None,
    Some,
}

/// Feeds one store.
pub(super) struct Feed<K: Watchable> {
    client: Client,
    url: String,
    labels: Option<String>,
    fields: Option<String>,
    intake: Intake<K>,
    metrics: Metrics,
    pulse: Pulse,
    /// Where to go on; `None` before the first list.
    resume: Option<String>,
    /// Whether the API server streams lists, as far as we know.
    streams: bool,
    failures: u32,
}

impl<K: Watchable> Feed<K> {
    pub fn new(
        client: Client,
        selection: &Selection,
        intake: Intake<K>,
        metrics: Metrics,
        pulse: Pulse,
    ) -> Self {
        Self {
            client,
            url: K::url_path(&(), selection.namespace.as_deref()),
            labels: selection.labels.clone(),
            fields: selection.fields.clone(),
            intake,
            metrics,
            pulse,
            resume: None,
            streams: true,
            failures: 0,
        }
    }

    pub async fn run(mut self, cancel: CancellationToken) {
        let _ = cancel.run_until_cancelled(self.run_for_ever()).await;
    }

    async fn run_for_ever(&mut self) {
        loop {
            let result = self.session().await;
            self.pulse.beat();
            match result {
                Ok(Progress::Some) => {}
                // A server that ends every watch at once must not keep us busy.
                Ok(Progress::None) => sleep(PAUSE).await,
                Err(Stop::NoStreaming) => self.streams = false,
                Err(Stop::Expired) => {
                    self.resume = None;
                    sleep(PAUSE).await;
                }
                Err(stop) => {
                    self.failed(&stop);
                    sleep(backoff::delay(LIMITS, self.failures)).await;
                }
            }
        }
    }

    /// One watch, with a list before it when there is no place to go on from.
    async fn session(&mut self) -> Result<Progress, Stop> {
        let mut listing = false;
        let resume = match &self.resume {
            Some(version) => version.clone(),
            None if self.streams => {
                listing = true;
                self.intake.begin();
                // No version asks for a consistent read.
                String::new()
            }
            None => self.list().await?,
        };
        let request = Request::new(&self.url).watch(&self.watch_params(listing), &resume)?;
        let opened = timeout(CONNECT, self.client.request_stream(request));
        let stream = match opened.await.map_err(|_| Stop::Silent)? {
            Err(error) => return Err(understand(error, listing)),
            Ok(stream) => stream,
        };
        let stream = pin!(stream);
        let mut lines = stream.lines();
        let mut progress = Progress::None;
        while let Some(line) =
            timeout(SILENCE, lines.try_next()).await.map_err(|_| Stop::Silent)?.or_else(cut)?
        {
            let event = match serde_json::from_str::<Event>(&line) {
                Ok(event) => event,
                Err(error) if error.is_eof() => break,
                Err(error) => return Err(Stop::Ended(format!("no event: {error}"))),
            };
            progress = Progress::Some;
            let was_listing = listing;
            self.take(&event, &mut listing)?;
            if was_listing && !listing {
                // The request of the list lives for long and may be silent for long; the next one may not.
                return Ok(progress);
            }
        }
        // A server that does not know the parameter sends no end mark.
        if listing { Err(Stop::NoStreaming) } else { Ok(progress) }
    }

    fn take(&mut self, event: &Event, listing: &mut bool) -> Result<(), Stop> {
        self.pulse.beat();
        match event.r#type {
            EventType::Added | EventType::Modified if *listing => self.intake.listed(&event.object),
            EventType::Added | EventType::Modified => {
                let version = self.intake.changed(&event.object);
                self.go_on_from(version);
            }
            EventType::Deleted => {
                let version = self.intake.deleted(&event.object);
                if !*listing {
                    self.go_on_from(version);
                }
            }
            EventType::Bookmark => self.bookmark(&event.read::<Bookmark>()?, listing),
            EventType::Error => {
                let status = event.read::<Status>()?;
                return Err(if status.code == 410 { Stop::Expired } else { Stop::Ended(status.message) });
            }
        }
        Ok(())
    }

    fn bookmark(&mut self, bookmark: &Bookmark, listing: &mut bool) {
        let version = &bookmark.metadata.resource_version;
        if *listing {
            if !bookmark.metadata.annotations.contains_key(LIST_END) {
                return;
            }
            *listing = false;
            self.intake.complete(version);
        } else {
            self.intake.bookmark(version);
        }
        self.go_on_from(Some(version.clone()));
    }

    /// Lists page by page. The version that the list stands for.
    async fn list(&mut self) -> Result<String, Stop> {
        self.intake.begin();
        let mut params = ListParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            ..ListParams::default().limit(PAGE)
        };
        loop {
            let request = Request::new(&self.url).list(&params)?;
            let page: Page = self.client.request(request).await.map_err(|error| understand(error, false))?;
            self.pulse.beat();
            for raw in page.items.iter().flatten() {
                self.intake.listed(raw);
            }
            params.continue_token = page.metadata.r#continue.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                self.intake.complete(&page.metadata.resource_version);
                self.go_on_from(Some(page.metadata.resource_version.clone()));
                return Ok(page.metadata.resource_version);
            }
        }
    }

    fn watch_params(&self, listing: bool) -> WatchParams {
        let duration = if listing { FIRST_WATCH } else { WATCH };
        WatchParams {
            label_selector: self.labels.clone(),
            field_selector: self.fields.clone(),
            timeout: Some(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)),
            bookmarks: true,
            send_initial_events: listing,
        }
    }

    fn go_on_from(&mut self, version: Option<String>) {
        if self.failures > 0 {
            tracing::info!(kind = self.intake.kind(), failures = self.failures, "watch works again");
            self.failures = 0;
        }
        if version.is_some() {
            self.resume = version;
        }
    }

    fn failed(&mut self, stop: &Stop) {
        self.failures = self.failures.saturating_add(1);
        self.metrics.watch_failed(self.intake.kind());
        self.intake.failed(&stop.to_string());
        let (kind, failures) = (self.intake.kind(), self.failures);
        match failures {
            // An API server that restarts, or that has not served a new kind yet.
            1 => tracing::info!(kind, why = %stop, "watch interrupted; trying again"),
            WORTH_A_WARNING => {
                tracing::warn!(kind, why = %stop, failures, "watch keeps failing; trying again")
            }
            _ => tracing::debug!(kind, why = %stop, failures, "no watch yet"),
        }
    }
}

/// A line of a watch, its object unread. (kube's type reads it only when `type` comes before `object`.)
#[derive(Deserialize)]
struct Event {
    r#type: EventType,
    object: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum EventType {
    Added,
    Modified,
    Deleted,
    Bookmark,
    Error,
}

impl Event {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Stop> {
        serde_json::from_str(self.object.get()).map_err(|error| Stop::Ended(format!("no event: {error}")))
    }
}

/// A connection that was cut ends a watch as well as one that was closed.
fn cut(error: std::io::Error) -> Result<Option<String>, Stop> {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Ok(None),
        _ => Err(Stop::Ended(error.to_string())),
    }
}

/// A page of a list, its objects unread.
#[derive(Deserialize)]
struct Page {
    metadata: PageMeta,
    items: Option<Vec<Box<RawValue>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageMeta {
    resource_version: String,
    r#continue: Option<String>,
}

/// What an error means for the watch.
fn understand(error: kube::Error, streaming_list: bool) -> Stop {
    match &error {
        kube::Error::Api(status) if status.code == 410 => Stop::Expired,
        kube::Error::Api(status) if status.code == 404 => Stop::Unknown,
        kube::Error::Api(status) if streaming_list && matches!(status.code, 400 | 422) => Stop::NoStreaming,
        _ => Stop::Failed(error),
    }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
