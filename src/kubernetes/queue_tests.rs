//! What the queue promises, with the clock stopped.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{advance, sleep};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::observe::{Metrics, PassResult, Pulses};

fn key(namespace: &str, name: &str) -> Key {
    Key { namespace: namespace.into(), name: name.into() }
}

fn options(concurrency: usize) -> RunOptions {
    RunOptions { concurrency, ..RunOptions::new("test", Metrics::new(), Pulses::default()) }
}

/// Runs `pass` for `time`.
async fn run_for<P, E>(
    time: Duration,
    queue: &Queue<Key>,
    options: &RunOptions,
    pass: impl Fn(Key) -> P + Send + Sync + 'static,
) where
    P: Future<Output = Result<Next, E>> + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
{
    let cancel = CancellationToken::new();
    let running = tokio::spawn(run(queue.clone(), options.clone(), cancel.clone(), pass));
    sleep(time).await;
    cancel.cancel();
    running.await.unwrap();
}

type Log = Arc<Mutex<Vec<String>>>;

fn log() -> (Log, impl Fn(&Key) + Send + Sync + 'static) {
    let log = Log::default();
    let sink = Arc::clone(&log);
    (log, move |key: &Key| sink.lock().unwrap().push(key.name.clone()))
}

#[tokio::test(start_paused = true)]
async fn a_key_added_many_times_is_passed_over_once_and_once_more_when_added_meanwhile() {
    let queue = Queue::default();
    for _ in 0..5 {
        queue.add(key("a", "1"));
    }
    assert_eq!(queue.len(), 1);
    let passes = Arc::new(AtomicUsize::new(0));
    let (count, again) = (Arc::clone(&passes), queue.clone());
    run_for(Duration::from_secs(10), &queue, &options(4), move |key| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        if first {
            again.add(key.clone());
            again.add(key);
        }
        async { Ok::<_, Infallible>(Next::Done) }
    })
    .await;
    assert_eq!(passes.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn never_two_passes_over_one_key_at_a_time_nor_more_than_allowed_over_all() {
    let queue = Queue::default();
    (0..20).for_each(|n| queue.add(key("a", &n.to_string())));
    let now: Arc<Mutex<Vec<Key>>> = Arc::default();
    let most = Arc::new(AtomicUsize::new(0));
    let (running, peak, again) = (Arc::clone(&now), Arc::clone(&most), queue.clone());
    run_for(Duration::from_secs(100), &queue, &options(3), move |key| {
        let (running, peak, again) = (Arc::clone(&running), Arc::clone(&peak), again.clone());
        async move {
            {
                let mut running = running.lock().unwrap();
                assert!(!running.contains(&key));
                running.push(key.clone());
                peak.fetch_max(running.len(), Ordering::SeqCst);
            }
            again.add_after(key.clone(), Duration::from_millis(10));
            sleep(Duration::from_millis(100)).await;
            running.lock().unwrap().retain(|other| *other != key);
            Ok::<_, Infallible>(Next::Done)
        }
    })
    .await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert!(now.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn namespaces_take_turns() {
    let queue = Queue::default();
    (0..50).for_each(|n| queue.add(key("storm", &format!("s{n}"))));
    queue.add(key("calm", "c0"));
    queue.add(key("calm", "c1"));
    queue.add(key("other", "o0"));
    let (log, note) = log();
    run_for(Duration::from_secs(10), &queue, &options(1), move |key| {
        note(&key);
        async { Ok::<_, Infallible>(Next::Done) }
    })
    .await;
    assert_eq!(log.lock().unwrap()[..7], ["s0", "c0", "o0", "s1", "c1", "s2", "s3"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_a_hang_and_an_error_harm_only_their_own_key() {
    let queue =
        Queue::new(BackoffLimits { first: Duration::from_secs(1), longest: Duration::from_secs(300) });
    for name in ["fine", "error", "panic", "hang"] {
        queue.add(key("a", name));
    }
    let options = options(2);
    run_for(Duration::from_secs(20), &queue, &options, |key| async move {
        match key.name.as_str() {
            "error" => Err("no"),
            "panic" => panic!("a bug"),
            "hang" => std::future::pending().await,
            _ => Ok(Next::After(Duration::from_secs(1))),
        }
    })
    .await;
    let count = |result| options.metrics.passes("test", result);
    assert!(count(PassResult::Requeued) >= 19, "{}", count(PassResult::Requeued));
    // Pauses of 1, 2, 4, 8 s, each up to a quarter shorter.
    assert!((5..=6).contains(&count(PassResult::Failed)), "{}", count(PassResult::Failed));
    assert!((5..=6).contains(&count(PassResult::Panicked)), "{}", count(PassResult::Panicked));
    assert_eq!(count(PassResult::TimedOut), 1, "cut off after 30 s, while draining");
    assert_eq!(queue.backing_off(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_change_ends_the_pause_after_a_failure_but_not_before_a_second() {
    let limits = BackoffLimits { first: Duration::from_secs(100), longest: Duration::from_secs(300) };
    let queue = Queue::new(limits);
    queue.add(key("a", "1"));
    assert!(queue.take().is_some());
    queue.finish(&key("a", "1"), Verdict::Failed);
    queue.add(key("a", "1"));
    assert_eq!(queue.take(), None);
    advance(COOL_DOWN).await;
    assert_eq!(queue.take(), Some(key("a", "1")));
    queue.finish(&key("a", "1"), Verdict::Fine(Next::Done));
    assert_eq!((queue.backing_off(), queue.next_visit()), (0, None));
}

#[tokio::test(start_paused = true)]
async fn the_earlier_of_two_visits_wins_and_a_pass_makes_both_superfluous() {
    let queue = Queue::default();
    queue.add_after(key("a", "1"), Duration::from_secs(10));
    queue.add_after(key("a", "1"), Duration::from_secs(5));
    queue.add_after(key("a", "1"), Duration::from_secs(20));
    assert_eq!(queue.next_visit(), Some(Instant::now() + Duration::from_secs(5)));
    queue.add(key("a", "1"));
    assert_eq!(queue.take(), Some(key("a", "1")));
    queue.finish(&key("a", "1"), Verdict::Fine(Next::After(Duration::from_secs(60))));
    assert_eq!(queue.next_visit(), Some(Instant::now() + Duration::from_secs(60)));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_lets_passes_end_and_a_dropped_one_leaves_them_to_the_next() {
    let queue = Queue::default();
    queue.add(key("a", "1"));
    let (log, note) = log();
    let note = Arc::new(note);
    let slow = {
        let note = Arc::clone(&note);
        move |key: Key| {
            let note = Arc::clone(&note);
            async move {
                sleep(Duration::from_secs(5)).await;
                note(&key);
                Ok::<_, Infallible>(Next::Done)
            }
        }
    };
    let dropped = run(queue.clone(), options(1), CancellationToken::new(), slow.clone());
    assert!(tokio::time::timeout(Duration::from_secs(1), dropped).await.is_err());
    sleep(Duration::from_secs(10)).await;
    assert!(log.lock().unwrap().is_empty());
    run_for(Duration::from_secs(1), &queue, &options(1), slow).await;
    assert_eq!(*log.lock().unwrap(), ["1"]);
}
