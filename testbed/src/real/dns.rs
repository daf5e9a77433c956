//! The cluster's DNS.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::kubectl;
use crate::plane::{CLUSTER_DOMAIN, Plane};

const MANIFEST: &str = include_str!("dns.yaml");

/// Applies the Deployment and its Service.
pub(super) fn apply(plane: &Plane, address: Ipv4Addr, replicas: usize) -> Result<()> {
    let manifest =
        MANIFEST.replace("REPLICAS", &replicas.to_string()).replace("ADDRESS", &address.to_string());
    kubectl::run_with_input(plane, &["apply", "--server-side", "--filename", "-"], &manifest).map(drop)
}

/// Waits until it answers a question from this host: then pods, gateway and kube-proxy work too.
pub(super) fn wait(server: Ipv4Addr, timeout: Duration) -> Result<()> {
    let deadline = Instant::now() + timeout;
    let name = format!("kubernetes.default.svc.{CLUSTER_DOMAIN}");
    while !answers(server, &name).unwrap_or(false) {
        if Instant::now() > deadline {
            bail!(
                "the cluster's DNS at {server} does not answer after {timeout:?}: look at the pods and events of \
                 the namespace kube-system"
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn answers(server: Ipv4Addr, name: &str) -> std::io::Result<bool> {
    let socket = UdpSocket::bind(("0.0.0.0", 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    socket.send_to(&question(name), (server, 53))?;
    let mut reply = [0_u8; 512];
    let length = socket.recv(&mut reply)?;
    // The header: id, flags with the response code in the low bits, counts of questions and answers.
    Ok(matches!(reply.get(..length), Some([_, _, _, flags, _, _, high, low, ..])
        if flags & 0x0f == 0 && (*high, *low) != (0, 0)))
}

/// A question for the name's IPv4 addresses.
fn question(name: &str) -> Vec<u8> {
    let mut packet = vec![0xbe, 0x47, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).unwrap_or(63));
        packet.extend_from_slice(label.as_bytes());
    }
    packet.extend_from_slice(&[0, 0, 1, 0, 1]);
    packet
}
