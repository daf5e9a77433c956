use super::*;
use crate::model::{Container, NetworkMode};
use proptest::prelude::*;

fn definition(cpu: Option<u32>, memory: Option<u32>, containers: Vec<Container>) -> TaskDefinition {
    TaskDefinition {
        family: "web".into(),
        revision: 1,
        network_mode: NetworkMode::Bridge,
        cpu,
        memory,
        containers,
        ..TaskDefinition::default()
    }
}

fn container(essential: bool, cpu: u32, memory: Option<u32>, memory_reservation: Option<u32>) -> Container {
    Container { essential, cpu, memory, memory_reservation, ..Container::default() }
}

fn charged(definition: &TaskDefinition, pod_level_resources: bool) -> corev1::PodSpec {
    let containers = definition.containers.iter().map(|_| corev1::Container::default()).collect();
    let mut spec = corev1::PodSpec { containers, ..Default::default() };
    charge(&mut spec, definition, Capabilities { pod_level_resources, ..Capabilities::default() }, false);
    spec
}

/// Requests and limits in short, as in `250m 64Mi / - 128Mi`.
fn short(resources: Option<&corev1::ResourceRequirements>) -> String {
    let part = |list: Option<&BTreeMap<String, Quantity>>| {
        let amount =
            |name: &str| list.and_then(|list| list.get(name)).map_or("-", |amount| amount.0.as_str());
        format!("{} {}", amount("cpu"), amount("memory"))
    };
    resources.map_or_else(
        || "none".into(),
        |one| format!("{} / {}", part(one.requests.as_ref()), part(one.limits.as_ref())),
    )
}

fn shorts(definition: &TaskDefinition, pod_level_resources: bool) -> Vec<String> {
    let spec = charged(definition, pod_level_resources);
    let pod = spec.resources.as_ref();
    pod.into_iter()
        .map(|pod| short(Some(pod)))
        .chain(spec.containers.iter().map(|c| short(c.resources.as_ref())))
        .collect()
}

#[test]
fn without_a_task_size_a_share_is_requested_and_memory_limited() {
    let containers = vec![
        container(true, 256, Some(512), Some(128)),
        container(true, 0, Some(64), None),
        container(false, 1, None, Some(32)),
        container(false, 1024, None, None),
    ];
    for pod_level in [true, false] {
        assert_eq!(
            shorts(&definition(None, None, containers.clone()), pod_level),
            ["250m 128Mi / - 512Mi", "- 64Mi / - 64Mi", "1m 32Mi / - -", "1 - / - -"]
        );
    }
}

#[test]
fn a_task_size_is_the_limit_of_the_pod_and_what_it_is_charged() {
    let containers = vec![container(true, 100, Some(256), None), container(false, 0, None, None)];
    assert_eq!(
        shorts(&definition(Some(512), Some(1024), containers), true),
        ["500m 1Gi / 500m 1Gi", "98m 256Mi / - 256Mi", "none"]
    );
}

#[test]
fn without_limits_of_pods_the_rest_goes_to_those_who_can_use_it() {
    let containers = vec![
        container(true, 256, None, Some(100)),
        container(true, 0, Some(256), None),
        container(false, 256, None, None),
    ];
    assert_eq!(
        shorts(&definition(Some(1024), Some(1024), containers), false),
        ["500m 434Mi / 500m 434Mi", "250m 256Mi / 250m 256Mi", "250m 334Mi / 250m 334Mi"]
    );
}

#[test]
fn rounding_never_makes_containers_larger_than_their_task() {
    let containers = vec![container(true, 341, None, None); 3];
    assert_eq!(
        shorts(&definition(Some(1024), None, containers), true),
        ["1 - / 1 -", "333m - / - -", "333m - / - -", "333m - / - -"]
    );
}

#[test]
fn fargate_reserves_what_may_be_used() {
    let containers = vec![container(true, 0, Some(512), Some(128))];
    let definition = TaskDefinition { fargate: true, ..definition(Some(256), Some(512), containers) };
    assert_eq!(shorts(&definition, true), ["250m 512Mi / 250m 512Mi", "- 512Mi / - 512Mi"]);
    assert_eq!(shorts(&definition, false), ["250m 512Mi / 250m 512Mi"]);
}

#[test]
fn containers_that_run_before_the_others_are_charged_as_well() {
    let containers = vec![container(false, 256, Some(512), Some(128)), container(true, 256, None, Some(64))];
    let definition = definition(None, None, containers);
    let pods = vec![corev1::Container::default(); 2];
    let mut spec = corev1::PodSpec { containers: pods, ..Default::default() };
    charge(
        &mut spec,
        &definition,
        Capabilities { pod_level_resources: true, ..Capabilities::default() },
        true,
    );
    assert_eq!(short(spec.resources.as_ref()), "500m 192Mi / - -");
    assert_eq!(short(spec.containers[0].resources.as_ref()), "250m 128Mi / - 512Mi");
}

#[test]
fn on_windows_a_share_is_a_limit_and_a_task_has_no_size() {
    let containers = vec![container(true, 512, Some(512), None)];
    let definition = TaskDefinition {
        operating_system: Some("windows".into()),
        ..definition(Some(1024), Some(1024), containers)
    };
    assert_eq!(shorts(&definition, true), ["500m 512Mi / 500m 512Mi"]);
}

fn parsed(list: Option<&BTreeMap<String, Quantity>>, name: &str) -> Option<u64> {
    let text = list?.get(name)?.0.as_str();
    let units = [("Mi", 1), ("Gi", 1024), ("m", 1), ("", 1000)];
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| text.strip_suffix(unit).map(|number| (number, factor)))?;
    Some(number.parse::<u64>().unwrap() * factor)
}

proptest! {
    #[test]
    fn the_api_server_never_refuses_a_size(
        cpu in prop::option::of(128_u32..4096), memory in prop::option::of(6_u32..4096),
        sizes in prop::collection::vec(
            (any::<bool>(), 0_u32..2000, prop::option::of(6_u32..2000), prop::option::of(6_u32..2000)), 1..10),
        (pod_level, fargate) in any::<(bool, bool)>(),
    ) {
        let mut containers: Vec<_> = sizes.iter().map(|(e, c, m, r)| container(*e, *c, *m, *r)).collect();
        containers[0].essential = true;
        let definition = TaskDefinition { fargate, ..definition(cpu, memory, containers) };
        let spec = charged(&definition, pod_level);
        for name in ["cpu", "memory"] {
            let pod = spec.resources.as_ref();
            let total = parsed(pod.and_then(|pod| pod.requests.as_ref()), name);
            let ceiling = parsed(pod.and_then(|pod| pod.limits.as_ref()), name);
            prop_assert_eq!(total, ceiling);
            let mut sum = 0;
            for container in &spec.containers {
                let resources = container.resources.as_ref();
                let request = parsed(resources.and_then(|one| one.requests.as_ref()), name);
                let limit = parsed(resources.and_then(|one| one.limits.as_ref()), name);
                prop_assert!(request.unwrap_or(0) <= limit.unwrap_or(u64::MAX));
                prop_assert!(limit.unwrap_or(0) <= ceiling.unwrap_or(u64::MAX));
                prop_assert!(request != Some(0) && limit != Some(0));
                sum += request.unwrap_or(0);
            }
            prop_assert!(sum <= total.unwrap_or(u64::MAX), "{} {:?}", sum, total);
            if name == "cpu" && !pod_level && let Some(cpu) = cpu {
                prop_assert_eq!(sum, millicores(cpu), "the whole size is charged");
            }
        }
    }
}
