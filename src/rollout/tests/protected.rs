//! Protected tasks stay, whatever is asked.

use super::*;
use proptest::prelude::*;

fn protected(number: u32) -> Task {
    Task { protected_until: Some(at(3600)), is_shielded: true, ..task(1, number, Health::Healthy) }
}

fn stopped(plan: &Plan) -> Vec<&str> {
    plan.stop.iter().map(|stop| stop.task.as_str()).collect()
}

#[test]
fn a_scale_in_spares_protected_tasks_and_says_so_when_there_are_too_many() {
    let all = [protected(1), task(1, 2, Health::Healthy), protected(3)];
    let one = plan(&service(2, 100, 200), &[deployment(1)], &all, at(0));
    assert_eq!((stopped(&one), one.held), (vec!["web-1-2"], None));
    let none = plan(&service(1, 100, 200), &[deployment(1)], &all, at(0));
    assert_eq!(stopped(&none), ["web-1-2"]);
    assert_eq!(none.held, Some(Held { tasks: 1, until: at(3600), scale_in: true }));
    assert_eq!(none.next, Some(at(3600)));
    let later = plan(&service(1, 100, 200), &[deployment(1)], &all, at(3600));
    assert_eq!((later.stop.len(), later.held), (2, None), "it has ended");
}

#[test]
fn a_deployment_waits_for_protected_tasks() {
    let mut all = vec![protected(1), task(1, 2, Health::Healthy)];
    all.extend(tasks(2, 2, Health::Healthy));
    let deployments = [deployment(2), deployment(1)];
    let step = plan(&service(2, 100, 200), &deployments, &all, at(0));
    let held = Some(Held { tasks: 1, until: at(3600), scale_in: false });
    assert_eq!((stopped(&step), step.held), (vec!["web-1-2"], held));
    all.remove(1);
    let step = plan(&service(2, 100, 200), &deployments, &all, at(0));
    assert_eq!((step.stop.len(), step.deadlock, step.held), (0, false, held));
    assert_eq!(step.deployments.len(), 2, "not complete");
    assert_eq!(stopped(&plan(&service(2, 100, 200), &deployments, &all, at(3601))), ["web-1-1"]);
}

#[test]
fn protected_tasks_that_leave_no_room_for_new_ones_are_no_deadlock() {
    let all = [protected(1), protected(2)];
    let step = plan(&service(2, 0, 100), &[deployment(2), deployment(1)], &all, at(0));
    assert_eq!((started(&step), step.stop.len(), step.deadlock), (0, 0, false));
    assert_eq!(step.held, Some(Held { tasks: 2, until: at(3600), scale_in: false }));
}

#[test]
fn protection_keeps_no_task_that_fails() {
    let mut all = [protected(1), protected(2), task(1, 3, Health::Healthy)];
    all[0].broken = Some((StopCode::EssentialContainerExited, "it ended".into()));
    all[1].health = Health::Unhealthy;
    all[1].unready_since = Some(at(0));
    let web = service(1, 100, 200);
    assert_eq!(stopped(&plan(&web, &[deployment(1)], &all, at(59))), ["web-1-1"], "it may recover");
    let late = plan(&web, &[deployment(1)], &all, at(60));
    assert_eq!(stopped(&late), ["web-1-1", "web-1-2"]);
    assert_eq!(plan(&web, &[deployment(1)], &all, at(30)).next, Some(at(60)));
}

#[test]
fn a_drained_instance_gives_a_protected_task_up_only_for_its_successor() {
    let mut all = vec![protected(1), task(1, 2, Health::Healthy)];
    all[0].draining = true;
    let web = service(2, 50, 200);
    let first = plan(&web, &[deployment(1)], &all, at(0));
    assert_eq!((started(&first), first.stop.len()), (1, 0));
    all.push(task(1, 3, Health::Healthy));
    assert_eq!(stopped(&plan(&web, &[deployment(1)], &all, at(0))), ["web-1-1"]);
    let fewer = plan(&service(1, 50, 200), &[deployment(1)], &all[..2], at(0));
    assert_eq!(stopped(&fewer), ["web-1-1"], "it has been replaced by the one that there is");
}

