//! From (the lease as read, what was seen of it before) to what a candidate may do. No clock, no client.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use tokio::time::Instant;

use super::LeaseOptions;

/// What a candidate may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// There is no lease; make one.
    Create,
    /// It is free, ours from before, or has run out.
    Take,
    /// It is held; look again after this time.
    Wait(Duration),
}

/// The state of the lease that was seen last, and when it was seen first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    state: Option<(String, Instant)>,
}

impl Seen {
    /// Notes what was read.
    pub fn observe(&mut self, lease: Option<&Lease>, now: Instant) {
        let version = lease.and_then(|lease| lease.metadata.resource_version.clone());
        let known = self.state.as_ref().map(|(version, _)| version);
        if known != version.as_ref() {
            self.state = version.map(|version| (version, now));
        }
    }

    /// How long the lease has not changed before our eyes.
    fn unchanged_for(&self, now: Instant) -> Duration {
        self.state.as_ref().map_or(Duration::ZERO, |(_, since)| now.saturating_duration_since(*since))
    }
}

/// Who holds `lease`, if anybody.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// What candidate `me` may do. A lease holds for as long as its holder says, or for `duration` if it does not.
pub(super) fn decide(
    lease: Option<&Lease>,
    seen: &Seen,
    me: &str,
    duration: Duration,
    now: Instant,
) -> Claim {
    let Some(lease) = lease else { return Claim::Create };
    match holder(lease) {
        None => Claim::Take,
        Some(holder) if holder == me => Claim::Take,
        Some(_) => {
            let told = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
            let told = told.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
            let left = told.unwrap_or(duration).saturating_sub(seen.unchanged_for(now));
            if left.is_zero() { Claim::Take } else { Claim::Wait(left) }
        }
    }
}

/// `lease` (or a new one) with the candidate of `options` as its holder.
pub(super) fn signed(lease: Option<Lease>, options: &LeaseOptions, now: Timestamp) -> Lease {
    let mut lease = lease.unwrap_or_else(|| Lease {
        metadata: ObjectMeta {
            namespace: Some(options.namespace.clone()),
            name: Some(options.name.clone()),
            ..ObjectMeta::default()
        },
        spec: None,
    });
    let again = holder(&lease) == Some(options.identity.as_str());
    let before = lease.spec.take().unwrap_or_default();
    let seconds = i32::try_from(options.duration.as_secs()).unwrap_or(i32::MAX);
    lease.spec = Some(LeaseSpec {
        holder_identity: Some(options.identity.clone()),
        // The API server refuses zero.
        lease_duration_seconds: Some(seconds.max(1)),
        acquire_time: if again { before.acquire_time } else { Some(MicroTime(now)) },
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(before.lease_transitions.unwrap_or(0).saturating_add(i32::from(!again))),
        ..LeaseSpec::default()
    });
    lease
}

/// `lease` with a new renew time.
pub(super) fn renewed(lease: &Lease, now: Timestamp) -> Lease {
    let mut lease = lease.clone();
    lease.spec.get_or_insert_default().renew_time = Some(MicroTime(now));
    lease
}

