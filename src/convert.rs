//! Documents of Amazon ECS as people keep them → custom resources, and back.
//!
//! [`recognise`] says which documents a text holds, each in the form of the request that would create it
//! ([`Found`]); [`emit`] makes custom resources of them ([`Manifest`]). Whatever was dropped, guessed or left open on
//! the way is a [`Note`] with the file and the path. [`import`] does the same for a whole account. [`export`] makes
//! requests of custom resources again, and [`diff`] says where two sets of them differ.
//!
//! Must not judge what Berth makes of a document (`render` does), must not read files, and never changes a value
//! without a note.

mod diff;
mod emit;
mod export;
mod foreign;
mod found;
pub mod import;
mod note;
mod piece;
mod placeholder;
mod recognise;
mod request;
mod shape;
pub mod standby;
mod template;
mod terraform;
mod text;

pub use diff::{Difference, diff};
pub use emit::{Manifest, Options, Output, emit};
pub use export::{Exported, export};
pub use found::{Call, Found, REQUEST};
pub use note::{Note, Severity};
pub use recognise::{Reading, recognise};
pub use template::Parameters;
