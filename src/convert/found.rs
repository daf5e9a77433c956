//! A document that was found in a file, in the form of the request that would create it.

use crate::api::fate::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Annotation that says which request an object was made from, where that is not the one its kind stands for:
/// `UpdateService`.
pub const REQUEST: &str = "ecs.berth.dev/request";

/// A request that creates something, by its name in AWS's APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// An object in Kubernetes' form already; `spec` is the whole object.
    Apply,
    /// ECS: a cluster.
    CreateCluster,
    /// ECS: a revision of a task definition.
    RegisterTaskDefinition,
    /// Cloud Map's CreateService: a registry.
    CreateServiceDiscovery,
    /// Elastic Load Balancing: a target group.
    CreateTargetGroup,
    /// Elastic Load Balancing: a listener.
    CreateListener,
    /// Elastic Load Balancing: a rule of a listener.
    CreateRule,
    /// ECS: a service.
    CreateService,
    /// ECS: a task set of a service.
    CreateTaskSet,
    /// ECS: tasks that run once, by RunTask or StartTask.
    RunTask,
    /// EventBridge Scheduler: tasks that run by a schedule.
    CreateSchedule,
    /// EventBridge: a rule with its targets.
    PutRule,
    /// Application Auto Scaling: bounds of a service's desired count.
    RegisterScalableTarget,
    /// Application Auto Scaling: what changes a service's desired count.
    PutScalingPolicy,
}

impl Call {
    /// The name of the request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::CreateCluster => "CreateCluster",
            Self::RegisterTaskDefinition => "RegisterTaskDefinition",
            Self::CreateServiceDiscovery => "Cloud Map's CreateService",
            Self::CreateTargetGroup => "CreateTargetGroup",
            Self::CreateListener => "CreateListener",
            Self::CreateRule => "CreateRule",
            Self::CreateService => "CreateService",
            Self::CreateTaskSet => "CreateTaskSet",
            Self::RunTask => "RunTask",
            Self::CreateSchedule => "CreateSchedule",
            Self::PutRule => "PutRule",
            Self::RegisterScalableTarget => "RegisterScalableTarget",
            Self::PutScalingPolicy => "PutScalingPolicy",
        }
    }

    /// The kind of custom resource whose spec the request is; none where none stands for it. Berth may not have the
    /// kind: [`Self::document`] knows.
    pub const fn kind(self) -> Option<&'static str> {
        match self {
            Self::CreateCluster => Some("Cluster"),
            Self::RegisterTaskDefinition => Some("TaskDefinition"),
            Self::CreateServiceDiscovery => Some("ServiceDiscovery"),
            Self::CreateTargetGroup => Some("TargetGroup"),
            Self::CreateRule => Some("ListenerRule"),
            Self::CreateService => Some("Service"),
            Self::CreateTaskSet => Some("TaskSet"),
            Self::RunTask => Some("Task"),
            Self::CreateSchedule => Some("ScheduledTask"),
            Self::Apply
            | Self::CreateListener
            | Self::PutRule
            | Self::RegisterScalableTarget
            | Self::PutScalingPolicy => None,
        }
    }

    /// The document of Berth that the request is, if Berth has it.
    pub fn document(self) -> Option<Document> {
        let kind = self.kind()?;
        Document::ALL.into_iter().find(|document| document.kind() == kind)
    }

    /// The member of the request that names what it creates.
    pub const fn name_member(self) -> Option<&'static str> {
        match self {
            Self::CreateCluster => Some("clusterName"),
            Self::RegisterTaskDefinition => Some("family"),
            Self::CreateService => Some("serviceName"),
            Self::CreateServiceDiscovery | Self::CreateTargetGroup | Self::CreateSchedule | Self::PutRule => {
                Some("Name")
            }
            _ => None,
        }
    }
}

/// One document that was found in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The file; `-` is standard input.
    pub source: String,
    /// The place in the file, as in `services[0]`; empty for the whole.
    pub pointer: String,
    /// Which request it is.
    pub call: Call,
    /// What to call it if the request does not say: the file's name without its end, or a template's name for it.
    pub name: String,
    /// The request, as its API takes it: nothing read-only, members spelled as the API spells them.
    pub spec: Value,
    /// The ARN of what it describes, if it exists already.
    pub arn: Option<String>,
    /// The revision of the task definition that it describes, if it exists already.
    pub revision: Option<i64>,
    /// The namespace that its object goes to. Default: that of [`super::Options`].
    pub namespace: Option<String>,
    /// More annotations of its object.
    pub annotations: BTreeMap<String, String>,
}

impl Found {
    /// A request that makes something new.
    pub fn new(source: &str, pointer: &str, call: Call, spec: Value) -> Self {
        Self {
            source: source.to_owned(),
            pointer: pointer.to_owned(),
            call,
            name: stem(source),
            spec,
            arn: None,
            revision: None,
            namespace: None,
            annotations: BTreeMap::new(),
        }
    }

    /// Its name in ECS's form: what the request says, or what it is called otherwise.
    pub fn ecs_name(&self) -> &str {
        let member = self.call.name_member().and_then(|member| self.spec.get(member));
        member.and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }
}

/// The name of a file without its folders and end, as ECS allows names.
fn stem(source: &str) -> String {
    let file = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let stem = [".json", ".yaml", ".yml"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let stem: String = stem.chars().map(allowed).take(255).collect();
    let stem = stem.trim_matches('-');
    if stem.is_empty() { "unnamed".to_owned() } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_a_name_is_called_as_its_file() {
        for (source, name) in [
            ("infra/web.prod.json", "web-prod"),
            ("-", "unnamed"),
            ("a\\Web_App.yml", "Web_App"),
            (".json", "unnamed"),
            ("tâche", "t-che"),
        ] {
            assert_eq!(stem(source), name, "{source}");
        }
    }
}