/// `lease` without a holder.
pub(super) fn unsigned(lease: &Lease, now: Timestamp) -> Lease {
    let mut lease = renewed(lease, now);
    let spec = lease.spec.get_or_insert_default();
    spec.holder_identity = None;
    // A candidate that does not look at the holder waits no longer than this.
    spec.lease_duration_seconds = Some(1);
    lease
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DURATION: Duration = Duration::from_secs(15);

    fn options(me: &str) -> LeaseOptions {
        LeaseOptions::new("berth", "berth", me)
    }

    fn lease(holder: &str, version: u64) -> Lease {
        let mut lease = signed(None, &options(holder), Timestamp::UNIX_EPOCH);
        lease.metadata.resource_version = Some(version.to_string());
        lease
    }

    #[test]
    fn a_missing_or_free_lease_or_our_own_is_taken_at_once() {
        let now = Instant::now();
        let seen = Seen::default();
        assert_eq!(decide(None, &seen, "a", DURATION, now), Claim::Create);
        assert_eq!(decide(Some(&lease("a", 1)), &seen, "a", DURATION, now), Claim::Take);
        let free = unsigned(&lease("b", 1), Timestamp::UNIX_EPOCH);
        assert_eq!(decide(Some(&free), &seen, "a", DURATION, now), Claim::Take);
    }

    #[test]
    fn a_held_lease_is_taken_only_after_we_have_seen_it_unchanged_for_its_duration() {
        let start = Instant::now();
        let mut seen = Seen::default();
        seen.observe(Some(&lease("b", 1)), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let decide = |seen: &Seen, seconds| decide(Some(&lease("b", 1)), seen, "a", DURATION, at(seconds));
        assert_eq!(decide(&seen, 0), Claim::Wait(DURATION));
        assert_eq!(decide(&seen, 14), Claim::Wait(Duration::from_secs(1)));
        assert_eq!(decide(&seen, 15), Claim::Take);
        seen.observe(Some(&lease("b", 1)), at(14));
        assert_eq!(decide(&seen, 15), Claim::Take, "the same again changes nothing");
        seen.observe(Some(&lease("b", 2)), at(15));
        assert_eq!(decide(&seen, 15), Claim::Wait(DURATION), "renewed");
    }

    #[test]
    fn transitions_count_holders_and_times_follow() {
        let now = Timestamp::from_second(100).unwrap();
        let spec = |lease: &Lease| lease.spec.clone().unwrap();
        let taken = signed(Some(lease("b", 1)), &options("a"), now);
        assert_eq!(spec(&taken).lease_transitions, Some(2));
        assert_eq!(spec(&taken).acquire_time, Some(MicroTime(now)));
        assert_eq!(taken.metadata.resource_version.as_deref(), Some("1"), "compare and swap");
        let again = signed(Some(lease("a", 1)), &options("a"), now);
        assert_eq!(spec(&again).lease_transitions, Some(1));
        assert_eq!(spec(&again).acquire_time, Some(MicroTime(Timestamp::UNIX_EPOCH)));
        assert_eq!(holder(&unsigned(&taken, now)), None);
    }

    /// A world of one lease with compare-and-swap, candidates that act at random times, stall and lose
    /// answers, each with its own view and all with one true time.
    fn never_two_leaders(steps: &[(usize, u64, bool)]) {
        const RENEW: Duration = Duration::from_secs(10);
        let start = Instant::now();
        let mut now = start;
        let mut stored: Option<Lease> = None;
        let mut version = 0;
        let mut seen = [Seen::default(), Seen::default(), Seen::default()];
        let mut leads_until: [Option<Instant>; 3] = [None; 3];
        for &(who, pause, answered) in steps {
            now += Duration::from_secs(pause);
            let me = ["a", "b", "c"][who];
            seen[who].observe(stored.as_ref(), now);
            let claim = decide(stored.as_ref(), &seen[who], me, DURATION, now);
            if !matches!(claim, Claim::Wait(_)) {
                version += 1;
                let mut wanted = signed(stored.take(), &options(me), Timestamp::UNIX_EPOCH);
                wanted.metadata.resource_version = Some(version.to_string());
                stored = Some(wanted);
                if answered {
                    leads_until[who] = Some(now + RENEW);
                }
            }
            let leaders = leads_until.iter().flatten().filter(|until| **until > now).count();
            assert!(leaders <= 1, "{leaders} leaders after {:?}", now - start);
        }
    }

    proptest! {
        #[test]
        fn there_are_never_two_leaders(
            steps in prop::collection::vec((0..3_usize, 0..20_u64, any::<bool>()), 1..200),
        ) {
            never_two_leaders(&steps);
        }
    }
}
