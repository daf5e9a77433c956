//! Rules of RegisterTaskDefinition that hold whoever writes the document, in ECS's words where they are known.

use crate::api::rule::{Kind, Rule, add};
use schemars::Schema;

/// Adds the rules of a definition as a whole.
pub fn definition(schema: &mut Schema) {
    add(schema, &DEFINITION);
}

/// Adds the rules of one container.
pub fn container(schema: &mut Schema) {
    add(schema, &CONTAINER);
}

/// Adds the rules of one port mapping.
pub fn port_mapping(schema: &mut Schema) {
    add(schema, &PORT_MAPPING);
}

/// Adds the rules of one volume.
pub fn volume(schema: &mut Schema) {
    add(schema, &VOLUME);
}

/// Adds the rules of one placement constraint.
pub fn placement_constraint(schema: &mut Schema) {
    add(schema, &PLACEMENT_CONSTRAINT);
}

/// Adds the rules of one resource limit.
pub fn ulimit(schema: &mut Schema) {
    add(schema, &ULIMIT);
}

/// Adds the rules of one device that a container needs.
pub fn resource_requirement(schema: &mut Schema) {
    add(schema, &RESOURCE_REQUIREMENT);
}

/// True when there are no containers, or when what follows holds of them: the API server can only bound the cost of
/// walking the member itself.
macro_rules! containers {
    () => {
        "!given(self.containerDefinitions) || self.containerDefinitions"
    };
}

/// Whether the definition claims to run on Fargate.
macro_rules! fargate {
    () => {
        "given(self.requiresCompatibilities) && 'FARGATE' in self.requiresCompatibilities"
    };
}

/// Whether the task has CPU that can be read.
macro_rules! has_cpu {
    () => {
        "given(self.cpu) && self.cpu.matches('^([0-9]{1,6}|[0-9]{0,3}[.]?[0-9]{1,4} ?[vV][cC][pP][uU])$')"
    };
}

/// The task's CPU in units.
macro_rules! cpu {
    () => {
        "(self.cpu.matches('^[0-9]+$') ? int(self.cpu) : int(double(self.cpu.lowerAscii().replace('vcpu', '').trim()) * 1024.0))"
    };
}

/// Whether the task has memory that can be read.
macro_rules! has_memory {
    () => {
        "given(self.memory) && self.memory.matches('^([0-9]{1,9}|[0-9]{0,5}[.]?[0-9]{1,4} ?[gG][bB])$')"
    };
}

/// The task's memory in MiB.
macro_rules! memory {
    () => {
        "(self.memory.matches('^[0-9]+$') ? int(self.memory) : int(double(self.memory.lowerAscii().replace('gb', '').trim()) * 1024.0))"
    };
}

