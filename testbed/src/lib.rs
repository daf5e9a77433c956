//! A real Kubernetes on one machine, for Berth's tests and its demo.

mod files;
pub mod parts;
pub mod pki;
pub mod plane;
pub mod process;
