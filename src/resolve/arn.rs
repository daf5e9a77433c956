//! ARNs and plain names, accepted wherever ECS accepts either → the short name that is meant.
//!
//! One function for each type of ARN, because the last part is a name for some and an opaque id for others.

/// A task definition as documents name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDefinitionReference {
    /// The family.
    pub family: String,
    /// The revision, where one is pinned.
    pub revision: Option<i64>,
}

impl TaskDefinitionReference {
    /// Reads `family`, `family:revision` or an ARN of either form; none if the revision is no positive number.
    pub fn parse(text: &str) -> Option<Self> {
        let short = after_slash(text, ":task-definition/");
        match short.rsplit_once(':') {
            None => Some(Self { family: short.to_owned(), revision: None }),
            Some((family, revision)) => {
                let revision = revision.parse().ok().filter(|number: &i64| *number > 0)?;
                Some(Self { family: family.to_owned(), revision: Some(revision) })
            }
        }
    }
}

impl std::fmt::Display for TaskDefinitionReference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.revision {
            Some(revision) => write!(formatter, "{}:{revision}", self.family),
            None => write!(formatter, "{}", self.family),
        }
    }
}

/// The name of a cluster.
pub fn cluster(text: &str) -> &str {
    after_slash(text, ":cluster/")
}

/// The name of a service; an ARN of the long form has the cluster before it.
pub fn service(text: &str) -> &str {
    let short = after_slash(text, ":service/");
    short.rsplit('/').next().unwrap_or(short)
}

/// The name of a target group; what follows it in an ARN is an id.
pub fn target_group(text: &str) -> &str {
    let short = after_slash(text, ":targetgroup/");
    if text.starts_with("arn:") { short.split('/').next().unwrap_or(short) } else { short }
}

/// The id of a Cloud Map service, or its name as written.
pub fn registry(text: &str) -> &str {
    after_slash(text, ":service/")
}

fn after_slash<'a>(text: &'a str, kind: &str) -> &'a str {
    match text.starts_with("arn:").then(|| text.split_once(kind)).flatten() {
        Some((_, short)) => short,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_definition_is_named_by_family_revision_or_arn() {
        let parse = |text| TaskDefinitionReference::parse(text).map(|reference| reference.to_string());
        assert_eq!(parse("web").as_deref(), Some("web"));
        assert_eq!(parse("web:7").as_deref(), Some("web:7"));
        assert_eq!(
            parse("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7").as_deref(),
            Some("web:7")
        );
        assert_eq!(parse("arn:aws:ecs:eu-west-1:123456789012:task-definition/web").as_deref(), Some("web"));
        assert_eq!(parse("web:x"), None);
        assert_eq!(parse("web:0"), None);
    }

    #[test]
    fn arns_shorten_to_the_part_that_is_a_name() {
        assert_eq!(cluster("arn:aws:ecs:eu-west-1:123456789012:cluster/prod"), "prod");
        assert_eq!(cluster("prod"), "prod");
        assert_eq!(service("arn:aws:ecs:eu-west-1:123456789012:service/prod/web"), "web");
        assert_eq!(service("arn:aws:ecs:eu-west-1:123456789012:service/web"), "web");
        let group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067";
        assert_eq!(target_group(group), "web");
        assert_eq!(
            registry("arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-utcrh6wavdkggqtk"),
            "srv-utcrh6wavdkggqtk"
        );
    }
}