const DEFINITION: [Rule; 15] = [
    Rule::new(
        "family",
        "!given(self.family) || self.family.matches('^[a-zA-Z0-9_-]{1,255}$')",
        "family must be up to 255 letters, digits, underscores and hyphens",
    ),
    Rule::new(
        "containerDefinitions",
        "given(self.containerDefinitions) && self.containerDefinitions.size() > 0",
        "Container list cannot be empty.",
    )
    .of(Kind::Required),
    Rule::new(
        "containerDefinitions",
        concat!(containers!(), ".size() == 0 || self.containerDefinitions.exists(c, or(c.essential, true))"),
        "at least one container must be essential",
    ),
    Rule::new(
        "containerDefinitions",
        concat!(containers!(), ".all(c, !given(c.name) || self.containerDefinitions.exists_one(d, or(d.name, '') == c.name))"),
        "container names must be unique in a task definition",
    ),
    Rule::new(
        "containerDefinitions",
        concat!("or(self.memory, '') != '' || ", containers!(), ".all(c, given(c.memory) || given(c.memoryReservation))"),
        "Invalid setting for a container. At least one of 'memory' or 'memoryReservation' must be specified, or 'memory' for the task.",
    )
    .of(Kind::Required),
    Rule::new(
        "cpu",
        concat!("or(self.cpu, '') == '' || ", has_cpu!()),
        "Invalid 'cpu' setting for task. It is a string: CPU units (\"1024\") or vCPU (\"1 vCPU\")",
    ),
    Rule::new(
        "memory",
        concat!("or(self.memory, '') == '' || ", has_memory!()),
        "Invalid 'memory' setting for task. It is a string: MiB (\"1024\") or GB (\"1 GB\")",
    ),
    Rule::new(
        "cpu",
        concat!("!(", fargate!(), ") || or(self.cpu, '') != ''"),
        "Fargate requires that 'cpu' be defined at the task level.",
    )
    .of(Kind::Required),
    Rule::new(
        "memory",
        concat!("!(", fargate!(), ") || or(self.memory, '') != ''"),
        "Fargate requires that 'memory' be defined at the task level.",
    )
    .of(Kind::Required),
    Rule::new(
        "cpu",
        concat!(
            "!(", fargate!(), ") || !(", has_cpu!(), ") || !(", has_memory!(), ") || [", cpu!(), "].all(c, [", memory!(),
            "].all(m, c == 256 ? m in [512, 1024, 2048] : c == 512 ? m >= 1024 && m <= 4096 && m % 1024 == 0 : \
             c == 1024 ? m >= 2048 && m <= 8192 && m % 1024 == 0 : c == 2048 ? m >= 4096 && m <= 16384 && m % 1024 == 0 : \
             c == 4096 ? m >= 8192 && m <= 30720 && m % 1024 == 0 : c == 8192 ? m >= 16384 && m <= 61440 && m % 4096 == 0 : \
             c == 16384 && m >= 32768 && m <= 122880 && m % 8192 == 0))"
        ),
        "No Fargate configuration exists for given values.",
    ),
    Rule::new(
        "containerDefinitions",
        concat!("!(", has_cpu!(), ") || ", containers!(), ".map(c, or(c.cpu, 0)).sum() <= ", cpu!()),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    Rule::new(
        "containerDefinitions",
        concat!(
            "!(", has_memory!(), ") || ", containers!(),
            ".map(c, given(c.memoryReservation) ? c.memoryReservation : or(c.memory, 0)).sum() <= ", memory!()
        ),
        "The sum of all container memory values cannot be greater than the value of the task 'memory'.",
    ),
    Rule::new(
        "containerDefinitions",
        concat!(
            "!(or(self.networkMode, '') in ['awsvpc', 'host']) || ", containers!(),
            ".all(c, !given(c.portMappings) || c.portMappings.all(p, or(p.hostPort, 0) == 0 || p.hostPort == or(p.containerPort, 0)))"
        ),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    )
    .naming("'When networkMode=' + self.networkMode + ', the host ports and container ports in port mappings must match.'"),
    Rule::new(
        "containerDefinitions",
        concat!("or(self.networkMode, '') != 'none' || ", containers!(), ".all(c, !given(c.portMappings) || c.portMappings.size() == 0)"),
        "When networkMode=none, containers can have no port mappings",
    )
    .of(Kind::Forbidden),
    Rule::new(
        "volumes",
        "!given(self.volumes) || self.volumes.filter(v, or(v.configuredAtLaunch, false)).size() < 2",
        "at most one volume can be configured at launch",
    ),
];

const CONTAINER: [Rule; 7] = [
    Rule::new("name", "or(self.name, '') != ''", "Container.name should not be null or empty.").of(Kind::Required),
    Rule::new(
        "name",
        "or(self.name, '') == '' || self.name.matches('^[a-zA-Z0-9_-]{1,255}$')",
        "a container's name must be up to 255 letters, digits, underscores and hyphens",
    ),
    Rule::new("image", "or(self.image, '') != ''", "Container.image should not be null or empty.").of(Kind::Required),
    // ECS says greater and takes equal ones, as its own examples have them.
    Rule::new(
        "memory",
        "!given(self.memory) || !given(self.memoryReservation) || self.memory >= self.memoryReservation",
        "'memory' must be greater than 'memoryReservation'",
    )
    .naming("\"Invalid setting for container '\" + or(self.name, '') + \"'. 'memory' must be greater than 'memoryReservation'.\""),
    Rule::new(
        "memory",
        "!given(self.memory) || self.memory >= 6",
        "'memory' of a container must be at least 6 MiB",
    ),
    Rule::new(
        "portMappings",
        "!given(self.portMappings) || self.portMappings.all(p, or(p.containerPort, 0) > 0 || or(p.containerPortRange, '') != '')",
        "Invalid 'containerPort' setting for a container.",
    )
    .naming("\"Invalid 'containerPort' setting for container '\" + or(self.name, '') + \"'.\""),
    Rule::new(
        "healthCheck",
        "!given(self.healthCheck) || self.healthCheck.command.size() > 0",
        "a health check needs a command",
    )
    .of(Kind::Required),
];

const PORT_MAPPING: [Rule; 2] = [
    Rule::new(
        "name",
        "or(self.name, '') == '' || self.name.matches('^[a-z0-9_][a-z0-9_-]{0,63}$')",
        "a port's name must be up to 64 lower-case letters, digits, underscores and hyphens, and not begin with a hyphen",
    ),
    Rule::new(
        "containerPortRange",
        "or(self.containerPortRange, '') == '' || or(self.containerPort, 0) == 0 && or(self.hostPort, 0) == 0",
        "containerPortRange excludes containerPort and hostPort",
    )
    .of(Kind::Forbidden),
];

const VOLUME: [Rule; 2] = [
    Rule::new(
        "name",
        "or(self.name, '') == '' || self.name.matches('^[a-zA-Z0-9_-]{1,255}$')",
        "a volume's name must be up to 255 letters, digits, underscores and hyphens",
    ),
    Rule::new(
        "",
        "[given(self.host) && or(self.host.sourcePath, '') != '', given(self.dockerVolumeConfiguration), given(self.efsVolumeConfiguration), given(self.s3filesVolumeConfiguration), given(self.fsxWindowsFileServerVolumeConfiguration), or(self.configuredAtLaunch, false)].filter(k, k).size() < 2",
        "a volume has exactly one kind",
    )
    .of(Kind::Forbidden),
];

const PLACEMENT_CONSTRAINT: [Rule; 1] =
    [Rule::new("expression", "or(self.expression, '') != ''", "a memberOf constraint needs an expression")
        .of(Kind::Required)];

const ULIMIT: [Rule; 1] = [Rule::new(
    "softLimit",
    "self.hardLimit == -1 || self.softLimit != -1 && self.softLimit <= self.hardLimit",
    "softLimit must not be greater than hardLimit",
)];

const RESOURCE_REQUIREMENT: [Rule; 1] = [Rule::new(
    "value",
    "(or(self.value, '') != '') != given(self.sharingStrategy)",
    "a resource requirement has either value or sharingStrategy",
)
.of(Kind::Required)];
