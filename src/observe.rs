//! What Berth tells about itself: metrics, log set-up and the pulse of its loops.
//!
//! Labels come from closed sets only (controller and kind names known at compile time, small enums), never
//! from names or texts that users choose: the number of series cannot grow with the cluster.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

mod pulse;
mod trace;

pub use pulse::{Pulse, Pulses};
pub use trace::{LogFormat, TraceError, tracing};

/// The content type of [`Metrics::encode`]'s text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How one pass over an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PassResult {
    /// Nothing more to do until something changes.
    Done,
    /// Fine, with a next visit at a known time.
    Requeued,
    /// The pass returned an error.
    Failed,
    /// The pass did not end within its time limit.
    TimedOut,
    /// The pass panicked; the process went on.
    Panicked,
}

/// What a write asked the API server to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// POST.
    Create,
    /// Server-side apply.
    Apply,
    /// Server-side apply of the status subresource.
    Status,
    /// Merge patch with a precondition.
    Patch,
    /// PUT with a resource version.
    Replace,
    /// DELETE with preconditions.
    Delete,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeResult {
    /// Written as an event.
    Sent,
    /// The same as the one before it, so not written.
    Repeated,
    /// Over the rate of its object or of the process, so not written.
    Limited,
    /// The API server did not take it, or the way there was full.
    Failed,
}

