//! What is known of container instances, as far as tasks of a service depend on it.

use std::collections::BTreeMap;

/// An amount of what tasks reserve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Thousandths of a CPU.
    pub cpu: i64,
    /// Bytes of memory.
    pub memory: i64,
}

impl Room {
    /// What is left when `other` has been taken; below zero where it was more than there is.
    pub fn less(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(other.cpu), memory: self.memory.saturating_sub(other.memory) }
    }

    /// Whether `other` fits in.
    pub fn holds(self, other: Self) -> bool {
        other.cpu <= self.cpu && other.memory <= self.memory
    }
}

/// What is known of the instance that a task runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Its zone.
    pub zone: Option<String>,
    /// Whether its tasks are to run elsewhere.
    pub draining: bool,
    /// Whether it is no longer heard of.
    pub lost: bool,
    /// Its attributes that the service's strategies name, the zone apart.
    pub attributes: BTreeMap<String, String>,
    /// What its tasks leave of it, where a strategy asks for that.
    pub left: Option<Room>,
}

/// A zone in which a service's tasks may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Whether an instance there could take one more task.
    pub has_room: bool,
}
