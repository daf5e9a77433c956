//! The I/O edge against a real API server: what it promises, seen from outside.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "edge/support.rs"]
mod support;

#[path = "edge/leases.rs"]
mod leases;
#[path = "edge/watches.rs"]
mod watches;
#[path = "edge/writes.rs"]
mod writes;

use support::Edge;
use testbed::{Bed, BedConfig};

/// One control plane for all: it takes ten times as long as the rest.
#[tokio::test(flavor = "multi_thread")]
async fn the_edge_keeps_its_promises_against_a_real_api_server() {
    let bed = Bed::start(BedConfig { simulated: false, ..BedConfig::default() }).await.unwrap();
    let edge = Edge::new(bed).await;
    // Before the CRDs are there.
    let waiting = watches::a_kind_without_crd_is_waited_for(&edge).await;
    edge.install_crds().await;
    assert!(waiting.await.unwrap(), "the watch found its kind");
    tokio::join!(
        writes::an_apply_writes_what_differs_and_only_that(&edge),
        writes::nobody_else_s_object_is_touched(&edge),
        writes::a_create_happens_once(&edge),
        writes::patches_and_deletes_hold_for_one_object(&edge),
        writes::shared_objects_live_as_long_as_their_users(&edge),
        writes::status_goes_to_the_object_that_was_judged(&edge),
        writes::guards_hold_before_any_request(&edge),
        writes::notices_become_events(&edge),
        watches::stores_show_writes_and_say_when(&edge),
        watches::an_object_that_cannot_be_read_stalls_nothing(&edge),
    );
    leases::a_lease_changes_hands_at_once_when_given_up(&edge).await;
    leases::a_lease_changes_hands_when_its_holder_is_gone(&edge).await;
    leases::a_leader_without_api_server_stops_in_time(&edge).await;
    watches::watches_go_on_after_the_api_server_was_away(&edge).await;
    edge.end().await;
}
