//! A container's restart policy in, the rules by which a node restarts it out.
//!
//! A node knows no least time that a container must have run: `resolve::task` holds the task to that.

use crate::model::Restart;
use k8s_openapi::api::core::v1 as corev1;

/// Lets the node start `container` again. Exit code 0 is one like any other.
pub fn set(container: &mut corev1::Container, restart: &Restart) {
    let mut ignored = restart.ignored_exit_codes.clone();
    ignored.sort_unstable();
    ignored.dedup();
    if ignored.is_empty() {
        container.restart_policy = Some("Always".into());
        return;
    }
    let exit_codes =
        corev1::ContainerRestartRuleOnExitCodes { operator: "NotIn".into(), values: Some(ignored) };
    let rule = corev1::ContainerRestartRule { action: "Restart".into(), exit_codes: Some(exit_codes) };
    container.restart_policy = Some("Never".into());
    container.restart_policy_rules = Some(vec![rule]);
}
