//! Whatever happens to tasks in whatever order, the planner keeps its bounds and comes to rest.

use super::*;
use proptest::prelude::*;

/// What happens to the tasks of a service between two steps of the planner.
#[derive(Clone, Debug)]
enum Chance {
    Grow,
    Fall(usize),
    Sicken(usize),
    Drain(usize),
    Vanish(usize),
    Deploy,
    Scale(u32),
}

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        4 => Just(Chance::Grow),
        1 => (0..50usize).prop_map(Chance::Fall),
        1 => (0..50usize).prop_map(Chance::Sicken),
        1 => (0..50usize).prop_map(Chance::Vanish),
        1 => (0..50usize).prop_map(Chance::Drain),
        1 => Just(Chance::Deploy),
        1 => (0..12u32).prop_map(Chance::Scale),
    ]
}

struct World {
    service: Service,
    deployments: Vec<Deployment>,
    tasks: Vec<Task>,
    now: i64,
}

impl World {
    fn live(&self) -> u32 {
        self.tasks.iter().filter(|task| task.is_live()).count() as u32
    }

    fn healthy(&self) -> u32 {
        self.tasks.iter().filter(|task| task.is_healthy()).count() as u32
    }

    fn grow(&mut self) {
        for task in self.tasks.iter_mut().filter(|task| task.is_live() && task.health == STARTING) {
            task.health = Health::Healthy;
        }
    }

    fn happen(&mut self, chance: Chance) {
        let count = self.tasks.len().max(1);
        match chance {
            Chance::Grow => self.grow(),
            Chance::Fall(index) => {
                let now = at(self.now);
                if let Some(task) = self.tasks.get_mut(index % count).filter(|task| task.is_live()) {
                    task.failed_at = (task.health == STARTING).then_some(now);
                    task.last_status = LastStatus::Stopped;
                    task.stopped_at = Some(now);
                }
            }
            Chance::Sicken(index) => {
                if let Some(task) = self.tasks.get_mut(index % count) {
                    task.health = Health::Unhealthy;
                }
            }
            Chance::Drain(index) => {
                if let Some(task) = self.tasks.get_mut(index % count) {
                    task.draining = true;
                }
            }
            Chance::Vanish(index) => {
                if index % count < self.tasks.len() {
                    self.tasks.remove(index % count);
                }
            }
            Chance::Deploy => {
                let sequence = self.deployments[0].sequence + 1;
                let mut next = deployment(sequence);
                next.created_at = at(self.now);
                self.deployments.insert(0, next);
            }
            Chance::Scale(desired) => self.service.desired_count = desired,
        }
    }

    /// One step of the planner, done; checks what may never happen.
    fn step(&mut self) -> Result<bool, TestCaseError> {
        let step = plan(&self.service, &self.deployments, &self.tasks, at(self.now));
        let (live, healthy) = (self.live(), self.healthy());
        let changed = !step.start.is_empty() || !step.stop.is_empty();
        for stop in &step.stop {
            let task = self.tasks.iter_mut().find(|task| task.name == stop.task).unwrap();
            prop_assert!(task.is_live(), "a task is stopped once");
            task.desired_stopped = true;
            task.last_status = LastStatus::Stopped;
            task.stopped_at = Some(at(self.now));
        }
        for start in &step.start {
            let sequence = self.deployments.iter().find(|d| d.id == start.deployment).unwrap().sequence;
            for number in start.first_number..start.first_number + start.count {
                let mut task = task(sequence, number, STARTING);
                task.created_at = at(self.now);
                prop_assert!(self.tasks.iter().all(|other| other.name != task.name), "a name is used once");
                self.tasks.push(task);
            }
        }
        let limit = self.service.upper().max(self.service.desired_count);
        prop_assert!(self.live() <= limit.max(live), "{} live, {limit} allowed", self.live());
        let lower = self.service.lower().min(healthy);
        prop_assert!(self.healthy() >= lower, "{} healthy, {lower} needed", self.healthy());
        self.tasks.retain(|task| !step.forget.contains(&task.name));
        self.deployments = step.deployments;
        Ok(changed)
    }
}

proptest! {
    #[test]
    fn whatever_happens_no_task_is_too_many_and_none_too_few(
        desired in 0..12u32,
        minimum in 0..=100u32,
        surge in 0..=100u32,
        chances in prop::collection::vec(chance(), 0..60),
    ) {
        let mut world = World {
            service: service(desired, minimum, 100 + surge),
            deployments: vec![deployment(1)],
            tasks: vec![],
            now: 0,
        };
        for chance in chances {
            world.now += 1;
            world.happen(chance);
            world.step()?;
        }
        // Left alone, with every started task becoming healthy, it comes to rest with what is wanted,
        // unless the percentages leave no room to move.
        world.service.minimum_healthy_percent = 50;
        world.service.maximum_percent = 200;
        for _ in 0..200 {
            world.now += 2000;
            world.step()?;
            world.grow();
        }
        prop_assert!(!world.step()?, "at rest nothing moves");
        prop_assert_eq!(world.live(), world.service.desired_count);
        prop_assert_eq!(world.healthy(), world.service.desired_count);
        prop_assert_eq!(world.deployments.len(), 1);
        prop_assert_eq!(world.deployments[0].state, RolloutState::Completed);
    }
}
