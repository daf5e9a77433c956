//! What ECS takes on some platforms only: members that a definition for Fargate or for Windows cannot have.

use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::api::task_definition::device::LinuxParameters;
use crate::model::Violation;

/// Whether the definition claims to run on Fargate.
pub(super) fn is_fargate(spec: &TaskDefinitionSpec) -> bool {
    spec.requires_compatibilities.iter().flatten().any(|name| name == "FARGATE")
}

/// Everything that the platforms of the definition do not have.
pub(super) fn rules(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) {
    let platform = spec.runtime_platform.as_ref();
    let system =
        platform.and_then(|platform| platform.operating_system_family.as_deref()).unwrap_or_default();
    if is_fargate(spec) {
        fargate(spec, found);
    }
    if system.starts_with("WINDOWS") {
        windows(spec, found);
    } else if system == "LINUX" {
        linux(spec, found);
    }
}

/// Seconds of startTimeout and stopTimeout at most on Fargate
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>).
const LONGEST_TIMEOUT: i32 = 120;

/// In ECS's words ([1], [2]).
///
/// [1]: https://github.com/aws/amazon-ecs-cli/issues/1145
/// [2]: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
fn fargate(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) {
    let mut refuse = |path: String, message: String| found.push(Violation::new(path, message));
    if spec.network_mode.as_deref() != Some("awsvpc") {
        refuse("spec.networkMode".into(), "Fargate only supports network mode ‘awsvpc’.".into());
    }
    if let Some(mode) = spec.pid_mode.as_deref().filter(|mode| !matches!(*mode, "" | "task")) {
        let message = format!(
            "Tasks using the Fargate launch type do not support pidMode '{mode}'. The supported value for pidMode is 'task'."
        );
        refuse("spec.pidMode".into(), message);
    }
    if spec.ipc_mode.as_ref().is_some_and(|mode| !mode.is_empty()) {
        refuse("spec.ipcMode".into(), "Tasks using the Fargate launch type do not support ipcMode.".into());
    }
    let unsupported = |what: &str| format!("Fargate compatible task definitions do not support {what}");
    if spec.placement_constraints.as_ref().is_some_and(|list| !list.is_empty()) {
        refuse("spec.placementConstraints".into(), unsupported("constraints"));
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let source = volume.host.as_ref().and_then(|host| host.source_path.as_ref());
        if source.is_some_and(|path| !path.is_empty()) {
            refuse(format!("spec.volumes[{index}].host.sourcePath"), unsupported("sourcePath"));
        }
        if volume.docker_volume_configuration.is_some() {
            let path = format!("spec.volumes[{index}].dockerVolumeConfiguration");
            refuse(path, unsupported("dockerVolumeConfiguration"));
        }
    }
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let mut names = not_on_fargate(definition);
        names.extend(definition.linux_parameters.iter().flat_map(linux_not_on_fargate));
        for name in names {
            let what = match name.rsplit_once('.') {
                Some((_, "add")) => "capabilities other than SYS_PTRACE",
                Some((_, last)) => last,
                None => name,
            };
            refuse(format!("spec.containerDefinitions[{index}].{name}"), unsupported(what));
        }
        for (member, seconds) in too_long_on_fargate(definition) {
            let message = format!("{member} is at most {LONGEST_TIMEOUT} seconds on Fargate, not {seconds}");
            refuse(format!("spec.containerDefinitions[{index}].{member}"), message);
        }
        if definition.resource_requirements.iter().flatten().any(|one| one.type_.as_deref() == Some("GPU")) {
            let path = format!("spec.containerDefinitions[{index}].resourceRequirements");
            refuse(
                path,
                "Tasks using the Fargate launch type do not support GPU resource requirements.".into(),
            );
        }
    }
}

fn not_on_fargate(definition: &ContainerDefinition) -> Vec<&'static str> {
    let options = definition.docker_security_options.as_ref().is_some_and(|list| !list.is_empty());
    let cases = [
        (definition.privileged == Some(true), "privileged"),
        (definition.disable_networking == Some(true), "disableNetworking"),
        (options, "dockerSecurityOptions"),
    ];
    cases.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

