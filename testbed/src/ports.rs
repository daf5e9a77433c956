//! Free ports.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, TcpListener};

use anyhow::{Result, bail};

/// Below the range that the kernel hands to outgoing connections, which would otherwise take a
/// port between our look at it and the program's.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A port of `ip` that nobody listens on now. Random, so that beds that start at the same time
/// rarely ask for the same one.
pub(crate) fn free(ip: IpAddr) -> Result<u16> {
    let width = u64::from(RANGE.end - RANGE.start);
    for attempt in 0..200_u32 {
        let port = RANGE.start + u16::try_from(RandomState::new().hash_one(attempt) % width)?;
        if TcpListener::bind((ip, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on {ip} in 200 attempts: is that an address of this machine?")
}
