//! By service: it runs as it is, it needs a mapping, or it is refused, and why; then what is left to do.

use super::need::{Needs, Sort, family_of, object_name};
use super::skeleton::of;
use super::{Import, Place, Todo};
use crate::convert::{Call, Found, Note};
use crate::model::name;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What was said of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its namespace.
    pub namespace: String,
    /// The object, as in `Service/web`.
    pub object: String,
    /// The member.
    pub path: String,
    /// What there is to say about it.
    pub text: String,
}

/// What `berth validate` says of the objects.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// What is refused with the Clusters as they are written.
    pub as_written: Vec<Said>,
    /// What is refused even with all that their comments have.
    pub granted: Vec<Said>,
    /// Members that change nothing.
    pub without_effect: Vec<Said>,
}

/// How a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Runs,
    NeedsMapping,
    Refused,
}

/// The report, in Markdown.
pub fn report(
    import: &Import,
    needs: &BTreeMap<String, Needs>,
    judgement: &Judgement,
    notes: &[Note],
) -> String {
    let nothing = Needs::new();
    let mut counts = [0_usize; 3];
    let mut body = String::new();
    for place in &import.places {
        let _ = write!(body, "\n## Namespace `{}`\n\nCluster `{}`.\n\n", place.namespace, place.id);
        let needs = needs.get(&place.namespace).unwrap_or(&nothing);
        let judged = Judged { import, judgement, place, needs };
        let mut lines: Vec<(Standing, String)> =
            judged.services().map(|service| judged.service(service)).collect();
        lines.sort();
        for (standing, text) in lines {
            if let Some(count) = counts.get_mut(standing as usize) {
                *count += 1;
            }
            body.push_str(&text);
        }
        judged.rest(&mut body);
    }
    let [runs, mapping, refused] = counts;
    let mut text = format!(
        "# Import\n\nServices that run as they are: {runs}. That need a mapping: {mapping}. That are refused: {refused}.\n{body}"
    );
    if !notes.is_empty() {
        text.push_str("\n## Notes\n\n");
        notes.iter().for_each(|note| {
            let _ = writeln!(text, "- {note}");
        });
    }
    text
}

struct Judged<'a> {
    import: &'a Import,
    judgement: &'a Judgement,
    place: &'a Place,
    needs: &'a Needs,
}

impl<'a> Judged<'a> {
    fn services(&self) -> impl Iterator<Item = &'a Found> + use<'a> {
        let namespace = self.place.namespace.as_str();
        let here = move |one: &&Found| one.namespace.as_deref() == Some(namespace);
        self.import.found.iter().filter(here).filter(|one| one.call == Call::CreateService)
    }

    /// The standing of a service and its lines.
    fn service(&self, found: &Found) -> (Standing, String) {
        let service = format!("Service/{}", object_name(found));
        let family = family_of(found).unwrap_or_default();
        let definition = format!("TaskDefinition/{}", name::dns_label(&family, "", name::MAX));
        let is_about = |said: &&Said| {
            said.namespace == self.place.namespace && (said.object == service || said.object == definition)
        };
        let refused: Vec<&Said> = self.judgement.granted.iter().filter(is_about).collect();
        let waiting =
            self.judgement.as_written.iter().filter(is_about).filter(|said| !refused.contains(said));
        let unjoined = self.unjoined(found);
        let mapped = self.mapped(&service);
        let standing = if !refused.is_empty() || !unjoined.is_empty() {
            Standing::Refused
        } else if waiting.clone().next().is_some() || !mapped.is_empty() {
            Standing::NeedsMapping
        } else {
            Standing::Runs
        };
        let word = match standing {
            Standing::Runs => "runs as it is",
            Standing::NeedsMapping => "needs mapping",
            Standing::Refused => "refused",
        };
        let mut lines: Vec<String> = unjoined;
        lines.extend(refused.iter().map(|said| told(said, &service)));
        lines.extend(mapped);
        lines.extend(waiting.map(|said| told(said, &service)));
        let without: Vec<String> =
            self.judgement.without_effect.iter().filter(is_about).map(|said| said.path.clone()).collect();
        if !without.is_empty() {
            lines.push(format!("changes nothing: {}", without.join(", ")));
        }
        lines.extend(self.todos(&service).into_iter().map(|text| format!("to do: {text}")));
        let mut text = format!("- **{}**: {word}\n", object_name(found));
        lines.iter().for_each(|line| {
            let _ = writeln!(text, "  - {line}");
        });
        (standing, text)
    }

    /// References of a service that lead nowhere.
    fn unjoined(&self, found: &Found) -> Vec<String> {
        let id = found.arn.as_deref().unwrap_or(found.ecs_name());
        let own = self.import.notes.iter().filter(|note| note.is_violation());
        let own = own.filter_map(|note| Some((note.path.strip_prefix(id)?.strip_prefix(": ")?, &note.text)));
        own.map(|(path, text)| format!("{path}: {text}")).collect()
    }

    /// What an administrator has to grant for it.
    fn mapped(&self, service: &str) -> Vec<String> {
        const GRANTED: [(Sort, &str); 8] = [
            (Sort::Permission, "permission"),
            (Sort::HostPath, "host path"),
            (Sort::Role, "task role"),
            (Sort::Secret, "secret"),
            (Sort::EnvironmentFile, "environment file"),
            (Sort::ConfigFile, "log router settings"),
            (Sort::Volume, "volume"),
            (Sort::Registry, "registry"),
        ];
        let asked =
            GRANTED.iter().flat_map(|(sort, title)| of(self.needs, *sort).map(move |entry| (*title, entry)));
        let own = asked.filter(|(_, (_, users))| users.contains(service));
        own.map(|(title, (name, _))| format!("{title}: {name}")).collect()
    }

    fn todos(&self, object: &str) -> Vec<&'a str> {
        let is_its = |todo: &&Todo| todo.namespace == self.place.namespace && todo.object == object;
        self.import.todos.iter().filter(is_its).map(|todo| todo.text.as_str()).collect()
    }

    /// What is about no service.
    fn rest(&self, body: &mut String) {
        if self.services().next().is_none() {
            body.push_str("No service.\n");
        }
        for text in self.todos("") {
            let _ = writeln!(body, "- to do: {text}");
        }
        let used: Vec<String> = self
            .services()
            .filter_map(family_of)
            .map(|family| format!("TaskDefinition/{}", name::dns_label(&family, "", name::MAX)))
            .collect();
        let namespace = &self.place.namespace;
        let is_other = |said: &&Said| {
            said.namespace == *namespace
                && !said.object.starts_with("Service/")
                && !used.contains(&said.object)
        };
        for said in self.judgement.granted.iter().filter(is_other) {
            let _ = writeln!(body, "- **{}**: refused: {}: {}", said.object, said.path, said.text);
        }
    }
}

/// What is said of a service, or of another object with its name.
fn told(said: &Said, service: &str) -> String {
    let object = if said.object == service { String::new() } else { format!("{}: ", said.object) };
    let path = if said.path.is_empty() { String::new() } else { format!("{}: ", said.path) };
    format!("{object}{path}{}", said.text)
}
