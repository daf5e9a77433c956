//! The tables as a page for readers: `docs/fields.md`.

use super::{Document, Fate, Field};
use crate::api::{Cluster, Service, ServiceDiscovery, TaskDefinition};
use kube::CustomResourceExt;
use serde_json::Value;
use std::fmt::Write;

const HEAD: &str = "\
# What becomes of each field

Every member of a document has one of three fates. *Mapped*: it takes effect. *Without effect*: it is accepted, changes \
nothing, and condition `FieldsWithoutEffect` names it. *Refused*: the document is not acted upon, and condition `Ready` \
says why. A member whose value says nothing (`null`, `false`, `0`, `\"\"`, `[]`, `{}`, something with `enable: false`) is \
always accepted. A member that ECS does not define is refused with the name that was probably meant.

This page is generated from the tables in `src/api/fate/`.
";

/// `docs/fields.md`.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for document in Document::ALL {
        let (kind, call) = document.title();
        let _ = write!(page, "\n## {kind} ({call})\n\n| field | fate | |\n|---|---|---|\n");
        for path in paths(document) {
            let (fate, field) = fate_of(document, &path);
            let _ = writeln!(page, "| `{path}` | {} | {} |", word(fate), remarks(fate, field));
        }
    }
    page
}

/// The path of every property of a document's schema, in the form `containerDefinitions[].name`.
pub fn paths(document: Document) -> Vec<String> {
    let mut paths = Vec::new();
    if let Some(schema) = document.schema() {
        collect(schema.pointer("/properties/spec").unwrap_or(&Value::Null), "", &mut paths);
    }
    paths
}

fn collect(schema: &Value, path: &str, paths: &mut Vec<String>) {
    if let Some(items) = schema.get("items") {
        collect(items, &format!("{path}[]"), paths);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        paths.push(path.clone());
        collect(property, &path, paths);
    }
}

/// The fate of a path, that of the whole it is in resolved.
fn fate_of(document: Document, path: &str) -> (Option<Fate>, Option<&'static Field>) {
    let (mut fields, mut fate, mut found) = (document.fields(), None, None);
    for name in path.split('.') {
        let name = name.trim_end_matches("[]");
        let Some(field) = fields.iter().find(|field| field.name == name) else { return (None, None) };
        if field.fate != Fate::AsWhole {
            fate = Some(field.fate);
        }
        fields = field.members;
        found = Some(field);
    }
    (fate, found)
}

const fn word(fate: Option<Fate>) -> &'static str {
    match fate {
        Some(Fate::Mapped(_)) => "mapped",
        Some(Fate::WithoutEffect(_)) => "without effect",
        Some(Fate::Refused(_)) => "refused",
        Some(Fate::AsWhole) | None => "?",
    }
}

fn remarks(fate: Option<Fate>, field: Option<&'static Field>) -> String {
    let Some(field) = field else { return String::new() };
    let own = match fate {
        Some(Fate::Mapped(text) | Fate::WithoutEffect(text) | Fate::Refused(text))
            if field.fate != Fate::AsWhole =>
        {
            text
        }
        _ => "",
    };
    let mut remarks = own.to_owned();
    for exception in field.exceptions {
        let text = match exception.fate {
            Fate::Mapped(text) | Fate::WithoutEffect(text) | Fate::Refused(text) => text,
            Fate::AsWhole => "",
        };
        let separator = if remarks.is_empty() { "" } else { "; " };
        let colon = if text.is_empty() { "" } else { ": " };
        let _ = write!(remarks, "{separator}{} {}{colon}{text}", exception.when, word(Some(exception.fate)));
    }
    remarks
}

impl Document {
    /// The schema of the kind as an API server has it, from the root.
    pub fn schema(self) -> Option<Value> {
        let definition = match self {
            Self::TaskDefinition => TaskDefinition::crd(),
            Self::Service => Service::crd(),
            Self::ServiceDiscovery => ServiceDiscovery::crd(),
            Self::Cluster => Cluster::crd(),
        };
        let version = definition.spec.versions.into_iter().next()?;
        serde_json::to_value(version.schema?.open_api_v3_schema?).ok()
    }

    /// The kind whose spec it is.
    pub const fn kind(self) -> &'static str {
        self.title().0
    }

    /// The kind, and the call whose request it is.
    const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::TaskDefinition => ("TaskDefinition", "RegisterTaskDefinition"),
            Self::Service => ("Service", "CreateService"),
            Self::ServiceDiscovery => ("ServiceDiscovery", "CreateService of Cloud Map"),
            Self::Cluster => ("Cluster", "CreateCluster"),
        }
    }
}
