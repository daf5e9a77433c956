//! Berth.

pub mod kubernetes;
pub mod observe;
pub mod serve;
