//! What a plan does not know yet → the name of the resource that is meant, by way of the plan's configuration.
//!
//! The configuration has, for each attribute, the names that its expression refers to (`aws_lb_target_group.web.arn`,
//! `var.cluster`, `module.network.subnets`), and not the expression. So a reference is followed only where it can mean
//! one thing: a single resource, or a list of them. Locals are not in it at all.

use super::Resource;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How far variables and outputs are followed: modules nested deeper than this exist nowhere.
const DEPTH: usize = 32;

/// Attributes that are lists of texts.
const LISTS: [&str; 4] = ["subnets", "security_groups", "capacity_providers", "alarm_names"];

/// The attribute that names a resource, where it is not its address.
const NAMES: [(&str, &str); 9] = [
    ("aws_ecs_cluster", "name"),
    ("aws_ecs_task_definition", "family"),
    ("aws_ecs_capacity_provider", "name"),
    ("aws_lb_target_group", "name"),
    ("aws_alb_target_group", "name"),
    ("aws_service_discovery_service", "name"),
    ("aws_cloudwatch_event_rule", "name"),
    ("aws_cloudwatch_log_group", "name"),
    ("aws_iam_role", "name"),
];

/// A plan's configuration and what it leaves open.
pub(super) struct Plan<'a> {
    configuration: Option<&'a Value>,
    unknown: BTreeMap<&'a str, &'a Value>,
    resources: &'a [Resource<'a>],
}

/// A module of the configuration, at one address.
#[derive(Clone)]
struct Scope<'a> {
    /// Address of the module, as in `module.app["blue"].module.web`; empty for the root.
    address: String,
    /// The module's configuration.
    module: &'a Value,
    /// The scopes around it, the root first.
    around: Vec<Scope<'a>>,
}

/// Attributes by path whose value nobody knows, and why.
pub(super) type Unknown = Vec<(String, String)>;

impl<'a> Plan<'a> {
    /// The plan of `document`, or of a state, which leaves nothing open.
    pub(super) fn new(document: &'a Value, resources: &'a [Resource<'a>]) -> Self {
        let changes = document.get("resource_changes").and_then(Value::as_array);
        let unknown = changes.into_iter().flatten().filter_map(|change| {
            Some((change.get("address")?.as_str()?, change.pointer("/change/after_unknown")?))
        });
        let configuration = document.pointer("/configuration/root_module");
        Self { configuration, unknown: unknown.collect(), resources }
    }

    /// The attributes of a resource, with names where the plan knows no value.
    pub(super) fn filled(&self, resource: &Resource<'_>) -> (Map<String, Value>, Unknown) {
        let mut values = resource.values.clone();
        let mut told = Vec::new();
        let open = self.unknown.get(resource.address).and_then(|unknown| unknown.as_object());
        let expressions = self.scope(resource.module).and_then(|scope| {
            let list = scope.module.get("resources")?.as_array()?;
            let own = list.iter().find(|one| {
                one.get("type").is_some_and(|kind| kind == resource.kind)
                    && one.get("name").is_some_and(|name| name == resource.name)
            })?;
            Some((scope, own.get("expressions")?.as_object()?))
        });
        if let (Some(open), Some((scope, expressions))) = (open, expressions) {
            let mut filling = Filling { plan: self, resource, scope, told: &mut told };
            filling.object(&mut values, open, expressions, "");
        }
        (values, told)
    }

    fn scope(&self, address: &str) -> Option<Scope<'a>> {
        let mut scope = Scope { address: String::new(), module: self.configuration?, around: Vec::new() };
        for name in calls(address) {
            scope = scope.enter(name)?;
        }
        Some(scope)
    }
}

struct Filling<'a, 'b> {
    plan: &'b Plan<'a>,
    resource: &'b Resource<'b>,
    scope: Scope<'a>,
    told: &'b mut Unknown,
}

