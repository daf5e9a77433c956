//! Services to translate.

use crate::model::placement::{Constraint, Placement, Scheduler, Strategy};
use crate::model::task_definition::{Container, HealthCheck, NetworkMode, Port, Protocol};
use crate::model::{
    Condition, Dependency, Identity, Mount, Registration, Restart, Service, TargetGroup, TaskDefinition,
    Volume,
};
use crate::placement::NodeView;
use crate::placement::expression::parse;

fn container(name: &str) -> Container {
    Container {
        name: name.into(),
        image: format!("example.com/{name}:1"),
        essential: true,
        stop_timeout: 30,
        ..Container::default()
    }
}

fn scratch(name: &str) -> Volume {
    Volume { name: name.into(), ..Volume::default() }
}

fn tcp(container_port: u16, name: Option<&str>, app_protocol: Option<&str>) -> Port {
    Port {
        host_port: None,
        container_port,
        protocol: Protocol::Tcp,
        name: name.map(Into::into),
        app_protocol: app_protocol.map(Into::into),
    }
}

fn target_group(name: &str, container: &str, port: u16) -> TargetGroup {
    TargetGroup { name: name.into(), container: container.into(), port }
}

fn member_of(text: &str) -> Constraint {
    Constraint::MemberOf(parse(text).unwrap())
}

/// One container with memory and nothing else.
pub fn minimal() -> Service {
    let app = Container { memory: Some(128), ..container("app") };
    let task_definition = TaskDefinition {
        family: "web".into(),
        revision: 1,
        containers: vec![app],
        ..TaskDefinition::default()
    };
    Service {
        identity: Identity {
            namespace: "shop".into(),
            name: "web".into(),
            uid: "0b5f8c1e-0000-4000-8000-000000000001".into(),
            generation: 1,
        },
        name: "web".into(),
        cluster: "default".into(),
        task_definition,
        desired_count: 3,
        minimum_healthy_percent: 100,
        maximum_percent: 200,
        placement: Placement { strategies: vec![zone(), Strategy::SpreadInstance], ..Placement::default() },
        rebalances: false,
        target_groups: vec![],
        registrations: vec![],
        health_check_grace_period: 0,
        deregistration_delay: 0,
        stopped_tasks_kept: 10,
        tagging: Default::default(),
        launch_volumes: vec![],
        fingerprint: "one".into(),
    }
}

fn zone() -> Strategy {
    Strategy::SpreadAttribute("ecs.availability-zone".into())
}

/// Every field that the model has; service, target group and discovery are all called `web`.
pub fn full() -> Service {
    let mut service = minimal();
    let definition = &mut service.task_definition;
    definition.revision = 7;
    definition.network_mode = NetworkMode::Awsvpc;
    (definition.cpu, definition.memory) = (Some(1024), Some(2048));
    definition.volumes = vec![scratch("scratch")];
    definition.architecture = Some("arm64".into());
    definition.operating_system = Some("linux".into());
    definition.extra_hosts = vec![("10.0.0.9".into(), vec!["legacy".into(), "legacy.example.com".into()])];
    definition.hostname = Some("web".into());
    definition.shared_pid = true;
    definition.containers = vec![full_container(), Container { essential: false, ..container("sidecar") }];
    service.placement.cluster_nodes = vec![("example.com/cluster".into(), "shop".into())];
    service.placement.scheduler = Scheduler::Named("spread-then-pack".into());
    service.target_groups = vec![
        target_group("web", "app", 8080),
        target_group("web", "app", 9090),
        target_group("admin", "app", 9090),
    ];
    service.registrations = vec![Registration { discovery: "web".into(), port: Some(8080) }];
    service.deregistration_delay = 15;
    service
}

fn full_container() -> Container {
    Container {
        entry_point: vec!["/bin/app".into(), "--at=$(date)".into()],
        command: vec!["serve".into(), "cost=5$".into()],
        environment: vec![("B".into(), "second, comes first".into()), ("A".into(), "$(B) and $HOME".into())],
        cpu: 512,
        memory: Some(1024),
        memory_reservation: Some(512),
        ports: vec![
            tcp(8080, Some("http"), Some("http")),
            tcp(9090, Some("admin_interface"), Some("grpc")),
            tcp(8080, None, None),
            Port { protocol: Protocol::Udp, ..tcp(5353, None, None) },
        ],
        health_check: Some(HealthCheck {
            command: vec!["/bin/check".into()],
            interval: 10,
            timeout: 4,
            retries: 2,
            start_period: 20,
        }),
        working_directory: Some("/srv".into()),
        user: Some((1000, Some(2000))),
        stop_timeout: 60,
        read_only_root: true,
        interactive: true,
        pseudo_terminal: true,
        mounts: vec![
            Mount { volume: "scratch".into(), path: "/tmp".into(), read_only: false },
            Mount { volume: "scratch".into(), path: "/ro".into(), read_only: true },
        ],
        ..container("app")
    }
}

/// Three containers, each with its own size, two target groups on one of them.
pub fn bridge() -> Service {
    let mut service = minimal();
    let sized = |name: &str, cpu, memory| Container { cpu, memory: Some(memory), ..container(name) };
    service.task_definition.containers = vec![
        Container { ports: vec![tcp(80, None, None), tcp(443, None, None)], ..sized("proxy", 128, 64) },
        Container { memory_reservation: Some(256), ..sized("app", 512, 512) },
        Container { essential: false, ..sized("metrics", 0, 32) },
    ];
    service.target_groups = vec![target_group("http", "proxy", 80), target_group("https", "proxy", 443)];
    service.placement.strategies = vec![Strategy::Random];
    service
}

