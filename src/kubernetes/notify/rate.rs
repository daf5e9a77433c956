//! Which notices become events: token buckets per object and in all, and no repetitions.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use tokio::time::Instant;

use super::{Notice, NotifierOptions};

/// Objects remembered at most; the longest silent ones are forgotten first.
const REMEMBERED: usize = 20_000;

/// What is to become of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    Repeated,
    Limited,
}

/// What was told lately.
#[derive(Debug)]
pub(super) struct Rates {
    options: NotifierOptions,
    all: Option<Bucket>,
    objects: HashMap<String, Told>,
}

#[derive(Debug)]
struct Told {
    bucket: Bucket,
    last: u64,
    at: Instant,
}

impl Rates {
    pub fn new(options: NotifierOptions) -> Self {
        Self { options, all: None, objects: HashMap::new() }
    }

    pub fn judge(&mut self, regarding: &ObjectReference, notice: &Notice, now: Instant) -> Verdict {
        let mut hasher = DefaultHasher::new();
        notice.hash(&mut hasher);
        let content = hasher.finish();
        self.forget(now);
        let NotifierOptions { object_burst, object_refill, global_burst, global_refill, .. } = self.options;
        let told = self.objects.entry(identity(regarding)).or_insert_with(|| Told {
            bucket: Bucket::full(object_burst, now),
            last: !content,
            at: now,
        });
        if told.last == content && now.duration_since(told.at) < self.options.repeat_after {
            return Verdict::Repeated;
        }
        let all = self.all.get_or_insert_with(|| Bucket::full(global_burst, now));
        // Both are looked at before either is charged.
        if !told.bucket.has_token(object_burst, object_refill, now)
            || !all.has_token(global_burst, global_refill, now)
        {
            return Verdict::Limited;
        }
        told.bucket.charge();
        all.charge();
        (told.last, told.at) = (content, now);
        Verdict::Send
    }

    fn forget(&mut self, now: Instant) {
        if self.objects.len() < REMEMBERED {
            return;
        }
        let keep = self.options.repeat_after;
        self.objects.retain(|_, told| now.duration_since(told.at) < keep);
        if self.objects.len() >= REMEMBERED {
            let mut times: Vec<_> = self.objects.values().map(|told| told.at).collect();
            times.sort_unstable();
            let median = times.get(times.len() / 2).copied().unwrap_or(now);
            self.objects.retain(|_, told| told.at > median);
        }
    }
}

fn identity(regarding: &ObjectReference) -> String {
    regarding.uid.clone().unwrap_or_else(|| {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}/{}/{}", part(&regarding.kind), part(&regarding.namespace), part(&regarding.name))
    })
}

/// Tokens, of which one comes back per refill time.
#[derive(Debug)]
struct Bucket {
    tokens: u32,
    since: Instant,
}

impl Bucket {
    fn full(burst: u32, now: Instant) -> Self {
        Self { tokens: burst, since: now }
    }

    fn has_token(&mut self, burst: u32, refill: Duration, now: Instant) -> bool {
        let passed = now.duration_since(self.since).as_nanos();
        let back = passed.checked_div(refill.as_nanos()).unwrap_or(u128::MAX);
        let back = u32::try_from(back).unwrap_or(u32::MAX);
        if back >= burst.saturating_sub(self.tokens) {
            (self.tokens, self.since) = (burst, now);
        } else if back > 0 {
            self.tokens = self.tokens.saturating_add(back);
            // What is left of the time counts for the next token.
            self.since += refill.saturating_mul(back);
        }
        self.tokens > 0
    }

    fn charge(&mut self) {
        self.tokens = self.tokens.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::notify::NoticeType;

    fn object(uid: &str) -> ObjectReference {
        ObjectReference { uid: Some(uid.into()), ..ObjectReference::default() }
    }

    fn notice(note: &str) -> Notice {
        Notice { type_: NoticeType::Normal, reason: "R".into(), action: "A".into(), note: note.into() }
    }

    /// How many of `count` different notices about `uid` are sent at `now`.
    fn sent(rates: &mut Rates, uid: &str, count: u32, now: Instant) -> usize {
        let mut judge = |n| rates.judge(&object(uid), &notice(&format!("{n} {now:?}")), now);
        (0..count).filter(|n| judge(*n) == Verdict::Send).count()
    }

    #[test]
    fn an_object_gets_a_burst_and_then_one_per_refill() {
        let mut rates = Rates::new(NotifierOptions::new("pod"));
        let start = Instant::now();
        let minutes = |n: u64| start + Duration::from_secs(60 * n);
        assert_eq!(sent(&mut rates, "u1", 40, start), 25);
        assert_eq!(sent(&mut rates, "u1", 40, minutes(4)), 0);
        assert_eq!(sent(&mut rates, "u1", 40, minutes(9)), 1, "five minutes, and four that count on");
        assert_eq!(sent(&mut rates, "u1", 40, minutes(10)), 1);
        assert_eq!(sent(&mut rates, "u2", 3, minutes(10)), 3, "others have their own");
        assert_eq!(sent(&mut rates, "u1", 40, minutes(10_000)), 25);
    }

    #[test]
    fn the_process_has_a_limit_of_its_own() {
        let options = NotifierOptions { global_burst: 30, ..NotifierOptions::new("pod") };
        let mut rates = Rates::new(options);
        let start = Instant::now();
        let first: usize = (0..10).map(|n| sent(&mut rates, &format!("u{n}"), 5, start)).sum();
        assert_eq!(first, 30);
        let later = start + Duration::from_millis(100);
        assert_eq!(sent(&mut rates, "u9", 9, later), 5, "one per 20 ms; the object was not charged before");
    }

    #[test]
    fn the_same_notice_in_a_row_is_told_once_in_six_hours() {
        let mut rates = Rates::new(NotifierOptions::new("pod"));
        let start = Instant::now();
        let mut tell = |note: &str, after: u64| {
            rates.judge(&object("u1"), &notice(note), start + Duration::from_secs(after))
        };
        assert_eq!(tell("steady", 0), Verdict::Send);
        assert_eq!(tell("steady", 5 * 3600), Verdict::Repeated);
        assert_eq!(tell("changed", 5 * 3600), Verdict::Send);
        assert_eq!(tell("steady", 5 * 3600), Verdict::Send, "not in a row");
        assert_eq!(tell("steady", 11 * 3600 - 1), Verdict::Repeated);
        assert_eq!(tell("steady", 11 * 3600), Verdict::Send);
    }

    #[test]
    fn memory_is_bounded() {
        let options = NotifierOptions { global_burst: u32::MAX, ..NotifierOptions::new("pod") };
        let mut rates = Rates::new(options);
        let start = Instant::now();
        for n in 0..50_000_u32 {
            let at = start + Duration::from_millis(u64::from(n));
            assert_eq!(rates.judge(&object(&n.to_string()), &notice("x"), at), Verdict::Send);
        }
        assert!(rates.objects.len() <= REMEMBERED, "{}", rates.objects.len());
    }
}
