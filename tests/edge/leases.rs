//! Leader election between two candidates.

use std::time::{Duration, Instant};

use berth::kubernetes::{Election, Leadership, LeaseOptions, elect};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;

use crate::support::{Edge, until};

const LONG: Duration = Duration::from_secs(15);

fn candidate(edge: &Edge, lease: &str, me: &str, duration: Duration) -> Election {
    let options = LeaseOptions {
        duration,
        renew_deadline: duration.mul_f64(0.66),
        retry: duration / 8,
        ..LeaseOptions::new("default", lease, me)
    };
    elect(edge.client.clone(), options, edge.metrics.clone(), &edge.pulses)
}

fn leads(election: &Election) -> bool {
    *election.leadership().borrow() == Leadership::Leading
}

async fn lease(edge: &Edge, name: &str) -> Lease {
    Api::namespaced(edge.client.clone(), "default").get(name).await.unwrap()
}

pub async fn a_lease_changes_hands_at_once_when_given_up(edge: &Edge) {
    let first = candidate(edge, "given-up", "first", LONG);
    until("the first leads", async || leads(&first)).await;
    let second = candidate(edge, "given-up", "second", LONG);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!leads(&second));
    let start = Instant::now();
    first.release().await;
    until("the second leads", async || leads(&second)).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let spec = lease(edge, "given-up").await.spec.unwrap();
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("second"), Some(2)));
    second.release().await;
    assert_eq!(lease(edge, "given-up").await.spec.unwrap().holder_identity, None);
}

pub async fn a_lease_changes_hands_when_its_holder_is_gone(edge: &Edge) {
    let duration = Duration::from_secs(4);
    // Its runtime ends with it, as a process that is killed.
    let gone = tokio::task::spawn_blocking({
        let kubeconfig = edge.bed.kubeconfig().to_owned();
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let options = berth::kubernetes::ClientOptions {
                    kubeconfig: Some(kubeconfig),
                    ..berth::kubernetes::ClientOptions::default()
                };
                let metrics = berth::observe::Metrics::new();
                let client = berth::kubernetes::client(&options, &metrics).await.unwrap();
                let options = LeaseOptions::new("default", "gone", "gone").lasting(duration);
                let pulses = berth::observe::Pulses::default();
                let election = elect(client, options, metrics, &pulses);
                until("it leads", async || leads(&election)).await;
                // It renews, so that what the other saw in the beginning is not the last it hears.
                tokio::time::sleep(duration.mul_f64(1.1)).await;
            });
            Instant::now()
        }
    });
    let leases: Api<Lease> = Api::namespaced(edge.client.clone(), "default");
    until("there is a lease", async || leases.get_opt("gone").await.unwrap().is_some()).await;
    let next = candidate(edge, "gone", "next", duration);
    let gone = gone.await.unwrap();
    until("the next leads", async || leads(&next)).await;
    let took = gone.elapsed();
    assert!(took >= duration - Duration::from_secs(1), "not before the lease has run out: {took:?}");
    assert!(took < duration + Duration::from_secs(2), "{took:?}");
    next.release().await;
}

pub async fn a_leader_without_api_server_stops_in_time(edge: &Edge) {
    let duration = Duration::from_secs(6);
    let leader = candidate(edge, "alone", "leader", duration);
    until("it leads", async || leads(&leader)).await;
    edge.bed.stop_apiserver().unwrap();
    let took = until("it stops leading", async || !leads(&leader)).await;
    assert!(took < duration, "before others may lead: {took:?}");
    edge.bed.start_apiserver().await.unwrap();
    until("it leads again", async || leads(&leader)).await;
    leader.release().await;
}
