//! Zones that are uneven become even, one task at a time, and then rest.

use super::*;
use crate::model::Zone;
use proptest::prelude::*;

const ZONES: [&str; 3] = ["a", "b", "c"];

fn zones(room: [bool; 3]) -> Vec<Zone> {
    ZONES.iter().zip(room).map(|(name, has_room)| Zone { name: (*name).to_owned(), has_room }).collect()
}

fn in_zone(number: u32, zone: &str) -> Task {
    Task {
        zone: Some(zone.into()),
        instance: Some(format!("node-{zone}")),
        ..task(1, number, Health::Healthy)
    }
}

fn spread(zones: &str) -> Vec<Task> {
    (1..).zip(zones.chars()).map(|(number, zone)| in_zone(number, &zone.to_string())).collect()
}

fn web(desired: u32) -> Service {
    Service { rebalances: true, ..service(desired, 100, 200) }
}

fn completed() -> Deployment {
    Deployment { state: RolloutState::Completed, ..deployment(1) }
}

/// A whole pass at `second`.
fn pass(web: &Service, deployments: &[Deployment], tasks: &[Task], open: &[Zone], second: i64) -> Plan {
    let mut step = plan(web, deployments, tasks, at(second));
    rebalance(&mut step, web, (deployments, tasks), &|| open.to_vec(), at(second));
    step
}

fn look(web: &Service, tasks: &[Task], open: &[Zone]) -> Plan {
    pass(web, &[completed()], tasks, open, 100)
}

fn aim(plan: &Plan) -> Option<&str> {
    plan.start.iter().find_map(|start| start.zone.as_deref())
}

#[test]
fn a_task_is_started_in_the_emptiest_zone_that_has_room() {
    let all = spread("aaab");
    let step = look(&web(4), &all, &zones([true; 3]));
    assert_eq!((aim(&step), started(&step), step.stop.len()), (Some("c"), 1, 0));
    let counts = [("a", 3), ("b", 1), ("c", 0)].map(|(zone, count)| (zone.to_owned(), count)).into();
    assert_eq!(step.balance, Some(Balance::Begun(counts)));
    assert_eq!(aim(&look(&web(4), &all, &zones([true, true, false]))), Some("b"));
    assert_eq!(aim(&look(&web(4), &all, &zones([true, false, false]))), None);
    assert_eq!(aim(&look(&web(4), &all, &zones([true; 3])[..1])), None, "there is no other zone");
}

#[test]
fn zones_that_differ_by_one_are_even() {
    for even in ["aabbc", "ab", "abc", "aabbcc", "a"] {
        let step = look(&web(even.len() as u32), &spread(even), &zones([true; 3]));
        assert_eq!(step.start, [], "{even}");
        assert!(matches!(step.balance, Some(Balance::Even(_))), "{even}: {:?}", step.balance);
    }
}

#[test]
fn only_a_settled_service_is_balanced() {
    let all = spread("aaab");
    let open = zones([true; 3]);
    assert_eq!(aim(&look(&Service { rebalances: false, ..web(4) }, &all, &open)), None);
    assert_eq!(aim(&look(&Service { maximum_percent: 100, ..web(4) }, &all, &open)), None);
    assert_eq!(
        aim(&look(&Service { maximum_percent: 120, ..web(4) }, &all, &open)),
        None,
        "no room for one more"
    );
    assert_eq!(aim(&pass(&web(4), &[deployment(1)], &all, &open, 100)), None, "in progress");
    let changed = |change: fn(&mut Task)| {
        let mut all = all.clone();
        change(&mut all[3]);
        look(&web(4), &all, &open)
    };
    assert_eq!(aim(&changed(|task| task.health = STARTING)), None);
    assert_eq!(aim(&changed(|task| task.health = Health::Unhealthy)), None);
    assert_eq!(aim(&changed(|task| task.draining = true)), None);
    assert_eq!(aim(&changed(|task| task.zone = None)), None, "nobody knows where it is");
    let young = changed(|task| task.started_at = Some(at(90)));
    assert_eq!((aim(&young), young.next), (None, Some(at(105))));
    assert_eq!(aim(&look(&web(5), &all, &open)), None, "one is missing");
}

