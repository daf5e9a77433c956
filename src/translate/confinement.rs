//! How far a container and its task are kept from the node in, security contexts out.

use super::container::some;
use crate::model::{Container, Profile, TaskDefinition};
use k8s_openapi::api::core::v1 as corev1;

/// The container's security context. Privilege escalation stays as the runtime has it: ECS lets setuid programs work.
pub fn of_container(container: &Container, windows: bool) -> Option<corev1::SecurityContext> {
    let own = &container.confinement;
    let credential = |name: &String| corev1::WindowsSecurityContextOptions {
        gmsa_credential_spec_name: Some(name.clone()),
        ..Default::default()
    };
    let windows_options = own.credential_spec.as_ref().map(credential);
    if windows {
        return windows_options
            .map(|options| corev1::SecurityContext { windows_options: Some(options), ..Default::default() });
    }
    let (user, group) = match container.user {
        Some((user, group)) => (Some(user), group),
        None => (None, None),
    };
    let changed = !own.added.is_empty() || !own.dropped.is_empty();
    let capabilities = corev1::Capabilities { add: some(own.added.clone()), drop: some(own.dropped.clone()) };
    let context = corev1::SecurityContext {
        allow_privilege_escalation: own.no_new_privileges.then_some(false),
        app_armor_profile: own.app_armor.as_ref().map(app_armor),
        capabilities: changed.then_some(capabilities),
        privileged: own.privileged.then_some(true),
        read_only_root_filesystem: container.read_only_root.then_some(true),
        run_as_user: user,
        run_as_group: group,
        se_linux_options: own.se_linux.as_ref().map(|context| corev1::SELinuxOptions {
            user: context.user.clone(),
            role: context.role.clone(),
            type_: context.kind.clone(),
            level: context.level.clone(),
        }),
        seccomp_profile: own.seccomp.as_ref().map(seccomp),
        windows_options,
        ..Default::default()
    };
    (context != corev1::SecurityContext::default()).then_some(context)
}

/// The pod's security context.
pub fn of_pod(task_definition: &TaskDefinition) -> corev1::PodSecurityContext {
    let sysctls = task_definition.sysctls.iter();
    let sysctls =
        sysctls.map(|(name, value)| corev1::Sysctl { name: name.clone(), value: value.clone() }).collect();
    corev1::PodSecurityContext {
        seccomp_profile: Some(seccomp(&Profile::Runtime)),
        sysctls: some(sysctls),
        ..Default::default()
    }
}

fn app_armor(profile: &Profile) -> corev1::AppArmorProfile {
    let (type_, localhost_profile) = parts(profile);
    corev1::AppArmorProfile { type_, localhost_profile }
}

fn seccomp(profile: &Profile) -> corev1::SeccompProfile {
    let (type_, localhost_profile) = parts(profile);
    corev1::SeccompProfile { type_, localhost_profile }
}

fn parts(profile: &Profile) -> (String, Option<String>) {
    match profile {
        Profile::Runtime => ("RuntimeDefault".into(), None),
        Profile::Unconfined => ("Unconfined".into(), None),
        Profile::Node(name) => ("Localhost".into(), Some(name.clone())),
    }
}
