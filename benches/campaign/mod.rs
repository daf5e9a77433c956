//! What the benchmark, the soak and their small forms among the tests share: an operator on a test bed, work
//! for it, and counts of what it did.

// Each of those uses a part of it.
#![allow(dead_code)]

pub mod bed;
pub mod crash;
pub mod machine;
pub mod operator;
pub mod rest;
pub mod work;