#[test]
fn one_of_the_fullest_zone_goes_when_the_new_one_is_healthy() {
    let mut all = spread("aaab");
    all.push(Task { moved_to: Some("c".into()), health: STARTING, ..in_zone(5, "c") });
    let open = zones([true; 3]);
    let waiting = look(&web(4), &all, &open);
    assert_eq!((waiting.start.len(), waiting.stop.len(), waiting.settled.len()), (0, 0, 0));
    all[4].health = Health::Healthy;
    let done = look(&web(4), &all, &open);
    assert_eq!(done.stop.len(), 1);
    assert_eq!(done.stop[0].task, "web-1-3");
    assert_eq!(done.stop[0].moved_from.as_deref(), Some("a"));
    assert!(
        done.stop[0].reason.starts_with("Availability-zone rebalancing initiated by (deployment ecs-svc/")
    );
    assert_eq!(done.settled, ["web-1-5"]);
    all.remove(2);
    let again = look(&web(4), &all, &open);
    assert_eq!(
        (again.stop.len(), again.settled),
        (0, vec!["web-1-5".to_owned()]),
        "the mark goes in any case"
    );
}

#[test]
fn a_task_that_finds_no_instance_in_its_zone_is_given_up_for_longer_each_time() {
    let open = zones([true; 3]);
    let lost = |second| Task {
        moved_to: Some("c".into()),
        health: STARTING,
        last_status: LastStatus::Provisioning,
        started_at: None,
        instance: None,
        zone: None,
        unplaced: Some("0/3 nodes are available".into()),
        created_at: at(second),
        ..task(1, 9, STARTING)
    };
    let mut deployment = completed();
    let mut second = 100;
    for minutes in [10, 20, 40] {
        let mut all = spread("aaab");
        assert_eq!(aim(&pass(&web(4), &[deployment.clone()], &all, &open, second)), Some("c"));
        all.push(lost(second));
        let step = pass(&web(4), &[deployment], &all, &open, second + 1);
        assert_eq!(step.stop.len(), 1);
        assert!(step.stop[0].unplaced && step.stop[0].task == "web-1-9");
        assert_eq!(step.balance, Some(Balance::Unplaced("c".into())));
        deployment = step.deployments[0].clone();
        let resumes = second + 1 + minutes * 60;
        assert_eq!(deployment.next_move_at, Some(at(resumes)));
        assert_eq!(deployment.launch_attempts, 0, "that is no failed launch");
        let waiting = pass(&web(4), &[deployment.clone()], &all[..4], &open, second + 2);
        assert_eq!((aim(&waiting), waiting.next), (None, Some(at(resumes))));
        second = resumes;
    }
}

#[test]
fn a_task_that_ends_by_itself_or_gets_no_better_ends_the_move() {
    let open = zones([true; 3]);
    let mut all = spread("aaab");
    all.push(Task { moved_to: Some("c".into()), created_at: at(90), ..in_zone(5, "c") });
    let mut crashed = all.clone();
    crashed[4].last_status = LastStatus::Stopped;
    crashed[4].failed_at = Some(at(95));
    let step = look(&web(4), &crashed, &open);
    assert_eq!((step.start.len(), step.balance.clone()), (0, Some(Balance::Stopped)));
    assert_eq!(step.deployments[0].failed_moves, 1);
    let later = pass(&web(4), &step.deployments, &crashed, &open, 110);
    assert_eq!((later.start.len(), later.deployments[0].failed_moves), (0, 1), "counted once");
    let mut sick = all.clone();
    sick[4].health = Health::Unhealthy;
    let step = look(&web(4), &sick, &open);
    assert_eq!((step.stop[0].task.as_str(), step.deployments[0].failed_moves), ("web-1-5", 1));
    // Meanwhile others have moved: it would be one too many where it is.
    for task in &mut all[..4] {
        task.zone = Some("c".into());
    }
    let mut moved = spread("abcc");
    moved.push(Task { moved_to: Some("c".into()), ..in_zone(5, "c") });
    let step = look(&web(4), &moved, &open);
    assert_eq!((step.stop[0].task.as_str(), step.deployments[0].failed_moves), ("web-1-5", 1));
}

