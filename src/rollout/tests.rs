use super::*;
use crate::model::{
    DeploymentId, Health, Identity, LastStatus, NetworkMode, Placement, RolloutState, Service, StopCode,
    Task, TaskDefinition,
};
use jiff::SignedDuration;

mod balancing;
mod chances;
mod protected;
mod scaling_in;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn service(desired: u32, minimum: u32, maximum: u32) -> Service {
    Service {
        identity: Identity { namespace: "shop".into(), name: "web".into(), uid: "u".into(), generation: 1 },
        name: "web".into(),
        cluster: "default".into(),
        task_definition: TaskDefinition {
            family: "web".into(),
            revision: 2,
            network_mode: NetworkMode::Awsvpc,
            ..TaskDefinition::default()
        },
        desired_count: desired,
        minimum_healthy_percent: minimum,
        maximum_percent: maximum,
        placement: Placement::default(),
        rebalances: false,
        target_groups: vec![],
        registrations: vec![],
        health_check_grace_period: 0,
        deregistration_delay: 0,
        stopped_tasks_kept: 10,
        tagging: Default::default(),
        launch_volumes: vec![],
        fingerprint: String::new(),
    }
}

fn deployment(sequence: i64) -> Deployment {
    Deployment {
        id: DeploymentId::new("u", "f", sequence),
        sequence,
        task_definition: format!("web:{sequence}"),
        state: RolloutState::InProgress,
        created_at: at(0),
        launch_attempts: 0,
        next_launch_at: None,
        failed_moves: 0,
        next_move_at: None,
        images: Vec::new(),
        failed_tasks: 0,
    }
}

pub(super) fn task(sequence: i64, number: u32, health: Health) -> Task {
    Task {
        name: format!("web-{sequence}-{number}"),
        id: format!("{sequence}-{number}"),
        number,
        deployment: DeploymentId::new("u", "f", sequence),
        last_status: LastStatus::Running,
        desired_stopped: false,
        started_at: Some(at(1)),
        health,
        created_at: at(0),
        stopped_at: None,
        instance: Some(format!("node-{}", number % 6)),
        zone: Some(format!("zone-{}", number % 3)),
        broken: None,
        failed_at: None,
        draining: false,
        attributes: Default::default(),
        left: None,
        size: Default::default(),
        protected_until: None,
        is_shielded: false,
        unready_since: None,
        moved_to: None,
        story: None,
        unplaced: None,
        releases: vec![],
        listing: crate::model::Listing::Selected,
    }
}

const STARTING: Health = Health::Unknown { decided_at: None };

fn tasks(sequence: i64, count: u32, health: Health) -> Vec<Task> {
    (1..=count).map(|number| task(sequence, number, health)).collect()
}

fn crashed(sequence: i64, number: u32, second: i64) -> Task {
    let mut task = task(sequence, number, STARTING);
    task.last_status = LastStatus::Stopped;
    task.stopped_at = Some(at(second));
    task.failed_at = Some(at(second));
    task
}

fn started(plan: &Plan) -> u32 {
    plan.start.iter().map(|start| start.count).sum()
}

#[test]
fn what_is_about_to_stop_is_let_go_nowhere_and_shown_nowhere() {
    let mut all = tasks(1, 3, Health::Healthy);
    for task in &mut all {
        task.releases = vec![Release { container: "app".into(), image: "i".into() }];
        task.listing = crate::model::Listing::Dropped;
    }
    all[0].broken = Some((StopCode::TaskFailedToStart, "it is late".into()));
    all[1].desired_stopped = true;
    let plan = plan(&service(3, 100, 200), &[deployment(1)], &all, at(0));
    let going: Vec<&str> = plan.go.iter().map(|go| go.task.as_str()).collect();
    assert_eq!((going, plan.list), (vec!["web-1-3"], vec!["web-1-3".to_owned()]));
    assert_eq!(plan.stop.len(), 1);
}