impl Filling<'_, '_> {
    fn object(
        &mut self,
        values: &mut Map<String, Value>,
        open: &Map<String, Value>,
        expressions: &Map<String, Value>,
        path: &str,
    ) {
        for (name, unknown) in open {
            let Some(expression) = expressions.get(name) else { continue };
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if is_open(unknown) && !expression.is_array() {
                if let Some(value) = self.value(name, expression, &path) {
                    values.insert(name.clone(), value);
                }
            } else if let (Some(Value::Array(blocks)), Value::Array(open), Value::Array(expressions)) =
                (values.get_mut(name), unknown, expression)
            {
                self.blocks(blocks, open, expressions, &path);
            } else if is_open(unknown) {
                self.tell(&path, "is not known before it is applied");
            }
        }
    }

    fn blocks(&mut self, blocks: &mut [Value], open: &[Value], expressions: &[Value], path: &str) {
        for (index, (block, open)) in blocks.iter_mut().zip(open).enumerate() {
            let (Value::Object(block), Some(open)) = (block, open.as_object()) else { continue };
            if !open.values().any(is_open) {
                continue;
            }
            let path = format!("{path}[{index}]");
            let mut like = expressions.iter().filter_map(Value::as_object).filter(|one| is_like(one, block));
            match (like.next(), like.next()) {
                (Some(expressions), None) => self.object(block, open, expressions, &path),
                _ => self.tell(&path, "several blocks of the configuration may be this one"),
            }
        }
    }

    fn value(&mut self, name: &str, expression: &Value, path: &str) -> Option<Value> {
        let mut targets = Vec::new();
        let mut lost = Vec::new();
        self.follow(expression, &self.scope.clone(), DEPTH, (&mut targets, &mut lost));
        let names: Vec<Value> = targets.iter().map(|(text, _)| Value::String(text.clone())).collect();
        if lost.is_empty() && LISTS.contains(&name) && !names.is_empty() {
            return Some(Value::Array(names));
        }
        if let ([one], true) = (names.as_slice(), lost.is_empty() && name != "container_definitions") {
            return Some(one.clone());
        }
        let referred: Vec<String> = targets.into_iter().map(|(_, address)| address).chain(lost).collect();
        let of = if referred.is_empty() {
            String::new()
        } else {
            format!(" (it depends on {})", referred.join(", "))
        };
        self.tell(
            path,
            &format!("is not known before it is applied{of}: convert the state that comes of it"),
        );
        None
    }

    /// Follows what an expression refers to: names and addresses of resources, and what leads nowhere.
    fn follow(
        &self,
        expression: &Value,
        scope: &Scope<'_>,
        depth: usize,
        (targets, lost): (&mut Vec<(String, String)>, &mut Vec<String>),
    ) {
        for reference in references(expression) {
            let mut parts = reference.splitn(3, '.');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let next = match (first, depth) {
                ("data", _) => continue,
                (_, 0) => None,
                ("var", _) => scope.variable(second),
                ("module", _) => scope.output(second, parts.next().unwrap_or_default()),
                _ => {
                    let found = self.target(&reference, scope);
                    match found {
                        Some(found) if targets.contains(&found) => {}
                        Some(found) => targets.push(found),
                        None => lost.push(reference),
                    }
                    continue;
                }
            };
            match next {
                Some((expression, scope)) => self.follow(expression, &scope, depth - 1, (targets, lost)),
                None => lost.push(reference),
            }
        }
    }

