//! Which task goes on scale-in.

use super::*;
use crate::model::{Resource, Room, Strategy};

fn placed(number: u32, zone: &str, instance: &str) -> Task {
    Task { zone: Some(zone.into()), instance: Some(instance.into()), ..task(1, number, Health::Healthy) }
}

fn spread(attribute: &str) -> Strategy {
    Strategy::SpreadAttribute(attribute.into())
}

/// The numbers of the tasks that go, in order of going.
fn gone(strategies: &[Strategy], tasks: &[Task], count: usize) -> Vec<u32> {
    let all: Vec<&Task> = tasks.iter().collect();
    victims::choose(strategies, &all, &all, count).iter().map(|task| task.number).collect()
}

#[test]
fn without_a_strategy_it_is_in_the_fullest_zone_on_the_fullest_instance() {
    let tasks = [
        placed(1, "a", "a1"),
        placed(2, "a", "a2"),
        placed(3, "a", "a2"),
        placed(4, "b", "b1"),
        placed(5, "b", "b1"),
    ];
    for strategies in [vec![], vec![spread(victims::ZONE)]] {
        assert_eq!(gone(&strategies, &tasks, 2), [3, 5]);
        assert_eq!(gone(&strategies, &tasks, 3), [3, 5, 2]);
    }
}

#[test]
fn a_spread_over_an_attribute_takes_from_its_fullest_value() {
    let mut tasks = [placed(1, "a", "n1"), placed(2, "b", "n2"), placed(3, "c", "n3"), placed(4, "a", "n4")];
    for (task, rack) in tasks.iter_mut().zip(["r1", "r2", "r2", "r3"]) {
        task.attributes = [("rack".to_owned(), rack.to_owned())].into();
    }
    assert_eq!(gone(&[spread("rack")], &tasks, 1), [3]);
    assert_eq!(gone(&[spread("rack"), spread(victims::ZONE)], &tasks, 1), [3]);
}

#[test]
fn binpack_empties_the_instance_that_is_nearly_empty() {
    let with = |number, instance, cpu, memory| Task {
        left: Some(Room { cpu, memory }),
        size: Room { cpu: 100, memory: 10 },
        ..placed(number, "a", instance)
    };
    let tasks = [
        with(1, "full", 0, 900),
        with(2, "full", 0, 900),
        with(3, "empty", 800, 0),
        with(4, "empty", 800, 0),
        with(5, "half", 500, 500),
    ];
    let cpu = [Strategy::Binpack(Resource::Cpu)];
    assert_eq!(gone(&cpu, &tasks, 3), [4, 3, 5], "what goes first leaves still more behind");
    assert_eq!(gone(&[Strategy::Binpack(Resource::Memory)], &tasks, 2), [2, 1]);
}

#[test]
fn a_later_strategy_decides_among_the_ties_of_the_earlier() {
    let with = |number, zone, instance, memory| Task {
        left: Some(Room { cpu: 0, memory }),
        ..placed(number, zone, instance)
    };
    let tasks = [
        with(1, "a", "a1", 10),
        with(2, "a", "a2", 90),
        with(3, "b", "b1", 500),
        with(4, "a", "a1", 10),
        with(5, "b", "b1", 500),
    ];
    let both = [spread(victims::ZONE), Strategy::Binpack(Resource::Memory)];
    assert_eq!(gone(&both, &tasks, 1), [2], "zone a has three, and a2 has the most left");
    assert_eq!(gone(&both, &tasks, 2), [2, 5], "then the zones are equal");
}

#[test]
fn tasks_that_stay_in_any_case_count_for_the_balance() {
    let tasks = [placed(1, "a", "a1"), placed(2, "a", "a1"), placed(3, "b", "b1"), placed(4, "c", "c1")];
    let all: Vec<&Task> = tasks.iter().collect();
    let free: Vec<&Task> = all.iter().copied().filter(|task| task.number != 1).collect();
    let chosen = victims::choose(&[], &all, &free, 1);
    assert_eq!(chosen[0].number, 2, "two are in zone a, though only one of them may go");
}

#[test]
fn of_thousands_half_are_chosen_in_a_moment() {
    let tasks: Vec<Task> = (1..=4000).map(|number| task(1, number, Health::Healthy)).collect();
    let before = std::time::Instant::now();
    assert_eq!(gone(&[], &tasks, 2000).len(), 2000);
    assert!(before.elapsed() < std::time::Duration::from_secs(10), "{:?}", before.elapsed());
}