macro_rules! label_values {
    ($type:ty { $($variant:ident => $text:literal),+ $(,)? }) => {
        impl EncodeLabelValue for $type {
            fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
                encoder.write_str(match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

label_values!(PassResult {
    Done => "done", Requeued => "requeued", Failed => "failed", TimedOut => "timed_out", Panicked => "panicked",
});
label_values!(Verb {
    Create => "create", Apply => "apply", Status => "status", Patch => "patch", Replace => "replace",
    Delete => "delete",
});
label_values!(NoticeResult {
    Sent => "sent", Repeated => "repeated", Limited => "limited", Failed => "failed",
});

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PassLabels {
    controller: &'static str,
    result: PassResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ControllerLabel {
    controller: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    kind: &'static str,
    verb: Verb,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoticeLabel {
    result: NoticeResult,
}

type Histograms = Family<ControllerLabel, Histogram, fn() -> Histogram>;

/// Every metric of the process. Clones share the same numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    passes: Family<PassLabels, Counter>,
    durations: Histograms,
    depth: Family<ControllerLabel, Gauge>,
    backing_off: Family<ControllerLabel, Gauge>,
    leading: Gauge,
    unparsable: Family<KindLabel, Gauge>,
    watch_failures: Family<KindLabel, Counter>,
    writes: Family<WriteLabels, Counter>,
    notices: Family<NoticeLabel, Counter>,
    retries: Counter<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A fresh set of metrics, all zero, each with the prefix `berth_`.
    pub fn new() -> Self {
        let passes = Family::default();
        let durations = Histograms::new_with_constructor(histogram);
        let (depth, backing_off) = (Family::default(), Family::default());
        let (leading, unparsable) = (Gauge::default(), Family::default());
        let (watch_failures, writes) = (Family::default(), Family::default());
        let (notices, retries) = (Family::default(), Counter::default());
        let mut registry = Registry::with_prefix("berth");
        registry.register("reconciles", "Passes over objects, by outcome", Family::clone(&passes));
        registry.register(
            "reconcile_duration_seconds",
            "How long passes took",
            Histograms::clone(&durations),
        );
        registry.register("queue_depth", "Objects that wait for a pass now", Family::clone(&depth));
        registry.register("backing_off", "Objects whose last pass failed", Family::clone(&backing_off));
        registry.register("leader", "1 while this replica leads", Gauge::clone(&leading));
        registry.register(
            "unparsable_objects",
            "Objects that exist and cannot be read",
            Family::clone(&unparsable),
        );
        registry.register(
            "watch_failures",
            "Watches that had to start again",
            Family::clone(&watch_failures),
        );
        registry.register(
            "writes",
            "Requests that change objects (no events, no lease)",
            Family::clone(&writes),
        );
        registry.register("notices", "Events, by what became of them", Family::clone(&notices));
        registry.register("request_retries", "Requests sent again", Counter::clone(&retries));
        registry.register("build", "Version of this program", Info::new([("version", VERSION)]));
        let registry = Arc::new(registry);
        Self {
            registry,
            passes,
            durations,
            depth,
            backing_off,
            leading,
            unparsable,
            watch_failures,
            writes,
            notices,
            retries,
        }
    }

    /// All metrics in OpenMetrics text form ([`CONTENT_TYPE`]).
    pub fn encode(&self) -> String {
        let mut text = String::new();
        if let Err(error) = prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            // Writing to a String cannot fail; a comment is still better than silence.
            text.clear();
            let _ = writeln!(text, "# {error}");
        }
        text
    }

    /// Counts one pass of `controller` and its duration.
    pub fn pass(&self, controller: &'static str, result: PassResult, took: Duration) {
        self.passes.get_or_create(&PassLabels { controller, result }).inc();
        self.durations.get_or_create(&ControllerLabel { controller }).observe(took.as_secs_f64());
    }

    /// How many passes of `controller` ended with `result` so far.
    pub fn passes(&self, controller: &'static str, result: PassResult) -> u64 {
        self.passes.get_or_create(&PassLabels { controller, result }).get()
    }

    /// Sets how many objects wait for a pass, and how many of all are in back-off after a failed one.
    pub fn queue(&self, controller: &'static str, waiting: usize, backing_off: usize) {
        let label = ControllerLabel { controller };
        self.depth.get_or_create(&label).set(gauge_value(waiting));
        self.backing_off.get_or_create(&label).set(gauge_value(backing_off));
    }

    /// Says whether this replica leads.
    pub fn leading(&self, leads: bool) {
        self.leading.set(i64::from(leads));
    }

    /// Says that one watch of `kind` sees `now` objects that cannot be parsed, where it saw `before`.
    pub fn unparsable(&self, kind: &'static str, before: usize, now: usize) {
        // A difference, because one kind may have a watch per namespace.
        self.unparsable.get_or_create(&KindLabel { kind }).inc_by(gauge_value(now) - gauge_value(before));
    }

    /// How many objects of `kind` exist that cannot be parsed.
    pub fn unparsables(&self, kind: &'static str) -> i64 {
        self.unparsable.get_or_create(&KindLabel { kind }).get()
    }

    /// Counts a watch of `kind` that failed and starts again.
    pub fn watch_failed(&self, kind: &'static str) {
        self.watch_failures.get_or_create(&KindLabel { kind }).inc();
    }

    /// Counts a request that changes an object.
    pub fn wrote(&self, kind: &'static str, verb: Verb) {
        self.writes.get_or_create(&WriteLabels { kind, verb }).inc();
    }

    /// How many writes of `verb` on `kind` there were so far.
    pub fn writes(&self, kind: &'static str, verb: Verb) -> u64 {
        self.writes.get_or_create(&WriteLabels { kind, verb }).get()
    }

    /// Counts a notice.
    pub fn notice(&self, result: NoticeResult) {
        self.notices.get_or_create(&NoticeLabel { result }).inc();
    }

    /// How many notices ended with `result` so far.
    pub fn notices(&self, result: NoticeResult) -> u64 {
        self.notices.get_or_create(&NoticeLabel { result }).get()
    }

    /// Counts a request that is sent again.
    pub fn retried(&self) {
        self.retries.inc();
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn histogram() -> Histogram {
    // 1 ms to 30 s, the limit of one pass.
    Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
}

fn gauge_value(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_told_in_open_metrics_text() {
        let metrics = Metrics::new();
        metrics.pass("service", PassResult::Panicked, Duration::from_millis(5));
        metrics.wrote("Pod", Verb::Create);
        metrics.queue("service", 3, 1);
        metrics.leading(true);
        let text = metrics.encode();
        for line in [
            "berth_reconciles_total{controller=\"service\",result=\"panicked\"} 1",
            "berth_writes_total{kind=\"Pod\",verb=\"create\"} 1",
            "berth_queue_depth{controller=\"service\"} 3",
            "berth_backing_off{controller=\"service\"} 1",
            "berth_leader 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(text.contains(&format!("berth_build_info{{version=\"{VERSION}\"}} 1")), "{text}");
    }
}
