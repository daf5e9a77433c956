//! Rules of CreateService and UpdateService that hold whoever writes the document, in ECS's words where they are known.

use crate::api::rule::{Kind, Rule, add};
use schemars::Schema;

/// Adds the rules of a service as a whole.
pub fn service(schema: &mut Schema) {
    add(schema, &SERVICE);
}

/// Adds the rules of one placement constraint.
pub fn placement_constraint(schema: &mut Schema) {
    add(schema, &PLACEMENT_CONSTRAINT);
}

/// Adds the rules of one placement strategy.
pub fn placement_strategy(schema: &mut Schema) {
    add(schema, &PLACEMENT_STRATEGY);
}

/// Adds the rules of one registry.
pub fn service_registry(schema: &mut Schema) {
    add(schema, &SERVICE_REGISTRY);
}

/// The name cannot be changed; it stands at the root, where the object's own name is known.
pub const SERVICE_NAME: Rule = Rule::new(
    "spec.serviceName",
    "or(self.spec.serviceName, self.metadata.name) == or(oldSelf.spec.serviceName, oldSelf.metadata.name)",
    "serviceName cannot be changed: delete the service and create another",
)
.of(Kind::Forbidden);

macro_rules! daemon {
    () => {
        "is(self.schedulingStrategy, 'DAEMON')"
    };
}

const SERVICE: [Rule; 15] = [
    Rule::member(
        "serviceName",
        "self.matches('^[a-zA-Z0-9_-]{1,255}$')",
        "serviceName must be up to 255 letters, digits, underscores and hyphens",
    ),
    Rule::new(
        "taskDefinition",
        "given(self.taskDefinition) && self.taskDefinition != '' || given(self.deploymentController) && self.deploymentController.type == 'EXTERNAL'",
        "TaskDefinition can not be blank.",
    )
    .of(Kind::Required),
    Rule::new(
        "capacityProviderStrategy",
        "or(self.capacityProviderStrategy, []).size() == 0 || or(self.launchType, '') == ''",
        "Specify either Launch Type or Capacity Provider Strategy, but not both.",
    )
    .of(Kind::Forbidden),
    Rule::member(
        "capacityProviderStrategy",
        "self.filter(p, or(p.base, 0) > 0).size() < 2",
        "only one capacity provider of a strategy can have a base",
    ),
    Rule::member(
        "capacityProviderStrategy",
        "self.size() < 2 || self.exists(p, or(p.weight, 0) > 0)",
        "at least one capacity provider of a strategy must have a weight above 0",
    ),
    Rule::new(
        "capacityProviderStrategy",
        concat!("!(", daemon!(), ") || or(self.capacityProviderStrategy, []).size() == 0"),
        "Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "placementStrategy",
        concat!("!(", daemon!(), ") || or(self.placementStrategy, []).size() == 0"),
        "The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "desiredCount",
        concat!("!(", daemon!(), ") || or(self.desiredCount, 1) <= 1"),
        "The daemon scheduling strategy does not support a desired count. Remove the desired count and try again",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "launchType",
        concat!("!(", daemon!(), ") || !is(self.launchType, 'FARGATE')"),
        "The daemon scheduling strategy is not supported with the FARGATE launch type",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "placementConstraints",
        "!is(self.launchType, 'FARGATE') || or(self.placementConstraints, []).size() == 0",
        "Placement constraints are not supported with FARGATE launch type.",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "deploymentConfiguration",
        concat!(
            "!given(self.deploymentConfiguration) || [", daemon!(), "].all(daemon, \
             [daemon ? 0 : 100].all(low, [daemon ? 100 : 200].all(high, \
             or(self.deploymentConfiguration.minimumHealthyPercent, low) != 100 || \
             or(self.deploymentConfiguration.maximumPercent, high) != 100)))"
        ),
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments",
    ),
    Rule::new(
        "deploymentConfiguration",
        concat!(
            "!(", daemon!(), ") || !given(self.deploymentConfiguration) || \
             or(self.deploymentConfiguration.maximumPercent, 100) == 100"
        ),
        "maximumPercent must be 100 with the DAEMON scheduling strategy",
    ),
    Rule::new(
        "cluster",
        "(or(self.cluster, '') == '' ? 'default' : self.cluster) == (or(oldSelf.cluster, '') == '' ? 'default' : oldSelf.cluster)",
        "cluster cannot be changed: delete the service and create it in the other cluster",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "schedulingStrategy",
        "is(self.schedulingStrategy, 'DAEMON') == is(oldSelf.schedulingStrategy, 'DAEMON')",
        "schedulingStrategy cannot be changed: delete the service and create another",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "launchType",
        "or(self.launchType, '') == or(oldSelf.launchType, '') || \
         or(self.launchType, '') == '' && or(self.capacityProviderStrategy, []).size() > 0 || \
         or(oldSelf.launchType, '') == '' && or(oldSelf.capacityProviderStrategy, []).size() > 0",
        "launchType cannot be changed, only replaced by a capacityProviderStrategy",
    )
    .of(Kind::Forbidden),
];

const PLACEMENT_CONSTRAINT: [Rule; 2] = [
    Rule::new(
        "expression",
        "self.type != 'memberOf' || or(self.expression, '') != ''",
        "a memberOf constraint needs an expression",
    )
    .of(Kind::Required),
    Rule::new(
        "expression",
        "self.type != 'distinctInstance' || or(self.expression, '') == ''",
        "a distinctInstance constraint has no expression",
    )
    .of(Kind::Forbidden),
];

const PLACEMENT_STRATEGY: [Rule; 3] = [
    Rule::new("field", "self.type != 'random' || or(self.field, '') == ''", "a random strategy has no field")
        .of(Kind::Forbidden),
    Rule::new(
        "field",
        "self.type != 'binpack' || or(self.field, '').lowerAscii() in ['cpu', 'memory']",
        "the field of a binpack strategy is cpu or memory",
    ),
    Rule::new(
        "field",
        "self.type != 'spread' || or(self.field, '') in ['instanceId', 'host'] || or(self.field, '').startsWith('attribute:')",
        "the field of a spread strategy is instanceId, host or attribute:NAME",
    ),
];

const SERVICE_REGISTRY: [Rule; 2] = [
    Rule::new("registryArn", "or(self.registryArn, '') != ''", "a registry needs its registryArn")
        .of(Kind::Required),
    Rule::new(
        "port",
        "or(self.port, 0) == 0 || or(self.containerName, '') == '' && or(self.containerPort, 0) == 0",
        "a registry has either port, or containerName and containerPort",
    )
    .of(Kind::Forbidden),
];
