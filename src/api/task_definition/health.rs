//! When a container is well, when it starts and when it is started again.

use crate::api::common::{DOCUMENT, document};

document! {
    /// A command that is run in the container again and again: exit code 0 is healthy, any other is not.
    HealthCheck {
        /// `["CMD", program, argument…]` or `["CMD-SHELL", line]`; without either word, `CMD` is meant.
        #[schemars(required, inner(length(max = DOCUMENT)))]
        command: Vec<String>,
        /// Seconds between two checks: 5–300, default 30.
        #[schemars(range(min = 5, max = 300))]
        interval: i32,
        /// Seconds until a check counts as failed: 2–60, default 5.
        #[schemars(range(min = 2, max = 60))]
        timeout: i32,
        /// Failures in a row that make the container unhealthy: 1–10, default 3.
        #[schemars(range(min = 1, max = 10))]
        retries: i32,
        /// Seconds after the start in which failures do not count; a success ends them: 0–300, default 0.
        #[schemars(range(min = 0, max = 300))]
        start_period: i32,
    }

    /// Another container that must have come to a certain point first.
    ContainerDependency {
        /// The other container.
        #[schemars(required, length(max = 255))]
        container_name: String,
        /// `START` (has started), `COMPLETE` (has ended), `SUCCESS` (has ended with 0) or `HEALTHY` (its health
        /// check passes). `COMPLETE` and `SUCCESS` only of containers that are not essential.
        #[schemars(required, extend("enum" = ["START", "COMPLETE", "SUCCESS", "HEALTHY"]))]
        condition: String,
    }

    /// Restarts one container instead of ending the task.
    ContainerRestartPolicy {
        /// Whether the container is restarted at all.
        #[schemars(required)]
        enabled: bool,
        /// Exit codes after which it is not: at most 50. Exit code 0 is restarted too unless it is here.
        #[schemars(length(max = 50), inner(range(min = -2_147_483_648, max = 2_147_483_647)))]
        ignored_exit_codes: Vec<i32>,
        /// Seconds that a container must have run to be restarted: 60–1800, default 300.
        #[schemars(range(min = 60, max = 1800))]
        restart_attempt_period: i32,
    }
}
