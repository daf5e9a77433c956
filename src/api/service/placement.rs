//! Where the tasks of a service are placed.

use crate::api::common::document;

document! {
    /// A condition that a container instance must meet.
    #[schemars(transform = super::rules::placement_constraint)]
    PlacementConstraint {
        /// `distinctInstance` (no two tasks on one instance) or `memberOf` (the expression holds).
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["distinctInstance", "memberOf"]))]
        type_: String,
        /// Expression of the cluster query language, up to 2000 characters; only for `memberOf`.
        #[schemars(length(max = 2000))]
        expression: String,
    }

    /// How an instance is chosen among those that fit.
    #[schemars(transform = super::rules::placement_strategy)]
    PlacementStrategy {
        /// `spread` (evenly over the values of a field), `binpack` (the instance with least left that fits) or
        /// `random`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["random", "spread", "binpack"]))]
        type_: String,
        /// For `spread`: `instanceId` (or `host`) or `attribute:NAME`. For `binpack`: `cpu` or `memory`. Absent for
        /// `random`.
        #[schemars(length(max = 255))]
        field: String,
    }
}