    /// The name and the address of the resource that a reference means.
    fn target(&self, reference: &str, scope: &Scope<'_>) -> Option<(String, String)> {
        let mut parts = split(reference).into_iter();
        let (kind, named) = (parts.next()?, parts.next()?);
        let (name, index) =
            named.split_once('[').map_or((named, None), |(name, rest)| (name, rest.strip_suffix(']')));
        let mut same: Vec<&Resource<'_>> = self
            .plan
            .resources
            .iter()
            .filter(|one| one.module == scope.address && one.kind == kind && one.name == name)
            .collect();
        if same.len() > 1 {
            let wanted = index.map(str::to_owned).or_else(|| self.resource.index.map(Value::to_string));
            same.retain(|one| one.index.map(Value::to_string) == wanted);
        }
        let [one] = same.as_slice() else { return None };
        let text = |attribute: &str| {
            one.values.get(attribute).and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        let attribute = parts.next();
        let known = attribute.and_then(text);
        let naming = NAMES.iter().find(|(known, _)| *known == one.kind).and_then(|(_, naming)| text(naming));
        let name = known.or(naming).map_or_else(|| one.address.to_owned(), str::to_owned);
        Some((name, one.address.to_owned()))
    }

    fn tell(&mut self, path: &str, text: &str) {
        self.told.push((path.to_owned(), text.to_owned()));
    }
}

impl<'a> Scope<'a> {
    /// The module that a call of this one leads to; `name` may have an index.
    fn enter(&self, name: &str) -> Option<Self> {
        let plain = name.split('[').next().unwrap_or(name);
        let module = self.module.get("module_calls")?.get(plain)?.get("module")?;
        let dot = if self.address.is_empty() { "" } else { "." };
        let around = self.around.iter().cloned().chain([self.clone()]).collect();
        Some(Self { address: format!("{}{dot}module.{name}", self.address), module, around })
    }

    /// What the module around this one gives for a variable.
    fn variable(&self, name: &str) -> Option<(&'a Value, Self)> {
        let outer = self.around.last()?;
        let call = calls(&self.address).into_iter().last()?;
        let call = outer.module.get("module_calls")?.get(call.split('[').next()?)?;
        Some((call.get("expressions")?.get(plain(name))?, outer.clone()))
    }

    /// The expression of an output of a module that this one calls.
    fn output(&self, module: &str, name: &str) -> Option<(&'a Value, Self)> {
        let scope = self.enter(module)?;
        let output = split(name).into_iter().next()?;
        Some((scope.module.get("outputs")?.get(plain(output))?.get("expression")?, scope))
    }
}

fn is_open(unknown: &Value) -> bool {
    match unknown {
        Value::Bool(truth) => *truth,
        Value::Array(items) => items.iter().any(is_open),
        Value::Object(members) => members.values().any(is_open),
        _ => false,
    }
}

/// Whether a block of the configuration may be the planned one: what it writes as a constant is there.
fn is_like(expressions: &Map<String, Value>, block: &Map<String, Value>) -> bool {
    expressions.iter().all(|(name, expression)| match (expression.get("constant_value"), block.get(name)) {
        (Some(constant), Some(value)) => constant == value || value.is_null(),
        _ => true,
    })
}

/// What an expression refers to, without the shorter forms that Terraform lists after each reference.
fn references(expression: &Value) -> Vec<String> {
    let all = expression.get("references").and_then(Value::as_array);
    let all: Vec<&str> = all.into_iter().flatten().filter_map(Value::as_str).collect();
    let longer =
        |one: &str, other: &str| other.strip_prefix(one).is_some_and(|rest| rest.starts_with(['.', '[']));
    let mut whole: Vec<&str> =
        all.iter().copied().filter(|one| !all.iter().any(|other| longer(one, other))).collect();
    // The key of an instance says which one is meant, and nothing by itself.
    if whole.len() > 1 {
        whole.retain(|one| !["each.key", "count.index"].contains(one));
    }
    whole.into_iter().map(str::to_owned).collect()
}

/// The calls in a module's address: `module.app["a.b"].module.web` → `app["a.b"]`, `web`.
fn calls(address: &str) -> Vec<&str> {
    split(address).into_iter().filter(|part| *part != "module").collect()
}

/// Parts of an address between its dots; a dot in an index is none.
fn split(address: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let part = |c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '.' && depth == 0
    };
    address.split(part).filter(|part| !part.is_empty()).collect()
}

/// A name without its index.
fn plain(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
