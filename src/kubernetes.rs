//! Between Berth and the API server: reads through watches, writes through one guarded [`Writer`].
//!
//! Nothing here knows what a Service or a task is. What the guards promise to everything above:
//!
//! - **A write goes to the owner's namespace only**, to a closed list of kinds, and never to an object that
//!   somebody else controls ([`Outcome::Conflict`] instead).
//! - **No request is repeated blindly.** Only what cannot have been carried out, or can be carried out twice
//!   without harm, is sent again ([`client`](fn@client)).
//! - **The cache is read-only**: only a watch writes a store, and [`Freshness`] says when a store has seen
//!   what we wrote.
//! - **One bad object harms only itself**: one that does not parse, or whose pass fails, hangs or panics.
//! - There is no call here that reads a Secret, impersonates, or deletes a collection.

mod apply;
mod backoff;
mod client;
mod compare;
mod desk;
mod error;
mod freshness;
mod kinds;
mod lease;
mod notify;
mod owner;
mod queue;
mod stores;
mod version;

pub use apply::{Guard, NameConflict, Object, Outcome, Removal, Seen, Writer};
pub use backoff::{Backoff, BackoffLimits};
pub use client::{ClientError, ClientOptions, client};
pub use desk::Desk;
pub use error::{Error, Result};
pub use freshness::{Freshness, Pending};
pub use kinds::Kind;
pub use lease::{Election, Leadership, LeaseOptions, elect};
pub use notify::{Notice, NoticeType, Notifier, NotifierOptions};
pub use owner::{CrossNamespace, Owner};
pub use queue::{Key, Next, Queue, RunOptions, Tenant, run};
pub use stores::{Change, ManagedFields, Selection, Unparsable, Watchable, Watched, Watches};
pub use version::ResourceVersion;

/// Field manager of everything that Berth applies, except status.
pub const MANAGER: &str = "berth";

/// Field manager of status. Its own, so that spec and status never take fields from each other.
pub const STATUS_MANAGER: &str = "berth-status";
