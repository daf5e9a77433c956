//! Berth.

pub mod api;