#[test]
fn a_new_service_starts_all_its_tasks() {
    let plan = plan(&service(6, 100, 200), &[deployment(1)], &[], at(0));
    assert_eq!(started(&plan), 6);
    assert_eq!(plan.start[0].first_number, 1);
    assert_eq!(plan.deployments[0].state, RolloutState::InProgress);
}

#[test]
fn a_deployment_is_complete_when_every_wanted_task_is_healthy() {
    let plan = plan(&service(2, 100, 200), &[deployment(1)], &tasks(1, 2, Health::Healthy), at(0));
    assert_eq!((started(&plan), plan.stop.len()), (0, 0));
    assert_eq!(plan.deployments[0].state, RolloutState::Completed);
}

#[test]
fn a_rollout_starts_what_maximum_percent_permits_and_stops_nothing_before_it_is_healthy() {
    let old = tasks(1, 4, Health::Healthy);
    let first = plan(&service(4, 100, 150), &[deployment(2), deployment(1)], &old, at(0));
    assert_eq!((started(&first), first.stop.len()), (2, 0));
    let mut now: Vec<Task> = tasks(1, 4, Health::Healthy);
    now.extend(tasks(2, 2, Health::Healthy));
    let second = plan(&service(4, 100, 150), &[deployment(2), deployment(1)], &now, at(0));
    assert_eq!((started(&second), second.stop.len()), (0, 2));
    assert!(second.stop.iter().all(|stop| stop.task.starts_with("web-1-")));
}

#[test]
fn a_rollout_without_surge_stops_first() {
    let old = tasks(1, 4, Health::Healthy);
    let plan = plan(&service(4, 50, 100), &[deployment(2), deployment(1)], &old, at(0));
    assert_eq!((started(&plan), plan.stop.len()), (0, 2));
    assert!(!plan.deadlock);
}

#[test]
fn one_task_at_fifty_to_hundred_percent_is_a_deadlock() {
    let old = tasks(1, 1, Health::Healthy);
    let plan = plan(&service(1, 50, 100), &[deployment(2), deployment(1)], &old, at(0));
    assert!(plan.deadlock);
    assert_eq!((started(&plan), plan.stop.len()), (0, 0));
}

#[test]
fn unhealthy_old_tasks_make_room_for_their_successors() {
    let old = tasks(1, 1, Health::Unhealthy);
    let plan = plan(&service(1, 50, 100), &[deployment(2), deployment(1)], &old, at(0));
    assert_eq!((started(&plan), plan.stop.len(), plan.deadlock), (0, 1, false));
}