/// The size is the task's alone.
pub fn fargate() -> Service {
    let mut service = minimal();
    let definition = &mut service.task_definition;
    definition.network_mode = NetworkMode::Awsvpc;
    definition.fargate = true;
    (definition.cpu, definition.memory) = (Some(256), Some(512));
    definition.containers = vec![Container { ports: vec![tcp(80, None, None)], ..container("app") }];
    service.registrations = vec![Registration { discovery: "web".into(), port: None }];
    service.deregistration_delay = 5;
    service
}

/// A check that was `CMD-SHELL`.
pub fn health_check() -> Service {
    let mut service = minimal();
    let check = HealthCheck {
        command: vec!["/bin/sh".into(), "-c".into(), "test $(cat /tmp/$USER) = ok || exit 1".into()],
        interval: 30,
        timeout: 5,
        retries: 3,
        start_period: 0,
    };
    let app = Container { memory: Some(128), health_check: Some(check), ..container("app") };
    service.task_definition.containers = vec![app];
    service
}

/// One task on each instance of some types that runs no database.
pub fn constraints() -> Service {
    let mut service = minimal();
    service.placement.constraints = vec![
        Constraint::DistinctInstance,
        member_of("attribute:ecs.instance-type =~ m5.* and attribute:stack != prod"),
        member_of("not(task:group == service:database)"),
    ];
    service
}

/// A migration, a proxy, a cache that has to be warm, the application behind them, an agent that is restarted.
pub fn depends_on() -> Service {
    let mut service = minimal();
    let check = |command: &str| HealthCheck {
        command: vec![command.into()],
        interval: 10,
        timeout: 5,
        retries: 3,
        start_period: 0,
    };
    let waits = |waits: &[(&str, Condition)]| -> Vec<Dependency> {
        let wait = |(name, condition): &(&str, Condition)| Dependency {
            container: (*name).into(),
            condition: *condition,
        };
        waits.iter().map(wait).collect()
    };
    let sized = |name: &str| Container { cpu: 128, memory: Some(64), ..container(name) };
    service.task_definition.containers = vec![
        Container { essential: false, start_timeout: Some(120), ..sized("Migrate") },
        Container { health_check: Some(check("/bin/proxy-is-well")), stop_timeout: 10, ..sized("proxy") },
        Container { essential: false, health_check: Some(check("/bin/warm")), ..sized("cache") },
        Container {
            image: "example.com/app".into(),
            depends_on: waits(&[
                ("Migrate", Condition::Success),
                ("proxy", Condition::Healthy),
                ("cache", Condition::Healthy),
            ]),
            stop_timeout: 20,
            ..sized("app")
        },
        Container { depends_on: waits(&[("app", Condition::Start)]), essential: false, ..sized("metrics") },
        Container {
            essential: false,
            restart: Some(Restart { ignored_exit_codes: vec![7, 0, 7], attempt_period: 60 }),
            ..sized("agent")
        },
    ];
    service.target_groups = vec![target_group("web", "app", 80)];
    service.deregistration_delay = 5;
    service
}

/// Two nodes that match and one that does not.
pub fn nodes() -> Vec<NodeView> {
    let node = |(name, instance_type): (&str, &str)| NodeView {
        name: name.into(),
        labels: [("node.kubernetes.io/instance-type".to_owned(), instance_type.to_owned())].into(),
        ..NodeView::default()
    };
    [("one", "m5.large"), ("two", "t3.micro"), ("three", "m5.xlarge")].map(node).into()
}

/// Names as ECS allows them.
pub fn odd_names() -> Service {
    let mut service = minimal();
    let long = "A_Very_Long_Name-".repeat(8);
    service.name = format!("{long}service");
    service.cluster = "Prod_Cluster".into();
    service.identity.name = "my.service.with.dots".into();
    let definition = &mut service.task_definition;
    definition.family = format!("{long}family");
    definition.hostname = Some("Web_1.example.com".into());
    definition.volumes = vec![scratch("Shared_Data"), scratch("shared-data")];
    let mounts = ["Shared_Data", "shared-data"].map(|volume| Mount {
        volume: volume.into(),
        path: "/data".into(),
        read_only: false,
    });
    definition.containers = vec![
        Container { mounts: mounts.into(), memory: Some(64), ..container("My_App") },
        Container { memory: Some(64), ..container("1-legal") },
        Container {
            memory: Some(64),
            ports: vec![tcp(80, Some("a_port_name-that-is-long"), None)],
            ..container("my-app")
        },
    ];
    service.target_groups = vec![target_group("My_Group", "my-app", 80)];
    service.registrations = vec![Registration { discovery: "web.internal".into(), port: Some(80) }];
    service
}

/// No setting that only Linux knows.
pub fn windows() -> Service {
    let mut service = minimal();
    let definition = &mut service.task_definition;
    definition.operating_system = Some("windows".into());
    definition.memory = Some(2048);
    definition.containers = vec![Container { cpu: 512, memory: Some(128), ..container("app") }];
    service
}

/// A constraint that `resolve` refuses.
pub fn unsupported() -> Service {
    let constraints = vec![member_of("runningTasksCount == 0")];
    Service { placement: Placement { constraints, ..Placement::default() }, ..minimal() }
}
