//! From "my loop went round" to "this process is alive".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Who beats, how long it may be silent, and when it last beat.
type Beats = Arc<Mutex<BTreeMap<u64, Beat>>>;

#[derive(Debug)]
struct Beat {
    name: String,
    limit: Duration,
    last: Instant,
}

/// All loops that must make progress. `/livez` asks it; leadership plays no part.
#[derive(Clone, Debug, Default)]
pub struct Pulses {
    beats: Beats,
}

/// The right, and the duty, of one loop to say that it goes round. Dropping it ends the duty,
/// except in a panic: a loop that dies so is missed.
#[derive(Debug)]
pub struct Pulse {
    beats: Beats,
    id: u64,
}

impl Pulses {
    /// Registers a loop that beats at least once per `limit` from now on.
    pub fn register(&self, name: impl Into<String>, limit: Duration) -> Pulse {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let id = beats.last_key_value().map_or(0, |(id, _)| id.wrapping_add(1));
        beats.insert(id, Beat { name: name.into(), limit, last: Instant::now() });
        Pulse { beats: Arc::clone(&self.beats), id }
    }

    /// Names of the loops that have been silent for longer than they may.
    pub fn silent(&self) -> Vec<String> {
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        beats.values().filter(|beat| beat.last.elapsed() > beat.limit).map(|beat| beat.name.clone()).collect()
    }
}

impl Pulse {
    /// Says that the loop goes round.
    pub fn beat(&self) {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beats.get_mut(&self.id) {
            beat.last = Instant::now();
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.beats.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stops_beating_is_named_until_it_beats_or_ends() {
        let pulses = Pulses::default();
        let first = pulses.register("first", Duration::from_secs(10));
        let second = pulses.register("second", Duration::from_secs(60));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(pulses.silent(), ["first"]);
        first.beat();
        assert!(pulses.silent().is_empty());
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(pulses.silent(), ["first", "second"]);
        drop(first);
        second.beat();
        assert!(pulses.silent().is_empty());
    }
}
