//! Two statuses → how soon the newer is worth a write.

use super::{Notice, ServiceStatus};

/// What a change of a status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something that somebody may have to act on, or that has to be remembered.
    Urgent,
    /// That all goes well.
    Progress,
    /// Nothing but other counts.
    Counts,
}

/// What lies between the two, where `notices` were told about it.
pub fn news(before: &ServiceStatus, after: &ServiceStatus, notices: &[Notice]) -> News {
    if counted(before) == counted(after) {
        News::Counts
    } else if notices.iter().any(|notice| notice.warning) || !goes_well(before, after) {
        News::Urgent
    } else {
        News::Progress
    }
}

/// The status without what changes with each task.
fn counted(status: &ServiceStatus) -> ServiceStatus {
    let mut status = status.clone();
    status.running_count = 0;
    status.pending_count = 0;
    status.events.clear();
    for deployment in &mut status.deployments {
        deployment.running_count = 0;
        deployment.pending_count = 0;
        deployment.updated_at = None;
    }
    for condition in &mut status.conditions {
        condition.message = String::new();
    }
    status
}

/// Whether the document is the same or the first, and no task has failed since.
fn goes_well(before: &ServiceStatus, after: &ServiceStatus) -> bool {
    let failures = |status: &ServiceStatus| -> Vec<_> {
        let failed = status.deployments.iter().filter(|one| one.failed_tasks > 0 || one.launch_attempts > 0);
        failed.map(|one| (one.id.clone(), one.failed_tasks, one.launch_attempts)).collect()
    };
    let is_same = before.accepted.is_none() || before.accepted == after.accepted;
    is_same && after.accepted.is_some() && failures(before) == failures(after)
}
