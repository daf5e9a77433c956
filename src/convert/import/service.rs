//! A service → its request, beside all that it refers to: definition, target groups, registries, scalable target.

use super::join::{Joining, User};
use super::route::routes;
use crate::convert::Found;
use crate::convert::piece::{Kind, Piece};
use crate::model::name;
use serde_json::{Value, json};

impl<'a> Joining<'a> {
    pub(super) fn service(&mut self, piece: &'a Piece) {
        let status = piece.text("status");
        if !["", "ACTIVE"].contains(&status) {
            self.note(piece, "", format!("{}: left out: it is {status}", piece.id()));
            return;
        }
        let cluster = [piece.text("clusterArn"), piece.text("cluster"), "default"];
        let cluster = cluster.into_iter().find(|text| !text.is_empty()).unwrap_or("default");
        let Some(namespace) = self.place(cluster, piece) else { return };
        let Some(mut found) = self.request(piece, &namespace) else { return };
        let object = format!("Service/{}", name::dns_label(found.ecs_name(), "", name::MAX));
        let user = User { piece, namespace: &namespace, object: &object };
        self.definition_of(&user, piece.text("taskDefinition"), "taskDefinition");
        self.target_groups(&user, &mut found);
        self.registries_of(&user);
        self.scaling(&user, cluster, &mut found);
        self.import.found.push(found);
    }

    fn target_groups(&mut self, user: &User<'_>, found: &mut Found) {
        let entries = user.piece.document.get("loadBalancers").and_then(Value::as_array);
        let mut delay: Option<i64> = None;
        for (entry, index) in entries.into_iter().flatten().zip(0..) {
            let reference = entry.get("targetGroupArn").and_then(Value::as_str).unwrap_or_default();
            if reference.is_empty() {
                continue;
            }
            let Some(group) = self.index.find(Kind::TargetGroup, reference) else {
                let text = format!("target group {reference} is not among what was read");
                self.blame(user.piece, &format!("loadBalancers[{index}].targetGroupArn"), text);
                continue;
            };
            delay = delay.max(group.text("DeregistrationDelay").parse().ok());
            self.routes(user, group);
        }
        if let (Some(delay), Value::Object(spec)) = (delay, &mut found.spec) {
            let kubernetes = spec.entry("kubernetes").or_insert_with(|| json!({}));
            if let Value::Object(kubernetes) = kubernetes {
                kubernetes.entry("deregistrationDelaySeconds").or_insert_with(|| delay.clamp(0, 3600).into());
            }
        }
    }

    fn routes(&mut self, user: &User<'_>, group: &Piece) {
        let core = name::dns_label(group.name(), "-tg", name::MAX);
        let routes = routes(self.index, group);
        let whence =
            if routes.is_empty() { "no listener that was read".to_owned() } else { routes.join("; ") };
        self.todo(user, format!("route to core Service {core}: target group {} gets {whence}", group.name()));
        let check = [group.text("HealthCheckProtocol"), group.text("HealthCheckPath")];
        if check.iter().all(|text| !text.is_empty()) {
            let text = format!(
                "target group {} asks {} {}; nothing asks that here: say the same in a container's healthCheck",
                group.name(),
                check[0],
                check[1]
            );
            self.todo(user, text);
        }
    }

    fn registries_of(&mut self, user: &User<'_>) {
        let entries = user.piece.document.get("serviceRegistries").and_then(Value::as_array);
        for (entry, index) in entries.into_iter().flatten().zip(0..) {
            let reference = entry.get("registryArn").and_then(Value::as_str).unwrap_or_default();
            let path = format!("serviceRegistries[{index}].registryArn");
            let Some(registry) = self.index.find(Kind::Registry, reference) else {
                self.blame(
                    user.piece,
                    &path,
                    format!("discovery service {reference} is not among what was read"),
                );
                continue;
            };
            let key = (user.namespace.to_owned(), name::dns_label(registry.name(), "", name::MAX));
            match self.registries.get(&key) {
                Some(other) if other.id() != registry.id() || other.source != registry.source => {
                    let text = format!(
                        "discovery services {} and {} would both be ServiceDiscovery/{} in namespace {}",
                        other.id(),
                        registry.id(),
                        key.1,
                        key.0
                    );
                    self.blame(user.piece, &path, text);
                    continue;
                }
                Some(_) => {}
                None => self.discovery(registry, &key),
            }
            self.dns_name(user, registry);
        }
    }

    fn discovery(&mut self, registry: &'a Piece, key: &(String, String)) {
        let found = self.request(registry, &key.0);
        self.import.found.extend(found);
        self.registries.insert(key.clone(), registry);
    }

    fn dns_name(&mut self, user: &User<'_>, registry: &Piece) {
        let config = registry.document.get("DnsConfig").and_then(|config| config.get("NamespaceId"));
        let id = config
            .and_then(Value::as_str)
            .filter(|id| !id.is_empty())
            .unwrap_or(registry.text("NamespaceId"));
        let domain = self.index.find(Kind::Namespace, id).map_or(id, Piece::name);
        let (name, core) = (registry.name(), name::dns_label(registry.name(), "", name::MAX));
        let namespace = if user.namespace.is_empty() { "NAMESPACE" } else { user.namespace };
        let text = format!(
            "clients that ask for {name}.{domain} find it as {core} in the namespace and as {core}.{namespace}.svc elsewhere"
        );
        self.todo(user, text);
    }

    fn scaling(&mut self, user: &User<'_>, cluster: &str, found: &mut Found) {
        let resource = format!("service/{}/{}", self.cluster_name(cluster), user.piece.name());
        let Some(target) = self.index.all(Kind::ScalableTarget).find(|target| target.name() == resource)
        else {
            return;
        };
        let removed = found.spec.as_object_mut().and_then(|spec| spec.remove("desiredCount"));
        let bound = |name: &str| target.document.get(name).map_or_else(|| "?".to_owned(), Value::to_string);
        let policies =
            self.index.all(Kind::ScalingPolicy).filter(|policy| policy.text("ResourceId") == resource);
        let policies: Vec<String> = policies.map(policy).collect();
        let by = if policies.is_empty() { String::new() } else { format!(" by {}", policies.join(", ")) };
        let was = removed.map_or_else(String::new, |count| format!(" ({count} when it was read)"));
        let text = format!(
            "desiredCount{was} is left to an autoscaler: write one with minReplicas {} and maxReplicas {}{by}",
            bound("MinCapacity"),
            bound("MaxCapacity")
        );
        self.todo(user, text);
        for action in
            self.index.all(Kind::ScheduledAction).filter(|action| action.text("ResourceId") == resource)
        {
            self.todo(
                user,
                format!(
                    "scheduled action {} ({}) scales nothing here",
                    action.name(),
                    action.text("Schedule")
                ),
            );
        }
    }
}

/// A scaling policy in words.
fn policy(piece: &Piece) -> String {
    const TRACKING: &str = "/TargetTrackingScalingPolicyConfiguration";
    let document = Value::Object(piece.document.clone());
    let of = |path: &str| document.pointer(&format!("{TRACKING}{path}")).cloned();
    let metric = of("/PredefinedMetricSpecification/PredefinedMetricType");
    match (of("/TargetValue"), metric.as_ref().and_then(Value::as_str)) {
        (Some(value), Some(metric)) => format!("{metric} at {value}"),
        _ => format!("policy {}", piece.name()),
    }
}
