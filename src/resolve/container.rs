//! A container definition → a container, or what is wrong with it.

use super::grants::Grants;
use super::{confinement, device, mount, port};
use crate::api::task_definition::container::ContainerDefinition;
use crate::api::task_definition::health;
use crate::model::task_definition::Pull;
use crate::model::{Container, HealthCheck, Restart, Violation, image};

/// Seconds between SIGTERM and SIGKILL where the document says none.
const STOP_TIMEOUT: u32 = 30;

/// Seconds that a container with a restartPolicy must have run to be restarted, where the document says none.
const RESTART_ATTEMPT_PERIOD: u32 = 300;

/// Characters of an image's name at most, without its digest.
const LONGEST_IMAGE: usize = 255;

/// The container at `path`, as far as it is sound, without what it waits for; `found` takes every rule that it breaks.
pub(super) fn container(
    definition: &ContainerDefinition,
    path: &str,
    grants: &Grants,
    found: &mut Vec<Violation>,
) -> Container {
    let mut required = |value: &Option<String>, property: &str| match value {
        Some(text) if !text.is_empty() => text.clone(),
        _ => {
            let message = format!("Container.{property} should not be null or empty.");
            found.push(Violation::new(format!("{path}.{property}"), message));
            String::new()
        }
    };
    let (name, image) = (required(&definition.name, "name"), required(&definition.image, "image"));
    if let Some(message) = not_an_image(&image) {
        found.push(Violation::new(format!("{path}.image"), message));
    }
    let ports = port::ports(definition, &name, path, found);
    let user = user(definition, path).unwrap_or_else(|violation| {
        found.push(violation);
        None
    });
    let fixed = image::is_pinned(&image) || definition.version_consistency.as_deref() == Some("disabled");
    Container {
        name,
        image,
        pull: if fixed { Pull::AsNode } else { Pull::Afresh },
        essential: definition.essential.unwrap_or(true),
        entry_point: definition.entry_point.clone().unwrap_or_default(),
        command: definition.command.clone().unwrap_or_default(),
        environment: environment(definition, path, found),
        cpu: natural(definition.cpu).unwrap_or(0),
        memory: natural(definition.memory).filter(|mib| *mib > 0),
        memory_reservation: natural(definition.memory_reservation).filter(|mib| *mib > 0),
        ports,
        health_check: definition.health_check.as_ref().and_then(health_check),
        working_directory: definition.working_directory.clone().filter(|path| !path.is_empty()),
        user,
        depends_on: Vec::new(),
        start_timeout: natural(definition.start_timeout).filter(|seconds| *seconds > 0),
        stop_timeout: natural(definition.stop_timeout).unwrap_or(STOP_TIMEOUT),
        restart: definition.restart_policy.as_ref().and_then(restart),
        read_only_root: definition.readonly_root_filesystem.unwrap_or(false),
        interactive: definition.interactive.unwrap_or(false),
        pseudo_terminal: definition.pseudo_terminal.unwrap_or(false),
        confinement: confinement::confinement(definition, path, grants, found),
        devices: device::devices(definition, path, found),
        mounts: mount::mounts(definition, path, found),
        // What comes from outside the document is `access`'s business.
        ..Container::default()
    }
}

fn natural(value: Option<i32>) -> Option<u32> {
    value.and_then(|number| u32::try_from(number).ok())
}

/// What ECS says of names that no image has
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>). A tag may have 255
/// characters with all that is before it; a digest does not count.
fn not_an_image(image: &str) -> Option<String> {
    let name = image.split('@').next().unwrap_or(image);
    let is_legal =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '/' | '#' | '@');
    if let Some(wrong) = image.chars().find(|c| !is_legal(*c)) {
        return Some(format!("Container.image contains invalid characters. ({wrong:?} in {image:?})"));
    }
    let length = name.len();
    (length > LONGEST_IMAGE)
        .then(|| format!("an image's name has up to {LONGEST_IMAGE} characters, not {length}"))
}

/// A name that is given twice has its last value, as a container runtime reads it.
fn environment(
    definition: &ContainerDefinition,
    path: &str,
    found: &mut Vec<Violation>,
) -> Vec<(String, String)> {
    let mut environment: Vec<(String, String)> = Vec::new();
    for (index, pair) in definition.environment.iter().flatten().enumerate() {
        let Some(name) = pair.name.clone().filter(|name| !name.trim().is_empty()) else {
            let message = "Environment variable name cannot be null or blank.";
            found.push(Violation::new(format!("{path}.environment[{index}].name"), message));
            continue;
        };
        let value = pair.value.clone().unwrap_or_default();
        match environment.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => environment.push((name, value)),
        }
    }
    environment
}

fn health_check(check: &health::HealthCheck) -> Option<HealthCheck> {
    let words = check.command.clone().unwrap_or_default();
    let (first, rest) = words.split_first()?;
    let command = match first.as_str() {
        "CMD-SHELL" => ["/bin/sh".to_owned(), "-c".to_owned()].into_iter().chain([rest.join(" ")]).collect(),
        "CMD" => rest.to_vec(),
        "NONE" => return None,
        // Neither word: ECS reads the list as after CMD.
        _ => words.clone(),
    };
    if command.is_empty() {
        return None;
    }
    Some(HealthCheck {
        command,
        interval: natural(check.interval).unwrap_or(30).max(1),
        timeout: natural(check.timeout).unwrap_or(5).max(1),
        retries: natural(check.retries).unwrap_or(3).max(1),
        start_period: natural(check.start_period).unwrap_or(0),
    })
}

fn restart(policy: &health::ContainerRestartPolicy) -> Option<Restart> {
    policy.enabled.unwrap_or(false).then(|| Restart {
        ignored_exit_codes: policy.ignored_exit_codes.clone().unwrap_or_default(),
        attempt_period: natural(policy.restart_attempt_period).unwrap_or(RESTART_ATTEMPT_PERIOD),
    })
}

fn user(definition: &ContainerDefinition, path: &str) -> Result<Option<(i64, Option<i64>)>, Violation> {
    let Some(text) = definition.user.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
    // The two names that have the same number in every image of note.
    let id = |text: &str| match text {
        "root" => Some(0),
        "nobody" | "nogroup" => Some(65534),
        digits => digits.parse::<i64>().ok().filter(|id| (0..=i64::from(i32::MAX)).contains(id)),
    };
    let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
    match (id(user), group.map(id)) {
        (Some(user), None) => Ok(Some((user, None))),
        (Some(user), Some(Some(group))) => Ok(Some((user, Some(group)))),
        _ => Err(Violation::new(
            format!("{path}.user"),
            format!(
                "\"{text}\" names a user or group, which can only be looked up inside the image: write \"UID:GID\", the \
                 numbers that `docker run --rm --entrypoint id {} {user}` prints",
                definition.image.as_deref().unwrap_or("IMAGE")
            ),
        )),
    }
}