#[test]
fn an_unhealthy_task_is_stopped_only_after_its_replacement_is_healthy() {
    let mut now = tasks(1, 3, Health::Healthy);
    now[0].health = Health::Unhealthy;
    let first = plan(&service(3, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!((started(&first), first.stop.len()), (1, 0));
    now.push(task(1, 4, STARTING));
    let second = plan(&service(3, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!((started(&second), second.stop.len()), (0, 0));
    now[3].health = Health::Healthy;
    let third = plan(&service(3, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!(third.stop.iter().map(|stop| stop.task.as_str()).collect::<Vec<_>>(), ["web-1-1"]);
    assert_eq!(third.stop[0].reason, "Task failed container health checks");
}

#[test]
fn without_room_for_a_replacement_one_unhealthy_task_goes_first() {
    let mut now = tasks(1, 2, Health::Healthy);
    now[1].health = Health::Unhealthy;
    let plan = plan(&service(2, 50, 100), &[deployment(1)], &now, at(0));
    assert_eq!((started(&plan), plan.stop.len()), (0, 1));
    assert_eq!(plan.stop[0].task, "web-1-2");
}

#[test]
fn scaling_in_keeps_the_zones_even() {
    let plan = plan(&service(3, 100, 200), &[deployment(1)], &tasks(1, 6, Health::Healthy), at(0));
    let mut left: Vec<u32> = (1..=6).collect();
    left.retain(|number| !plan.stop.iter().any(|stop| stop.task == format!("web-1-{number}")));
    let mut zones: Vec<u32> = left.iter().map(|number| number % 3).collect();
    zones.sort_unstable();
    assert_eq!(zones, [0, 1, 2]);
}

#[test]
fn scaling_to_zero_stops_everything_and_completes() {
    let first = plan(&service(0, 100, 200), &[deployment(1)], &tasks(1, 3, Health::Healthy), at(0));
    assert_eq!(first.stop.len(), 3);
    let second = plan(&service(0, 100, 200), &[deployment(1)], &[], at(0));
    assert_eq!(second.deployments[0].state, RolloutState::Completed);
}

#[test]
fn an_old_task_that_vanishes_under_a_failing_deployment_comes_back_with_its_own_revision() {
    let mut now = tasks(1, 3, Health::Healthy);
    now.extend(tasks(2, 4, STARTING));
    let plan = plan(&service(4, 100, 200), &[deployment(2), deployment(1)], &now, at(0));
    assert_eq!(plan.start.len(), 1);
    assert_eq!(plan.start[0].deployment, deployment(1).id);
    assert_eq!((plan.start[0].count, plan.start[0].first_number), (1, 4));
}

#[test]
fn a_task_whose_essential_container_ended_is_stopped_and_replaced() {
    let mut now = tasks(1, 2, Health::Healthy);
    now[0].broken = Some((StopCode::EssentialContainerExited, "Essential container in task exited".into()));
    let plan = plan(&service(2, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!(plan.stop[0].code, StopCode::EssentialContainerExited);
    assert_eq!(started(&plan), 1);
}

#[test]
fn failed_launches_wait_longer_each_round() {
    let crash = crashed(1, 1, 5);
    let first = plan(&service(1, 100, 200), &[deployment(1)], std::slice::from_ref(&crash), at(6));
    assert_eq!(started(&first), 0);
    assert_eq!(first.deployments[0].launch_attempts, 1);
    assert_eq!(first.deployments[0].next_launch_at, Some(at(16)));
    assert_eq!(first.next, Some(at(16)));
    let again = plan(&service(1, 100, 200), &first.deployments, std::slice::from_ref(&crash), at(7));
    assert_eq!(again.deployments, first.deployments, "one round is counted once");
    let second = plan(&service(1, 100, 200), &first.deployments, std::slice::from_ref(&crash), at(16));
    assert_eq!(started(&second), 1);
    let both = [crash, crashed(1, 2, 20)];
    let third = plan(&service(1, 100, 200), &first.deployments, &both, at(21));
    assert_eq!(third.deployments[0].launch_attempts, 2);
    assert_eq!(third.deployments[0].next_launch_at, Some(at(41)));
    assert_eq!(third.deployments[0].failed_tasks, 2);
}

#[test]
fn a_healthy_task_ends_the_throttle() {
    let mut throttled = deployment(1);
    throttled.launch_attempts = 4;
    throttled.next_launch_at = Some(at(900));
    let now = [crashed(1, 1, 5), task(1, 2, Health::Healthy)];
    let early = plan(&service(2, 100, 200), std::slice::from_ref(&throttled), &now, at(30));
    assert_eq!(early.deployments[0].launch_attempts, 4, "each round of a crash loop has a healthy moment");
    assert_eq!((started(&early), early.next), (0, Some(at(41))));
    let plan = plan(&service(2, 100, 200), &[throttled], &now, at(41));
    assert_eq!(plan.deployments[0].launch_attempts, 0);
    assert_eq!(started(&plan), 1);
}

#[test]
fn a_failure_in_the_second_of_its_launch_counts_for_its_own_round() {
    let now = at(6) + SignedDuration::from_millis(300);
    let first = plan(&service(1, 100, 200), &[deployment(1)], &[crashed(1, 1, 6)], now);
    assert_eq!(first.deployments[0].next_launch_at, Some(at(17)));
    let mut next = crashed(1, 2, 17);
    next.created_at = at(17);
    let second = plan(&service(1, 100, 200), &first.deployments, &[crashed(1, 1, 6), next.clone()], at(18));
    assert_eq!(second.deployments[0].launch_attempts, 2);
    next.failed_at = Some(at(3));
    let late = plan(&service(1, 100, 200), &first.deployments, &[crashed(1, 1, 6), next], at(18));
    assert_eq!(late.deployments[0].launch_attempts, 2, "by a node's clock that is late");
}

#[test]
fn the_throttle_never_waits_longer_than_27_minutes() {
    assert_eq!(delay(0).as_secs(), 0);
    assert_eq!(delay(1).as_secs(), 10);
    assert_eq!(delay(2).as_secs(), 20);
    assert_eq!(delay(u32::MAX).as_secs(), 27 * 60);
}

#[test]
fn stopped_tasks_are_kept_by_number_and_for_an_hour() {
    let mut web = service(0, 100, 200);
    web.stopped_tasks_kept = 2;
    let now: Vec<Task> = (1..=3).map(|number| crashed(1, number, i64::from(number))).collect();
    let step = plan(&web, &[deployment(1)], &now, at(10));
    assert_eq!(step.forget, ["web-1-1"]);
    assert_eq!(step.next, Some(at(2 + 3600)));
    let later = plan(&web, &[deployment(1)], &now, at(3 + 3600));
    assert_eq!(later.forget.len(), 3);
}

#[test]
fn tasks_of_a_drained_instance_are_replaced_before_they_are_stopped() {
    let mut now = tasks(1, 3, Health::Healthy);
    now[0].draining = true;
    let first = plan(&service(3, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!((started(&first), first.stop.len()), (1, 0));
    now.push(task(1, 4, STARTING));
    assert_eq!(plan(&service(3, 100, 200), &[deployment(1)], &now, at(0)).stop.len(), 0);
    now[3].health = Health::Healthy;
    let last = plan(&service(3, 100, 200), &[deployment(1)], &now, at(0));
    assert_eq!(last.stop.iter().map(|stop| stop.task.as_str()).collect::<Vec<_>>(), ["web-1-1"]);
}

#[test]
fn where_neither_may_be_done_a_drained_instance_is_reported_as_blocked() {
    let mut now = tasks(1, 2, Health::Healthy);
    now[0].draining = true;
    let blocked = plan(&service(2, 100, 100), &[deployment(1)], &now, at(0));
    assert_eq!((blocked.start.len(), blocked.stop.len(), blocked.deadlock), (0, 0, true));
    assert!(!plan(&service(2, 100, 200), &[deployment(1)], &now, at(0)).deadlock);
    assert!(!plan(&service(2, 50, 100), &[deployment(1)], &now, at(0)).deadlock);
}

#[test]
fn a_task_that_has_not_begun_on_a_drained_instance_is_stopped_at_once() {
    let mut now = tasks(1, 3, Health::Healthy);
    now[0].draining = true;
    now[0].last_status = LastStatus::Pending;
    now[0].health = STARTING;
    let step = plan(&service(3, 100, 100), &[deployment(1)], &now, at(0));
    assert_eq!(step.stop.iter().map(|stop| stop.task.as_str()).collect::<Vec<_>>(), ["web-1-1"]);
    assert_eq!((started(&step), step.deadlock), (1, false));
}

#[test]
fn without_room_a_drained_instance_gives_its_tasks_up_one_by_one_above_the_minimum() {
    let mut now = tasks(1, 2, Health::Healthy);
    now[0].draining = true;
    now[1].draining = true;
    assert_eq!(plan(&service(2, 50, 100), &[deployment(1)], &now, at(0)).stop.len(), 1);
    assert_eq!(plan(&service(2, 100, 100), &[deployment(1)], &now, at(0)).stop.len(), 0);
}
