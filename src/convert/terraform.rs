//! What `terraform show -json` prints of a plan or a state → the things in it, as Describe calls give them.
//!
//! A plan does not know yet what AWS will choose: ARNs, ids, what is computed from them. Such references are followed
//! through the plan's `configuration` to the resource that is meant, and its name stands where the ARN would
//! ([`reference`]). What cannot be followed is told with the resource's address.
//!
//! Must not guess a value and say nothing: what has no place here is a note.

mod ecs;
mod field;
mod network;
mod reference;
mod service;

use super::Note;
use super::piece::{Kind, Piece};
use field::{Field, Written};
use reference::Plan;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A resource of a plan or state.
#[derive(Clone, Debug)]
pub(super) struct Resource<'a> {
    /// Address of the module that it is in, as in `module.app["blue"]`; empty for the root.
    module: &'a str,
    /// Its whole address.
    address: &'a str,
    /// Its type, as in `aws_ecs_service`.
    kind: &'a str,
    /// Its name in its module.
    name: &'a str,
    /// Its key under `count` or `for_each`.
    index: Option<&'a Value>,
    /// Its attributes as far as they are known.
    values: &'a Map<String, Value>,
}

/// The things in a document of Terraform; none if it is no such document.
pub(super) fn pieces(source: &str, document: &Value) -> Option<(Vec<Piece>, Vec<Note>)> {
    let refuse = |text: &str| Some((Vec::new(), vec![Note::violation(source, "", text)]));
    if document.get("terraform_version").is_some() && document.get("lineage").is_some() {
        return refuse("is Terraform's own state file: give what `terraform show -json` prints of it");
    }
    let version = document.get("format_version")?.as_str()?;
    let root =
        document.pointer("/planned_values/root_module").or_else(|| document.pointer("/values/root_module"));
    if !version.starts_with("0.") && !version.starts_with("1.") {
        return refuse(&format!("is of Terraform's format {version}: 1.x is known here"));
    }
    let Some(root) = root else { return refuse("has neither planned_values nor values: nothing is in it") };
    let mut resources = Vec::new();
    walk(root, &mut resources);
    let plan = Plan::new(document, &resources);
    let mut reading = Reading {
        source,
        pieces: Vec::new(),
        providers: Vec::new(),
        notes: Vec::new(),
        others: BTreeMap::new(),
    };
    for resource in &resources {
        reading.take(resource, &plan);
    }
    reading.merge_providers();
    reading.tell_others();
    Some((reading.pieces, reading.notes))
}

/// The managed resources of a module and of the modules in it.
fn walk<'a>(module: &'a Value, found: &mut Vec<Resource<'a>>) {
    let address = module.get("address").and_then(Value::as_str).unwrap_or_default();
    let list = |name: &str| module.get(name).and_then(Value::as_array).into_iter().flatten();
    for resource in list("resources").filter(|one| one.get("mode").is_none_or(|mode| mode == "managed")) {
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let (Some(kind), Some(name)) = (text("type"), text("name")) else { continue };
        let Some(values) = resource.get("values").and_then(Value::as_object) else { continue };
        let index = resource.get("index").filter(|index| !index.is_null());
        found.push(Resource {
            module: address,
            address: text("address").unwrap_or(name),
            kind,
            name,
            index,
            values,
        });
    }
    for child in list("child_modules") {
        walk(child, found);
    }
}

struct Reading<'a> {
    source: &'a str,
    pieces: Vec<Piece>,
    /// What belongs into a cluster and is a resource of its own.
    providers: Vec<Piece>,
    notes: Vec<Note>,
    others: BTreeMap<&'a str, usize>,
}

