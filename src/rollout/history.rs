//! What is remembered of deployments and what is wanted now → the deployments to work with.

use crate::model::{Deployment, DeploymentId, RolloutState, Service};
use jiff::Timestamp;

/// The deployments of `service`, the primary first, and whether the primary is new: not remembered yet, so
/// that it must be written down before its first task starts.
pub fn deployments(service: &Service, remembered: &[Deployment], now: Timestamp) -> (Vec<Deployment>, bool) {
    let id = |sequence| DeploymentId::new(&service.identity.uid, &service.fingerprint, sequence);
    if remembered.first().is_some_and(|primary| primary.id == id(primary.sequence)) {
        return (remembered.to_vec(), false);
    }
    let sequence = remembered.iter().map(|known| known.sequence).max().unwrap_or(0) + 1;
    let primary = Deployment {
        id: id(sequence),
        sequence,
        task_definition: service.task_definition.reference(),
        state: RolloutState::InProgress,
        created_at: now,
        launch_attempts: 0,
        next_launch_at: None,
        failed_moves: 0,
        next_move_at: None,
        failed_tasks: 0,
        images: Vec::new(),
    };
    (std::iter::once(primary).chain(remembered.iter().cloned()).collect(), true)
}
