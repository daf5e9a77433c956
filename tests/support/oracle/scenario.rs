//! Scenarios by seed: the same number gives the same instances, services and steps, on every machine.

use super::{Cluster, Constraint, Instance, Request, Resource, Rule, Size, Strategy, ZONE};
use std::collections::BTreeSet;

/// Something that happens to a cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// So many more tasks of the service with this index.
    Out(usize, u32),
    /// So many fewer.
    In(usize, u32),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub instances: Vec<Instance>,
    /// Of each the demand of one task.
    pub services: Vec<Request>,
    pub steps: Vec<Step>,
}

/// Numbers that look random (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % n as u64) as usize
    }

    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }
}

const TYPES: [(&str, Size); 4] = [
    ("m5.large", Size { cpu: 2048, memory: 7680, gpus: 0 }),
    ("m5.xlarge", Size { cpu: 4096, memory: 15_360, gpus: 0 }),
    ("c5.large", Size { cpu: 2048, memory: 3584, gpus: 0 }),
    ("t3.medium", Size { cpu: 2048, memory: 3328, gpus: 0 }),
];

impl Scenario {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let zones = 1 + dice.below(4);
        let instances = (0..3 + dice.below(22)).map(|number| instance(&mut dice, number, zones)).collect();
        let services: Vec<Request> =
            (0..1 + dice.below(3)).map(|number| service(&mut dice, number)).collect();
        let mut steps = Vec::new();
        for at in 0..services.len() {
            steps.push(Step::Out(at, 1 + dice.below(12) as u32));
        }
        for _ in 0..dice.below(4) {
            let (at, count) = (dice.below(services.len()), 1 + dice.below(5) as u32);
            steps.push(if dice.chance(50) { Step::In(at, count) } else { Step::Out(at, count) });
        }
        Self { seed, instances, services, steps }
    }

    /// What ECS may make of it: where it has a choice, the seed chooses.
    pub fn run(&self) -> Cluster {
        let mut dice = Dice::new(!self.seed);
        let mut cluster = Cluster::new(self.instances.clone());
        for step in &self.steps {
            match step {
                Step::Out(at, count) => {
                    for _ in 0..*count {
                        cluster.place(&self.services[*at], |picks| dice.below(picks.len()));
                    }
                }
                Step::In(at, count) => {
                    for _ in 0..*count {
                        let service = &self.services[*at];
                        let stops: Vec<u32> =
                            cluster.stops(&service.group, &service.strategies).into_iter().collect();
                        if !stops.is_empty() {
                            cluster.end(dice.one_of(&stops));
                        }
                    }
                }
            }
        }
        cluster
    }
}

fn instance(dice: &mut Dice, number: usize, zones: usize) -> Instance {
    let (kind, size) = dice.one_of(&TYPES);
    let mut instance = Instance {
        name: format!("node-{number}"),
        size,
        takes_tasks: !dice.chance(5),
        ..Instance::default()
    };
    let mut set = |name: &str, value: String| instance.attributes.insert(name.to_owned(), value);
    set(ZONE, format!("zone-{}", (b'a' + dice.below(zones) as u8) as char));
    set("ecs.instance-type", kind.to_owned());
    if dice.chance(70) {
        set("stack", dice.one_of(&["prod", "test"]).to_owned());
    }
    if dice.chance(60) {
        set("rack", format!("{}", 1 + dice.below(6)));
    }
    instance
}

fn service(dice: &mut Dice, number: usize) -> Request {
    let size = Size {
        cpu: dice.one_of(&[128, 256, 512, 1024]),
        memory: dice.one_of(&[128, 256, 512, 1024, 2048]),
        gpus: 0,
    };
    let group = format!("service:s{number}");
    let mut constraints = Vec::new();
    if dice.chance(25) {
        constraints.push(Constraint::DistinctInstance);
    }
    for _ in 0..dice.below(3) {
        constraints.push(Constraint::MemberOf(rule(dice, number)));
    }
    let ports =
        if dice.chance(15) { BTreeSet::from([(8000 + number as u16, "tcp")]) } else { BTreeSet::new() };
    Request { group, size, ports, constraints, strategies: strategies(dice) }
}

fn rule(dice: &mut Dice, number: usize) -> Rule {
    let plain = match dice.below(7) {
        0 => Rule::Is("stack".into(), "prod".into()),
        1 => Rule::IsNot("stack".into(), "test".into()),
        2 => Rule::In(ZONE.into(), vec!["zone-a".into(), "zone-b".into()]),
        3 => Rule::Begins("ecs.instance-type".into(), "m5.".into()),
        4 => Rule::Exists("rack".into()),
        5 => Rule::Below("rack".into(), 4),
        // The other group's tasks are placed before, so that there is something to keep away from.
        _ if number > 0 => return Rule::Not(Box::new(Rule::Together(format!("service:s{}", number - 1)))),
        _ => Rule::Exists("stack".into()),
    };
    match dice.below(4) {
        0 => Rule::Not(Box::new(plain)),
        1 => Rule::Any(vec![plain, Rule::Is("ecs.instance-type".into(), "c5.large".into())]),
        _ => plain,
    }
}

fn strategies(dice: &mut Dice) -> Vec<Strategy> {
    let zone = || Strategy::SpreadAttribute(ZONE.to_owned());
    let binpack = Strategy::Binpack(dice.one_of(&[Resource::Cpu, Resource::Memory]));
    match dice.below(9) {
        0 => Vec::new(),
        1 => vec![Strategy::Random],
        2 => vec![zone()],
        3 => vec![zone(), Strategy::SpreadInstance],
        4 => vec![Strategy::SpreadInstance],
        5 => vec![binpack],
        6 => vec![zone(), binpack],
        7 => vec![Strategy::SpreadAttribute("rack".to_owned()), Strategy::SpreadInstance],
        _ => {
            vec![zone(), Strategy::SpreadAttribute("ecs.instance-type".to_owned()), Strategy::SpreadInstance]
        }
    }
}
