//! A text → the documents of ECS in it.

use super::foreign::{foreign, shaped};
use super::note::member;
use super::request::request;
use super::template::{self, Parameters};
use super::{Call, Found, Note, import, text};
use crate::api::fate::Document;
use crate::api::{GROUP, VERSION};
use serde_json::{Map, Value};

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The documents, in their order.
    pub found: Vec<Found>,
    /// What there is to say.
    pub notes: Vec<Note>,
}

/// Members that hold one document, or a list of them, and which.
const WRAPPERS: [(&str, Option<Call>); 20] = [
    ("taskDefinition", Some(Call::RegisterTaskDefinition)),
    ("taskDefinitions", Some(Call::RegisterTaskDefinition)),
    ("service", Some(Call::CreateService)),
    ("services", Some(Call::CreateService)),
    ("cluster", Some(Call::CreateCluster)),
    ("clusters", Some(Call::CreateCluster)),
    ("Service", Some(Call::CreateServiceDiscovery)),
    ("Services", Some(Call::CreateServiceDiscovery)),
    ("TargetGroups", Some(Call::CreateTargetGroup)),
    ("Listeners", Some(Call::CreateListener)),
    ("Rules", Some(Call::CreateRule)),
    ("ScalableTargets", Some(Call::RegisterScalableTarget)),
    ("ScalingPolicies", Some(Call::PutScalingPolicy)),
    // As PowerShell spells.
    ("TaskDefinition", None),
    // Records of calls.
    ("Records", None),
    ("data", None),
    ("input", None),
    ("output", None),
    ("requestParameters", None),
    ("responseElements", None),
];

/// How deep documents are looked for.
const DEEPEST: usize = 6;

/// The documents of ECS in a text: requests, what Describe calls return, lists of container definitions,
/// resources and templates of CloudFormation, what `terraform show -json` prints, objects in Berth's own form. `source` names the file, `parameters`
/// fill templates in.
pub fn recognise(source: &str, text: &str, parameters: &Parameters) -> Reading {
    let mut search = Search { source, parameters, reading: Reading::default() };
    match text::documents(text) {
        // Its names may stand without quotes, so that it might pass for YAML.
        _ if is_jsonnet(source) && serde_json::from_str::<Value>(text).is_err() => {
            search.say("", "is Jsonnet: give what jsonnet makes of it");
        }
        Ok(read) => {
            for (path, said) in read.notes {
                search.reading.notes.push(Note::new(source, path, said));
            }
            let documents: Vec<Value> =
                read.values.into_iter().filter(|document| !document.is_null()).collect();
            if documents.is_empty() {
                search.say("", "is empty");
            }
            let is_one = documents.len() == 1;
            for (document, index) in documents.into_iter().zip(0..) {
                // Several documents are counted as those of a list would be.
                let pointer = if is_one { String::new() } else { format!("[{index}]") };
                search.top(&pointer, document);
            }
        }
        Err(error) => search.say("", &format!("is neither JSON nor YAML: {error}")),
    }
    search.reading
}

struct Search<'a> {
    source: &'a str,
    parameters: &'a Parameters,
    reading: Reading,
}

