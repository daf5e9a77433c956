//! What a change would do before it is applied: which revisions it registers, which services deploy, in which steps,
//! and where their tasks would go as far as capacity says.
//!
//! The steps are those of the operator's own arithmetic, if every task that finds a place becomes healthy. Places are
//! taken one after the other by the order of strategies: the scheduler weighs more than that.

mod places;
mod rehearsal;

use super::Bundle;
use super::situation::{Registration, Situation, told};
use crate::api::Service;
use crate::conclude::service::remembered;
use crate::placement::explain::{Amounts, HostPort, Room, rooms};
use crate::resolve::reference::definition_of;
use crate::resolve::revision::reference_of;
use jiff::Timestamp;
use kube::ResourceExt;
use rehearsal::Rehearsal;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use rehearsal::nearest;
pub use rehearsal::{Shortfall, Step};

/// What a change would do.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What becomes of each definition, as `web:4` and whether it is new, and the newest before.
    pub definitions: Vec<(String, bool, Option<String>)>,
    /// What becomes of each service that it concerns.
    pub services: Vec<Prospect>,
    /// What their tasks need at once at most, and what there is for them.
    pub sums: Vec<Sum>,
    /// The nodes with the tasks as they would be in the end.
    pub rooms: Vec<Room>,
}

/// What becomes of a service.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// `namespace/name`.
    pub name: String,
    /// What happens to it.
    pub fate: Fate,
    /// Tasks wanted.
    pub desired: u32,
    /// Fewest healthy tasks, and most tasks at once, while it changes.
    pub bounds: (u32, u32),
    /// The steps in order.
    pub steps: Vec<Step>,
    /// How many new tasks would go to which node, by name.
    pub places: BTreeMap<String, u32>,
    /// Why some find no place, if some do not.
    pub shortfall: Option<Shortfall>,
}

/// What happens to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stands in its own way.
    Refused(String),
    /// Its first deployment, of this revision.
    Starts(String),
    /// A deployment of the second revision in place of the first.
    Deploys(String, String),
    /// Only its number of tasks changes, from and to.
    Scales(u32, u32),
    /// Nothing.
    Stays,
}

/// A resource, summed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Kubernetes' name of it, or `PORT` with the port.
    pub resource: String,
    /// What the tasks need at once at most, those that run included.
    pub needed: u64,
    /// What the nodes that take tasks have for them: all, without what others have.
    pub available: u64,
}

impl Outlook {
    /// Whether every service can have what its document asks for.
    pub fn is_good(&self) -> bool {
        self.services.iter().all(|one| one.shortfall.is_none() && !matches!(one.fate, Fate::Refused(_)))
    }
}

impl Situation {
    /// What applying `bundle` would do here.
    pub fn plan(&self, bundle: &Bundle, now: Timestamp) -> Outlook {
        let (after, registrations) = self.with(bundle);
        let mut rooms = rooms(&self.nodes, &self.pods);
        let concerned = after.concerned(bundle, &registrations);
        let mut services = Vec::new();
        let mut needs = Needs::default();
        for service in concerned {
            services.push(match after.resolve(&service, &registrations) {
                Err(obstacle) => refused(&service, told(obstacle)),
                Ok(resolved) => {
                    let known = remembered(&service.status.clone().unwrap_or_default());
                    let rehearsal = Rehearsal::of(&after, &service, &resolved, &known, now);
                    let prospect = rehearsal.run(&mut rooms, &mut needs);
                    Prospect { name: place(&service), ..prospect }
                }
            });
        }
        let definitions = registrations.iter().map(|one| {
            let reference = |number| reference_of(&one.revision.family, number);
            (reference(one.revision.number), one.is_new, one.before.map(reference))
        });
        Outlook { definitions: definitions.collect(), services, sums: needs.sums(&rooms), rooms }
    }

    /// The services of the files, and those that follow a family which gets a new revision.
    fn concerned(&self, bundle: &Bundle, registrations: &[Registration]) -> Vec<Arc<Service>> {
        let is_written = |service: &Service| {
            bundle.services.iter().any(|item| {
                item.object.name_any() == service.name_any() && item.object.namespace() == service.namespace()
            })
        };
        let follows = |service: &Service| {
            let Some(named) = definition_of(service).filter(|named| named.revision.is_none()) else {
                return false;
            };
            registrations.iter().any(|one| {
                one.is_new
                    && one.revision.family == named.family
                    && service.namespace().unwrap_or_default() == one.namespace
            })
        };
        let all = self.services.iter().filter(|service| is_written(service) || follows(service));
        all.cloned().collect()
    }
}

fn place(service: &Service) -> String {
    format!("{}/{}", service.namespace().unwrap_or_default(), service.name_any())
}

fn refused(service: &Service, why: String) -> Prospect {
    Prospect {
        name: place(service),
        fate: Fate::Refused(why),
        desired: 0,
        bounds: (0, 0),
        steps: Vec::new(),
        places: BTreeMap::new(),
        shortfall: None,
    }
}

/// Whether a node takes tasks.
fn is_open(room: &Room) -> bool {
    room.view.ready && !room.cordoned
}

/// What all services together need.
#[derive(Default)]
struct Needs {
    /// The most that each had at once.
    amounts: Amounts,
    /// How many tasks at once take a port.
    ports: BTreeMap<HostPort, u64>,
    /// What their tasks have in the end.
    held: Amounts,
}

impl Needs {
    fn sums(&self, rooms: &[Room]) -> Vec<Sum> {
        let open = || rooms.iter().filter(|room| is_open(room));
        let of = |name: &str, needed: u64| {
            let left: u64 = open().map(|room| room.left(name)).sum();
            Sum { resource: name.to_owned(), needed, available: left + self.held.get(name) }
        };
        let resources = self.amounts.iter().filter(|(_, needed)| *needed > 0);
        let mut sums: Vec<Sum> = resources.map(|(name, needed)| of(name, needed)).collect();
        sums.extend(self.ports.iter().map(|(port, needed)| {
            // Those that the tasks themselves have are theirs.
            let taken = |room: &&Room| room.holder(port).is_none_or(|holder| holder.group.is_some());
            let available = u64::try_from(open().filter(taken).count()).unwrap_or(u64::MAX);
            Sum { resource: format!("PORT {port}"), needed: *needed, available }
        }));
        sums
    }
}