impl<'a> Reading<'a> {
    fn take(&mut self, resource: &Resource<'a>, plan: &Plan<'_>) {
        let Some((kind, fields)) = table(resource.kind) else {
            *self.others.entry(resource.kind).or_default() += 1;
            return;
        };
        let (values, unknown) = plan.filled(resource);
        let source = format!("{}: {}", self.source, resource.address);
        for (path, text) in unknown {
            self.notes.push(Note::violation(&source, path, text));
        }
        let written = Written::by(fields, &effective(values));
        // Of things that become no object here the report tells as a whole.
        let tell = [Kind::Cluster, Kind::Service, Kind::TaskDefinition, Kind::Registry].contains(&kind);
        for (path, text) in written.notes.into_iter().filter(|_| tell) {
            self.notes.push(Note::new(&source, path, text));
        }
        let piece = Piece { kind, source, document: tidy(kind, written.document) };
        let is_part = resource.kind.ends_with("_capacity_providers");
        if is_part { self.providers.push(piece) } else { self.pieces.push(piece) }
    }

    /// Puts what `aws_ecs_cluster_capacity_providers` says into its cluster, where that is in the file.
    fn merge_providers(&mut self) {
        for part in std::mem::take(&mut self.providers) {
            let mut clusters = self.pieces.iter_mut().filter(|piece| piece.kind == Kind::Cluster);
            match clusters.find(|cluster| cluster.name() == part.name()) {
                Some(cluster) => cluster.document.extend(part.document),
                None => self.pieces.push(part),
            }
        }
    }

    fn tell_others(&mut self) {
        if self.others.is_empty() {
            return;
        }
        let counted: Vec<String> =
            self.others.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
        let text = format!("passed over, as nothing here stands for them: {}", counted.join(", "));
        self.notes.push(Note::new(self.source, "", text));
    }
}

/// The provider's default tags belong to a resource as well; then `tags_all` has them all.
fn effective(mut values: Map<String, Value>) -> Map<String, Value> {
    if let Some(all) =
        values.remove("tags_all").filter(|all| all.as_object().is_some_and(|all| !all.is_empty()))
    {
        values.insert("tags".into(), all);
    }
    values
}

/// Takes away what the provider shows and no request says.
fn tidy(kind: Kind, mut document: Map<String, Value>) -> Map<String, Value> {
    if kind == Kind::Service
        && document.get("role").and_then(Value::as_str).is_some_and(|role| role.contains("aws-service-role"))
    {
        document.remove("role");
    }
    if kind == Kind::TaskDefinition {
        for volume in document.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(volume) = volume
                .as_object_mut()
                .filter(|one| one.get("configuredAtLaunch") == Some(&Value::Bool(false)))
            {
                volume.remove("configuredAtLaunch");
            }
        }
    }
    document
}

/// What a resource's type is, and the table that reads it.
fn table(kind: &str) -> Option<(Kind, &'static [Field])> {
    let kind = kind.strip_prefix("aws_")?;
    Some(match kind.replacen("alb", "lb", usize::from(kind.starts_with("alb"))).as_str() {
        "ecs_task_definition" => (Kind::TaskDefinition, ecs::TASK_DEFINITION),
        "ecs_service" => (Kind::Service, service::SERVICE),
        "ecs_cluster" => (Kind::Cluster, ecs::CLUSTER),
        "ecs_cluster_capacity_providers" => (Kind::Cluster, ecs::PROVIDERS),
        "ecs_capacity_provider" => (Kind::CapacityProvider, ecs::CAPACITY_PROVIDER),
        "lb" => (Kind::LoadBalancer, network::LOAD_BALANCER),
        "lb_target_group" => (Kind::TargetGroup, network::TARGET_GROUP),
        "lb_listener" => (Kind::Listener, network::LISTENER),
        "lb_listener_rule" => (Kind::ListenerRule, network::LISTENER_RULE),
        "service_discovery_service" => (Kind::Registry, network::REGISTRY),
        "service_discovery_private_dns_namespace"
        | "service_discovery_public_dns_namespace"
        | "service_discovery_http_namespace" => (Kind::Namespace, network::NAMESPACE),
        "appautoscaling_target" => (Kind::ScalableTarget, network::SCALABLE_TARGET),
        "appautoscaling_policy" => (Kind::ScalingPolicy, network::SCALING_POLICY),
        "scheduler_schedule" => (Kind::Schedule, network::SCHEDULE),
        "cloudwatch_event_rule" => (Kind::EventRule, network::EVENT_RULE),
        "cloudwatch_event_target" => (Kind::EventTarget, network::EVENT_TARGET),
        _ => return None,
    })
}
