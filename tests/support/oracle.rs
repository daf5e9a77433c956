//! A plain model of how ECS places and stops tasks: what is measured against it shares no code with it.
//!
//! Candidates, then constraints, then strategies in order, each narrowing what the one before left. ECS picks any of
//! what is left at last: so the answer is a set, and an implementation is right if its choice is in it.

#![allow(dead_code, reason = "not every test uses all of it")]

#[path = "oracle/rule.rs"]
pub mod rule;
#[path = "oracle/scenario.rs"]
pub mod scenario;

pub use rule::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute that services are spread over by default.
pub const ZONE: &str = "ecs.availability-zone";

/// A container instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// CPU units, MiB and GPUs that it offers to tasks.
    pub size: Size,
    /// Neither draining nor without its agent.
    pub takes_tasks: bool,
}

/// What a task needs, or an instance has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub cpu: u32,
    pub memory: u32,
    pub gpus: u32,
}

/// A task on an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: u32,
    pub group: String,
    pub instance: String,
    pub size: Size,
    /// Host ports with their protocol, `tcp` or `udp`.
    pub ports: BTreeSet<(u16, &'static str)>,
    /// Whether desiredStatus is RUNNING. What was told to stop still takes its room until it is removed.
    pub desired_running: bool,
    /// Protected from scale-in.
    pub protected: bool,
    /// Of an older deployment, or unhealthy: these go first.
    pub goes_first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    DistinctInstance,
    MemberOf(Rule),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    Cpu,
    Memory,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    Random,
    SpreadInstance,
    SpreadAttribute(String),
    Binpack(Resource),
}

/// What is to be placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `service:NAME` or `family:NAME`.
    pub group: String,
    pub size: Size,
    pub ports: BTreeSet<(u16, &'static str)>,
    pub constraints: Vec<Constraint>,
    pub strategies: Vec<Strategy>,
}

/// All instances and the tasks on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    pub instances: Vec<Instance>,
    pub tasks: Vec<Task>,
    next_id: u32,
}

impl Request {
    /// The strategies that hold: a service without any is spread over zones and, within one, over instances; a
    /// standalone task goes anywhere.
    fn strategies(&self) -> Vec<Strategy> {
        effective(&self.group, &self.strategies)
    }
}

fn effective(group: &str, strategies: &[Strategy]) -> Vec<Strategy> {
    if strategies.is_empty() && group.starts_with("service:") {
        return vec![Strategy::SpreadAttribute(ZONE.to_owned()), Strategy::SpreadInstance];
    }
    strategies.to_vec()
}

impl Cluster {
    pub fn new(instances: Vec<Instance>) -> Self {
        Self { instances, ..Self::default() }
    }

    /// Step 1: instances that take tasks and have the room and the ports.
    pub fn candidates(&self, request: &Request) -> Vec<&Instance> {
        let fits = |instance: &&Instance| {
            let left = self.remaining(instance);
            let mut taken = self.on(&instance.name).flat_map(|task| &task.ports);
            instance.takes_tasks
                && left.cpu >= request.size.cpu
                && left.memory >= request.size.memory
                && left.gpus >= request.size.gpus
                && !taken.any(|port| request.ports.contains(port))
        };
        self.instances.iter().filter(fits).collect()
    }

    /// Steps 2 to 4: the instances of which ECS picks one; none where the task cannot be placed.
    pub fn picks(&self, request: &Request) -> BTreeSet<String> {
        let mut left = self.candidates(request);
        left.retain(|instance| {
            request.constraints.iter().all(|one| self.meets(instance, one, &request.group))
        });
        for strategy in request.strategies() {
            left = self.best(left, &strategy, &request.group);
        }
        left.into_iter().map(|instance| instance.name.clone()).collect()
    }

    /// Places one task on the instance that `choose` takes of the picks; `None` where there is none.
    pub fn place(&mut self, request: &Request, choose: impl FnOnce(&[String]) -> usize) -> Option<String> {
        let picks: Vec<String> = self.picks(request).into_iter().collect();
        if picks.is_empty() {
            return None;
        }
        let instance = picks[choose(&picks) % picks.len()].clone();
        self.put(request, &instance);
        Some(instance)
    }

    /// Puts one task on an instance that somebody else chose.
    pub fn put(&mut self, request: &Request, instance: &str) {
        self.next_id += 1;
        self.tasks.push(Task {
            id: self.next_id,
            group: request.group.clone(),
            instance: instance.to_owned(),
            size: request.size,
            ports: request.ports.clone(),
            desired_running: true,
            protected: false,
            goes_first: false,
        });
    }

