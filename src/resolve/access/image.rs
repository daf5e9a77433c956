//! An image reference → the host of its registry, as container runtimes read it.

/// Where images come from that name no registry.
const DOCKER_HUB: &str = "docker.io";

/// The host, with its port if it has one, of the registry that `image` is pulled from.
///
/// The part before the first slash is a host when it has a dot or a port, or is `localhost`; everything else is a
/// repository of Docker Hub, whose old names all mean `docker.io`.
pub(super) fn registry(image: &str) -> String {
    // A digest and a tag stand behind the last slash, so they hide no host.
    let Some((first, _)) = image.split_once('/') else { return DOCKER_HUB.to_owned() };
    let is_host = first.contains(['.', ':']) || first == "localhost" || first.starts_with('[');
    let host = first.to_ascii_lowercase();
    match host.as_str() {
        _ if !is_host => DOCKER_HUB.to_owned(),
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => DOCKER_HUB.to_owned(),
        _ => host,
    }
}

/// Whether `host` is a private registry of Amazon ECR: each pull there needs credentials.
pub(super) fn is_private_ecr(host: &str) -> bool {
    let mut labels = host.split('.');
    let account = labels.next().unwrap_or_default();
    let rest: Vec<&str> = labels.collect();
    let is_account = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    let starts = |words: &[&str]| rest.starts_with(words);
    is_account
        && (starts(&["dkr", "ecr"]) || starts(&["dkr", "ecr-fips"]) || starts(&["dkr-ecr"]))
        && (host.ends_with(".amazonaws.com")
            || host.ends_with(".amazonaws.com.cn")
            || host.ends_with(".on.aws"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_part_before_the_first_slash_is_a_host_if_it_looks_like_one() {
        for (image, host) in [
            ("nginx", "docker.io"),
            ("nginx:1.27", "docker.io"),
            ("nginx@sha256:0000", "docker.io"),
            ("library/nginx", "docker.io"),
            ("team/app:1.2.3", "docker.io"),
            ("index.docker.io/library/nginx", "docker.io"),
            ("localhost/app", "localhost"),
            ("localhost:5000/app", "localhost:5000"),
            ("registry.example.com/team/app:1", "registry.example.com"),
            ("Registry.Example.com:8443/app@sha256:0000", "registry.example.com:8443"),
            ("[::1]:5000/app", "[::1]:5000"),
            ("public.ecr.aws/nginx/nginx", "public.ecr.aws"),
        ] {
            assert_eq!(registry(image), host, "{image}");
        }
    }

    #[test]
    fn a_private_registry_of_ecr_is_known_by_its_host() {
        for host in [
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "123456789012.dkr-ecr.eu-west-1.on.aws",
        ] {
            assert!(is_private_ecr(host), "{host}");
        }
        for host in
            ["public.ecr.aws", "docker.io", "dkr.ecr.eu-west-1.amazonaws.com", "1.dkr.ecr.x.example.com"]
        {
            assert!(!is_private_ecr(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn any_image_has_a_registry(image in ".{0,80}") {
            prop_assert!(!registry(&image).is_empty());
        }
    }
}