#[test]
fn protected_tasks_keep_their_zone_full() {
    let open = zones([true; 3]);
    let mut all = spread("aaab");
    all[..3].iter_mut().for_each(|task| task.protected_until = Some(at(3600)));
    let step = look(&web(4), &all, &open);
    assert_eq!((step.start.len(), step.balance.clone()), (0, Some(Balance::Protected)));
    assert_eq!(step.next, Some(at(3600)));
    all.push(Task { moved_to: Some("c".into()), ..in_zone(5, "c") });
    let step = look(&web(4), &all, &open);
    assert_eq!((step.stop[0].task.as_str(), step.balance.clone()), ("web-1-5", Some(Balance::Protected)));
}

#[test]
fn a_move_that_meets_a_change_becomes_part_of_it() {
    let open = zones([true; 3]);
    let mut all = spread("aaab");
    all.push(Task { moved_to: Some("c".into()), ..in_zone(5, "c") });
    let grown = look(&web(5), &all, &open);
    assert_eq!((grown.stop.len(), grown.settled.as_slice()), (0, &["web-1-5".to_owned()][..]));
    let shrunk = look(&web(2), &all, &open);
    assert_eq!(shrunk.stop.len(), 3);
    all[4].health = STARTING;
    all[0].broken = Some((StopCode::EssentialContainerExited, "it ended".into()));
    let replaced = look(&web(4), &all, &open);
    assert_eq!((replaced.start.len(), replaced.stop.len()), (0, 1), "it is on its way already");
}

proptest! {
    #[test]
    fn zones_become_even_and_then_nothing_moves(
        places in prop::collection::vec(0..3usize, 1..30),
        fails in prop::collection::vec(any::<bool>(), 30),
    ) {
        let desired = places.len() as u32;
        let mut all: Vec<Task> =
            (1..).zip(&places).map(|(number, place)| in_zone(number, ZONES[*place])).collect();
        let (web, open, mut deployments) = (web(desired), zones([true; 3]), vec![completed()]);
        let (mut now, mut moves, mut fails) = (100, 0, fails.into_iter());
        let mut still = 0;
        // Longer than the longest wait after moves that failed.
        while still < 100 {
            now += 1000;
            let step = pass(&web, &deployments, &all, &open, now);
            still = if step.start.is_empty() && step.stop.is_empty() { still + 1 } else { 0 };
            for stop in &step.stop {
                all.retain(|task| task.name != stop.task);
            }
            for task in all.iter_mut().filter(|task| step.settled.contains(&task.name)) {
                task.moved_to = None;
            }
            for start in &step.start {
                moves += 1;
                let zone = start.zone.clone().unwrap();
                let mut task = in_zone(start.first_number, &zone);
                (task.moved_to, task.created_at) = (Some(zone), at(now));
                if fails.next() == Some(true) {
                    task.health = Health::Unhealthy;
                }
                all.push(task);
            }
            let healthy = all.iter().filter(|task| task.is_healthy()).count() as u32;
            prop_assert!(healthy >= desired && all.len() as u32 <= desired + 1);
            deployments = step.deployments;
        }
        let count = |zone: &&str| all.iter().filter(|task| task.zone.as_deref() == Some(*zone)).count();
        let counts: Vec<usize> = ZONES.iter().map(&count).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        prop_assert!(moves <= 2 * desired + 30, "{moves} moves");
    }
}