    /// The tasks of which ECS stops one when the group is scaled in; none where all are protected.
    pub fn stops(&self, group: &str, strategies: &[Strategy]) -> BTreeSet<u32> {
        let mut left: Vec<&Task> = self.running(group).filter(|task| !task.protected).collect();
        if left.iter().any(|task| task.goes_first) {
            left.retain(|task| task.goes_first);
        }
        for strategy in effective(group, strategies) {
            left = match &strategy {
                Strategy::Random => left,
                Strategy::SpreadInstance | Strategy::SpreadAttribute(_) => {
                    most(left, |task| self.count(group, &strategy, self.instance(&task.instance)))
                }
                Strategy::Binpack(resource) => most(left, |task| {
                    let rest = self.remaining(self.instance(&task.instance));
                    amount(rest, *resource) + amount(task.size, *resource)
                }),
            };
        }
        left.into_iter().map(|task| task.id).collect()
    }

    /// Ends a task at once: it takes no room any more.
    pub fn end(&mut self, id: u32) {
        self.tasks.retain(|task| task.id != id);
    }

    /// What is left of an instance beside all its tasks, those included that were told to stop.
    pub fn remaining(&self, instance: &Instance) -> Size {
        let left = |has: u32, takes: fn(&Task) -> u32| {
            has.saturating_sub(self.on(&instance.name).map(takes).sum::<u32>())
        };
        Size {
            cpu: left(instance.size.cpu, |task| task.size.cpu),
            memory: left(instance.size.memory, |task| task.size.memory),
            gpus: left(instance.size.gpus, |task| task.size.gpus),
        }
    }

    /// Instances with a task of the group.
    pub fn used(&self, group: &str) -> usize {
        self.running(group).map(|task| &task.instance).collect::<BTreeSet<_>>().len()
    }

    /// The most tasks of the group that a value of the field has, less the fewest, over instances that take tasks.
    pub fn skew(&self, group: &str, field: &Strategy) -> u32 {
        let counts: Vec<u32> = self
            .instances
            .iter()
            .filter(|instance| instance.takes_tasks)
            .map(|instance| self.count(group, field, instance))
            .collect();
        counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0)
    }

    fn meets(&self, instance: &Instance, constraint: &Constraint, group: &str) -> bool {
        match constraint {
            Constraint::DistinctInstance => !self.running(group).any(|task| task.instance == instance.name),
            Constraint::MemberOf(rule) => {
                let groups: BTreeSet<&str> = self
                    .on(&instance.name)
                    .filter(|task| task.desired_running)
                    .map(|task| task.group.as_str())
                    .collect();
                rule.holds(&instance.attributes, &groups)
            }
        }
    }

    fn best<'a>(&self, left: Vec<&'a Instance>, strategy: &Strategy, group: &str) -> Vec<&'a Instance> {
        match strategy {
            Strategy::Random => left,
            Strategy::Binpack(resource) => least(left, |one| amount(self.remaining(one), *resource)),
            field => least(left, |one| self.count(group, field, one)),
        }
    }

    /// Tasks of the group on all instances that have the same value of the field; to have none is a value too.
    fn count(&self, group: &str, field: &Strategy, instance: &Instance) -> u32 {
        let same = |task: &&Task| match field {
            Strategy::SpreadAttribute(name) => {
                self.instance(&task.instance).attributes.get(name) == instance.attributes.get(name)
            }
            _ => task.instance == instance.name,
        };
        self.running(group).filter(same).count() as u32
    }

    fn running<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Task> {
        self.tasks.iter().filter(move |task| task.desired_running && task.group == group)
    }

    fn on<'a>(&'a self, instance: &'a str) -> impl Iterator<Item = &'a Task> {
        self.tasks.iter().filter(move |task| task.instance == instance)
    }

    fn instance(&self, name: &str) -> &Instance {
        self.instances.iter().find(|instance| instance.name == name).expect("tasks are on known instances")
    }
}

fn amount(size: Size, resource: Resource) -> u32 {
    match resource {
        Resource::Cpu => size.cpu,
        Resource::Memory => size.memory,
    }
}

fn least<T: Copy>(all: Vec<T>, rank: impl Fn(T) -> u32) -> Vec<T> {
    let best = all.iter().map(|one| rank(*one)).min();
    all.into_iter().filter(|one| Some(rank(*one)) == best).collect()
}

fn most<T: Copy>(all: Vec<T>, rank: impl Fn(T) -> u32) -> Vec<T> {
    let best = all.iter().map(|one| rank(*one)).max();
    all.into_iter().filter(|one| Some(rank(*one)) == best).collect()
}