fn too_long_on_fargate(definition: &ContainerDefinition) -> impl Iterator<Item = (&'static str, i32)> {
    let given = [("startTimeout", definition.start_timeout), ("stopTimeout", definition.stop_timeout)];
    let given = given.into_iter().filter_map(|(member, seconds)| Some((member, seconds?)));
    given.filter(|(_, seconds)| *seconds > LONGEST_TIMEOUT)
}

fn linux_not_on_fargate(linux: &LinuxParameters) -> Vec<&'static str> {
    let added = linux.capabilities.iter().flat_map(|all| all.add.iter().flatten());
    let cases = [
        (linux.devices.as_ref().is_some_and(|list| !list.is_empty()), "linuxParameters.devices"),
        (linux.shared_memory_size.is_some_and(|size| size != 0), "linuxParameters.sharedMemorySize"),
        (linux.max_swap.is_some_and(|mib| mib != 0), "linuxParameters.maxSwap"),
        (linux.swappiness.is_some_and(|percent| percent != 0), "linuxParameters.swappiness"),
        (added.into_iter().any(|name| name != "SYS_PTRACE"), "linuxParameters.capabilities.add"),
    ];
    cases.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

/// A GMSACredentialSpec is for Windows; what ECS runs beside Linux containers for them has no counterpart.
fn linux(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) {
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let mut options = definition.docker_security_options.iter().flatten();
        let cases = [
            (definition.credential_specs.as_ref().is_some_and(|list| !list.is_empty()), "credentialSpecs"),
            (options.any(|option| option.starts_with("credentialspec")), "dockerSecurityOptions"),
        ];
        for (_, member) in cases.into_iter().filter(|(is, _)| *is) {
            let message = "accounts of Active Directory are for Windows containers here";
            found.push(Violation::new(format!("spec.containerDefinitions[{index}].{member}"), message));
        }
    }
}

/// Settings that only Linux has
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/windows_task_definitions.html>).
fn windows(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    for (is, member) in [(given(&spec.pid_mode), "pidMode"), (given(&spec.ipc_mode), "ipcMode")] {
        if is {
            found.push(Violation::new(format!("spec.{member}"), NOT_ON_WINDOWS));
        }
    }
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        for member in not_on_windows(definition) {
            found
                .push(Violation::new(format!("spec.containerDefinitions[{index}].{member}"), NOT_ON_WINDOWS));
        }
    }
}

const NOT_ON_WINDOWS: &str = "is not supported for Windows containers";

fn not_on_windows(definition: &ContainerDefinition) -> Vec<&'static str> {
    fn given<T>(list: &Option<Vec<T>>) -> bool {
        list.as_ref().is_some_and(|list| !list.is_empty())
    }
    let linux = definition.linux_parameters.as_ref();
    let says = linux.is_some_and(|linux| *linux != LinuxParameters::default() && !is_idle(linux));
    let options = definition.docker_security_options.iter().flatten();
    let cases = [
        (says, "linuxParameters"),
        (definition.privileged == Some(true), "privileged"),
        (definition.readonly_root_filesystem == Some(true), "readonlyRootFilesystem"),
        (definition.disable_networking == Some(true), "disableNetworking"),
        (definition.user.as_ref().is_some_and(|user| !user.is_empty()), "user"),
        (given(&definition.links), "links"),
        (given(&definition.dns_servers), "dnsServers"),
        (given(&definition.dns_search_domains), "dnsSearchDomains"),
        (given(&definition.extra_hosts), "extraHosts"),
        (given(&definition.system_controls), "systemControls"),
        (options.into_iter().any(|one| !one.starts_with("credentialspec")), "dockerSecurityOptions"),
    ];
    cases.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
}

/// Whether a document merely spells out that nothing is set.
fn is_idle(linux: &LinuxParameters) -> bool {
    let none = |list: Option<&Vec<String>>| list.is_none_or(Vec::is_empty);
    linux.capabilities.as_ref().is_none_or(|all| none(all.add.as_ref()) && none(all.drop.as_ref()))
        && linux.devices.as_ref().is_none_or(Vec::is_empty)
        && linux.tmpfs.as_ref().is_none_or(Vec::is_empty)
        && linux.init_process_enabled != Some(true)
        && linux.shared_memory_size.unwrap_or(0) == 0
        && linux.max_swap.is_none()
        && linux.swappiness.is_none()
}