impl Search<'_> {
    fn say(&mut self, path: &str, text: &str) {
        self.reading.notes.push(Note::violation(self.source, path, text));
    }

    fn top(&mut self, pointer: &str, document: Value) {
        if let Some(read) = import::terraform(self.source, &document) {
            self.reading.found.extend(read.found);
            self.reading.notes.extend(read.notes);
            return;
        }
        let before = (self.reading.found.len(), self.reading.notes.len());
        let told = foreign(&document);
        let members = members(&document);
        self.value(pointer, document, DEEPEST);
        if before != (self.reading.found.len(), self.reading.notes.len()) {
            return;
        }
        match told {
            Some((name, text)) => self.say(&member(pointer, &name), &text),
            None => self.say(pointer, &format!("holds no document of ECS that is known here{members}")),
        }
    }

    fn value(&mut self, pointer: &str, value: Value, depth: usize) {
        match value {
            Value::Object(object) => self.object(pointer, object, depth),
            Value::Array(items) if is_containers(&items) => self.containers(pointer, items),
            Value::Array(items) if depth > 0 => {
                for (item, index) in items.into_iter().zip(0..) {
                    self.value(&format!("{pointer}[{index}]"), item, depth - 1);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, pointer: &str, object: Map<String, Value>, depth: usize) {
        if template::is_template(&object) {
            let read = template::template(self.source, pointer, &object, self.parameters);
            self.reading.found.extend(read.found);
            self.reading.notes.extend(read.notes);
            return;
        }
        if let Some((name, text)) = shaped(&object) {
            self.say(&member(pointer, &name), &text);
            return;
        }
        match classify(&object) {
            Some(Call::Apply) => self.manifest(pointer, object),
            Some(call) => self.request(pointer, call, object),
            None if is_container(&object) => {
                let text = "is one container: a task definition with it alone is assumed";
                self.reading.notes.push(Note::new(self.source, pointer, text));
                self.containers(pointer, vec![Value::Object(object)]);
            }
            None => self.wrapped(pointer, object, depth),
        }
    }

    fn request(&mut self, pointer: &str, call: Call, object: Map<String, Value>) {
        let found = request((self.source, pointer), call, object, &mut self.reading.notes);
        self.reading.found.push(found);
    }

    /// An object in Kubernetes' form, or each of a list.
    fn manifest(&mut self, pointer: &str, mut object: Map<String, Value>) {
        let is_list = object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
        match object.remove("items") {
            Some(Value::Array(items)) if is_list => {
                for (item, index) in items.into_iter().zip(0..) {
                    let pointer = format!("{}[{index}]", member(pointer, "items"));
                    match item {
                        Value::Object(item) if classify(&item) == Some(Call::Apply) => {
                            self.manifest(&pointer, item)
                        }
                        _ => self.say(&pointer, "needs apiVersion and kind"),
                    }
                }
            }
            items => {
                object.extend(items.map(|items| ("items".to_owned(), items)));
                self.kind(pointer, &object);
                let found = Found::new(self.source, pointer, Call::Apply, Value::Object(object));
                self.reading.found.push(found);
            }
        }
    }

    /// Tells an object whose kind is not Berth's: it stays as it is.
    fn kind(&mut self, pointer: &str, object: &Map<String, Value>) {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let (group, served) = version.split_once('/').unwrap_or_default();
        if group != GROUP {
            let said = format!("{kind} of {version} is not Berth's: it stays as it is");
            self.reading.notes.push(Note::new(self.source, pointer, said));
            return;
        }
        if served != VERSION {
            let said = format!("there is no {version}: the version of every kind is {GROUP}/{VERSION}");
            self.say(&member(pointer, "apiVersion"), &said);
        }
        if !Document::ALL.into_iter().any(|known| known.kind() == kind) {
            let kinds: Vec<&str> = Document::ALL.iter().map(|known| known.kind()).collect();
            self.say(
                &member(pointer, "kind"),
                &format!("there is no kind {kind} here: {}", kinds.join(", ")),
            );
        }
    }

    /// A list of container definitions, as it is kept for Terraform.
    fn containers(&mut self, pointer: &str, items: Vec<Value>) {
        let object = Map::from_iter([("containerDefinitions".to_owned(), Value::Array(items))]);
        self.request(pointer, Call::RegisterTaskDefinition, object);
    }

    /// What stands in members that are known to hold documents.
    fn wrapped(&mut self, pointer: &str, mut object: Map<String, Value>, depth: usize) {
        self.beside(pointer, &object);
        // Where tags are asked for, they stand beside what they belong to.
        let tags = object.remove("tags");
        for (name, call) in WRAPPERS {
            let Some(held) = object.remove(name) else { continue };
            let pointer = member(pointer, name);
            match (held, call) {
                // What Describe calls say in plural is a list.
                (Value::Object(held), Some(_)) if name.ends_with('s') => {
                    self.value(&pointer, Value::Object(held), depth.saturating_sub(1));
                }
                (Value::Object(mut held), Some(call)) => {
                    if let Some(tags) = &tags {
                        held.entry("tags").or_insert_with(|| tags.clone());
                    }
                    self.request(&pointer, call, held);
                }
                (Value::Array(items), Some(call)) => self.listed(&pointer, call, items),
                (held, None) if depth > 0 => self.value(&pointer, held, depth - 1),
                _ => {}
            }
        }
    }

    /// What a Describe call says beside the documents that it was asked for.
    fn beside(&mut self, pointer: &str, object: &Map<String, Value>) {
        let list =
            |name: &str| object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !list("failures").is_empty() {
            let text = "the Describe call did not find everything that it was asked for";
            self.say(&member(pointer, "failures"), text);
        }
        if list("tasks").iter().any(|task| task.get("taskArn").is_some()) {
            let text = "left out: tasks that ran are not written down, what starts them is";
            self.reading.notes.push(Note::new(self.source, member(pointer, "tasks"), text));
        }
    }

    fn listed(&mut self, pointer: &str, call: Call, items: Vec<Value>) {
        for (item, index) in items.into_iter().zip(0..) {
            let pointer = format!("{pointer}[{index}]");
            match item {
                Value::Object(item) => self.request(&pointer, call, item),
                _ => self
                    .say(&pointer, "names a document and does not hold it: give what the Describe call says"),
            }
        }
    }
}

/// Whether a file's name says that it is Jsonnet.
fn is_jsonnet(source: &str) -> bool {
    source.ends_with(".jsonnet") || source.ends_with(".libsonnet")
}

/// The members of a document that nobody knows, for its violation.
fn members(document: &Value) -> String {
    let Some(object) = document.as_object().filter(|object| !object.is_empty()) else {
        return String::new();
    };
    let names: Vec<String> = object.keys().take(5).map(|name| member("", name)).collect();
    format!(", only {}", names.join(", "))
}

/// Whether an object is one container definition.
fn is_container(object: &Map<String, Value>) -> bool {
    let is_text = |name: &str| object.get(name).is_some_and(Value::is_string);
    is_text("name") && is_text("image") && CONTAINER.iter().any(|name| object.contains_key(*name))
}

/// Members that container definitions have and containers of other systems do not.
const CONTAINER: [&str; 6] =
    ["essential", "memory", "memoryReservation", "portMappings", "logConfiguration", "entryPoint"];

/// Whether a list holds container definitions.
fn is_containers(items: &[Value]) -> bool {
    let is_one = |item: &Value| item.get("image").is_some() && item.get("containerDefinitions").is_none();
    items.iter().any(is_one) && items.iter().all(|item| item.get("name").is_some() || is_one(item))
}

/// Which request an object is, by the members it has.
fn classify(object: &Map<String, Value>) -> Option<Call> {
    let has = |names: &[&str]| names.iter().any(|name| object.contains_key(*name));
    let is_text = |name: &str| object.get(name).is_some_and(Value::is_string);
    let is_definition = object.get("containerDefinitions").is_some_and(|list| !list.is_object())
        || (is_text("family") && has(&["networkMode", "requiresCompatibilities", "taskRoleArn", "volumes"]));
    if is_text("apiVersion") && is_text("kind") {
        Some(Call::Apply)
    } else if is_definition {
        Some(Call::RegisterTaskDefinition)
    } else if is_text("taskSetArn") || (has(&["scale"]) && is_text("taskDefinition")) {
        Some(Call::CreateTaskSet)
    } else if is_text("serviceName") || is_text("service") || has(&["serviceArn"]) {
        Some(Call::CreateService)
    } else if is_text("taskDefinition") && has(&RUN_TASK) {
        Some(Call::RunTask)
    } else if has(&SERVICE) {
        Some(Call::CreateService)
    } else if is_text("taskDefinition") {
        Some(Call::RunTask)
    } else if is_text("clusterName") {
        Some(Call::CreateCluster)
    } else {
        classify_others(object)
    }
}

/// The same for what is not ECS's own.
fn classify_others(object: &Map<String, Value>) -> Option<Call> {
    let is_text = |name: &str| object.get(name).is_some_and(Value::is_string);
    if is_text("Name") && object.get("DnsConfig").is_some_and(Value::is_object) {
        Some(Call::CreateServiceDiscovery)
    } else if is_text("TargetGroupName") || (is_text("Name") && is_text("HealthCheckPath")) {
        Some(Call::CreateTargetGroup)
    } else if is_text("ListenerArn") && object.contains_key("Conditions") {
        Some(Call::CreateRule)
    } else if is_text("LoadBalancerArn") && object.contains_key("DefaultActions") {
        Some(Call::CreateListener)
    } else if is_text("ScheduleExpression") {
        let is_scheduler = object.get("Target").is_some();
        Some(if is_scheduler { Call::CreateSchedule } else { Call::PutRule })
    } else {
        None
    }
}

/// Members that RunTask or StartTask have and services do not.
const RUN_TASK: [&str; 6] = ["overrides", "count", "startedBy", "containerInstances", "group", "referenceId"];

/// Members of services.
const SERVICE: [&str; 9] = [
    "desiredCount",
    "deploymentConfiguration",
    "deploymentController",
    "schedulingStrategy",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "healthCheckGracePeriodSeconds",
    "loadBalancers",
    "availabilityZoneRebalancing",
];