#[test]
fn autoscalers_are_told_once_and_told_again_when_it_is_over() {
    let told = |task: Task, second| plan(&service(1, 100, 200), &[deployment(1)], &[task], at(second)).shield;
    let name = || "web-1-1".to_owned();
    let fresh = Task { is_shielded: false, ..protected(1) };
    assert_eq!(told(fresh.clone(), 0), [Shield { task: name(), on: true }]);
    assert_eq!(told(protected(1), 0), []);
    assert_eq!(told(protected(1), 3600), [Shield { task: name(), on: false }]);
    assert_eq!(told(fresh, 3600), []);
}

/// One task after a moment in which readiness comes and goes.
fn flap(task: &mut Task, chance: u8, now: i64) {
    if !task.is_live() {
        return;
    }
    let since = task.unready_since.map_or(0, |since| now - (since.as_second() - at(0).as_second()));
    match task.health {
        Health::Unknown { .. } if now - (task.created_at.as_second() - at(0).as_second()) > 10 => {
            task.health = Health::Healthy;
        }
        Health::Healthy if chance < 40 => {
            (task.health, task.unready_since) = (Health::Unhealthy, Some(at(now)));
        }
        Health::Unhealthy if chance < 120 || since > 45 => {
            (task.health, task.unready_since) = (Health::Healthy, None);
        }
        _ => {}
    }
}

fn step(web: &Service, tasks: &mut Vec<Task>, now: i64) -> Result<(), TestCaseError> {
    let plan = plan(web, &[deployment(1)], tasks, at(now));
    for stop in &plan.stop {
        let task = tasks.iter_mut().find(|task| task.name == stop.task).unwrap();
        prop_assert!(!task.is_protected(at(now)), "{} is protected", task.name);
        task.desired_stopped = true;
        task.last_status = LastStatus::Stopped;
        task.stopped_at = Some(at(now));
    }
    for start in &plan.start {
        for number in start.first_number..start.first_number + start.count {
            tasks.push(Task { created_at: at(now), ..task(1, number, STARTING) });
        }
    }
    tasks.retain(|task| !plan.forget.contains(&task.name));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn of_a_thousand_scale_ins_under_flapping_readiness_none_stops_a_protected_task(
        before in 2..30u32,
        keep in 0..100u32,
        minimum in prop_oneof![Just(0u32), Just(50), Just(100)],
        maximum in prop_oneof![Just(100u32), Just(150), Just(200)],
        shares in prop::collection::vec(0..100u8, 30),
        chances in prop::collection::vec(prop::collection::vec(any::<u8>(), 60), 20..40),
    ) {
        let desired = before * keep / 100;
        let web = service(desired, minimum, maximum);
        let mut tasks = tasks(1, before, Health::Healthy);
        for (task, share) in tasks.iter_mut().zip(&shares) {
            task.protected_until = (*share < 30).then(|| at(100_000));
        }
        let protected = tasks.iter().filter(|task| task.protected_until.is_some()).count() as u32;
        let mut now = 0;
        for moment in &chances {
            now += 5;
            tasks.iter_mut().zip(moment.iter().cycle()).for_each(|(task, chance)| flap(task, *chance, now));
            step(&web, &mut tasks, now)?;
        }
        // Readiness comes back, and what is left is what was wanted, or protected.
        for _ in 0..40 {
            now += 15;
            tasks.iter_mut().for_each(|task| flap(task, 100, now));
            step(&web, &mut tasks, now)?;
        }
        let live = tasks.iter().filter(|task| task.is_live()).count() as u32;
        prop_assert_eq!(live, desired.max(protected));
        step(&web, &mut tasks, 100_000)?;
        let live = tasks.iter().filter(|task| task.is_live()).count() as u32;
        prop_assert_eq!(live, desired);
    }
}
