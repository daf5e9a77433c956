//! Names of images, and digests as nodes report them → the name that later tasks run.

/// What a deployment's tasks run for one container, in the words of ECS's `containerImages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerImage {
    /// The container, in ECS's form.
    pub container: String,
    /// The image as the document names it.
    pub image: String,
    /// What its tag stood for when the deployment's first task pulled it, as in `sha256:…`; none where it could not
    /// be pulled afresh, so that each node uses the copy that it has.
    pub digest: Option<String>,
}

/// Whether `image` is named by what it is, not by a tag that can come to mean something else.
pub fn is_pinned(image: &str) -> bool {
    image.contains('@')
}

/// `image` by its digest instead of its tag.
pub fn pinned(image: &str, digest: &str) -> String {
    format!("{}@{digest}", repository(image))
}

/// The digest in a node's `image_id`, if it is one of the repository that `image` names.
///
/// Nodes report `repository@digest`, with `docker-pullable://` before it from one runtime. A digest alone is that of a
/// configuration, which cannot be pulled; one of another repository may be unknown to this one.
pub fn digest_of(image_id: &str, image: &str) -> Option<String> {
    let bare = image_id.split_once("://").map_or(image_id, |(_, rest)| rest);
    let (found, digest) = bare.split_once('@')?;
    let same = full(repository(found)) == full(repository(image));
    (same && is_digest(digest)).then(|| digest.to_owned())
}

fn is_digest(text: &str) -> bool {
    let is_hex = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    match text.split_once(':') {
        Some(("sha256", digits)) => digits.len() == 64 && is_hex(digits),
        Some(("sha512", digits)) => digits.len() == 128 && is_hex(digits),
        _ => false,
    }
}

/// `image` without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    // A colon before the last slash belongs to the registry's port.
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// A repository with the registry that its short form means.
fn full(repository: &str) -> String {
    let hub = |path: &str| match path.contains('/') {
        true => format!("docker.io/{path}"),
        false => format!("docker.io/library/{path}"),
    };
    match repository.split_once('/') {
        Some(("docker.io" | "index.docker.io" | "registry-1.docker.io", path)) => hub(path),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => repository.to_owned(),
        _ => hub(repository),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn a_tag_gives_way_to_a_digest_and_the_registry_stays() {
        for (image, repository) in [
            ("nginx", "nginx"),
            ("nginx:1.27", "nginx"),
            ("team/app:v1", "team/app"),
            ("registry.example:5000/team/app:v1", "registry.example:5000/team/app"),
            ("registry.example:5000/app", "registry.example:5000/app"),
        ] {
            assert_eq!(pinned(image, DIGEST), format!("{repository}@{DIGEST}"));
        }
    }

    #[test]
    fn every_form_of_a_nodes_answer_is_read() {
        for (id, image) in [
            (format!("docker.io/library/nginx@{DIGEST}"), "nginx:1"),
            (format!("docker-pullable://nginx@{DIGEST}"), "nginx"),
            (format!("docker.io/team/app@{DIGEST}"), "team/app:v1"),
            (format!("index.docker.io/library/nginx@{DIGEST}"), "docker.io/nginx:1"),
            (format!("registry.example:5000/app@{DIGEST}"), "registry.example:5000/app:v1"),
            (format!("localhost/app:v1@{DIGEST}"), "localhost/app:v1"),
        ] {
            assert_eq!(digest_of(&id, image).as_deref(), Some(DIGEST), "{id}");
        }
    }

    #[test]
    fn what_could_not_be_pulled_is_not_taken() {
        for id in [
            "",
            DIGEST,
            "docker://sha256:0123",
            "docker.io/library/nginx:1",
            "docker.io/library/nginx@sha256:0123",
            "docker.io/library/nginx@md5:0123",
            &format!("docker.io/library/other@{DIGEST}"),
            &format!("mirror.example/library/nginx@{DIGEST}"),
            &format!("sim@{DIGEST}"),
            &format!("nginx@{}", DIGEST.to_uppercase()),
        ] {
            assert_eq!(digest_of(id, "nginx:1"), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn what_is_pinned_is_recognized_as_itself(image in "([a-z]{1,8}(\\.[a-z]{2,3}(:[0-9]{2,4})?)?/)?[a-z]{1,8}(:[a-z0-9]{1,8})?") {
            let name = pinned(&image, DIGEST);
            prop_assert!(is_pinned(&name));
            prop_assert_eq!(digest_of(&name, &image), Some(DIGEST.to_owned()));
        }
    }
}
