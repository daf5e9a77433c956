//! A bundle → all that is wrong with it, and all that is worth knowing.

use super::bundle::{Bundle, Item};
use super::{Remark, granting, objects};
use crate::api::fate::{self, Document};
use crate::api::{Service, TaskDefinition};
use crate::model::Violation;
use crate::resolve::reference::{definition_of, knows_cluster};
use crate::resolve::revision::{self, Revision};
use crate::resolve::service::placement_rules;
use crate::resolve::{self, References, Resolved};
use kube::ResourceExt;
use serde::Serialize;

/// What to think of a reference to something that is in no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is nothing but the files: it leads nowhere.
    IsWrong,
    /// The cluster may have it.
    IsElsewhere,
}

/// What there is to say about a bundle.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Broken rules.
    pub violations: Vec<Remark>,
    /// What is worth knowing.
    pub notes: Vec<Remark>,
    /// The Clusters that an administrator applies so that nothing is lacking, as a stream of YAML documents, where
    /// broken rules are about what no grant gives. Words in capitals are to be chosen.
    pub clusters: Option<String>,
}

/// A bundle that was judged.
pub(super) struct Judged<'a> {
    pub report: Report,
    /// Sound definitions with the revision that each registers.
    pub revisions: Vec<(&'a Item<TaskDefinition>, Revision)>,
    /// Sound services.
    pub services: Vec<(&'a Item<Service>, Resolved)>,
}

impl Bundle {
    /// Judges every object.
    pub fn report(&self, missing: Missing) -> Report {
        self.told(self.judge(missing).report, missing)
    }

    /// A report as it is told.
    pub(super) fn told(&self, report: Report, missing: Missing) -> Report {
        let clusters = granting::clusters(self, &report, missing);
        Report {
            violations: self.shortened(report.violations),
            notes: self.shortened(report.notes),
            clusters,
        }
    }

    pub(super) fn judge(&self, missing: Missing) -> Judged<'_> {
        let report =
            Report { violations: self.violations.clone(), notes: self.notes.clone(), clusters: None };
        let mut judged = Judged { report, revisions: Vec::new(), services: Vec::new() };
        for item in &self.clusters {
            judged.fates(item, Document::Cluster, &item.object.spec);
        }
        for item in &self.discoveries {
            judged.fates(item, Document::ServiceDiscovery, &item.object.spec);
        }
        for item in &self.definitions {
            self.definition(item, &mut judged);
        }
        for item in &self.services {
            self.service(item, missing, &mut judged);
        }
        judged
    }

    fn definition<'a>(&'a self, item: &'a Item<TaskDefinition>, judged: &mut Judged<'a>) {
        let family = revision::family(&item.object);
        let judgement = fate::judge_spec(Document::TaskDefinition, &item.object.spec);
        judged.note(item, resolve::without_effect(&judgement).into_iter());
        let mut found: Vec<Violation> = revision::too_long(&family, &item.object.spec).into_iter().collect();
        let number = revision::first_number(&item.object).unwrap_or_else(|violation| {
            found.push(violation);
            1
        });
        match resolve::task_definition(&item.object.spec, &family, number, &resolve::Grants::open()) {
            Ok(definition) => judged.note(item, definition.fixed_host_ports().map(fixed_port)),
            Err(violations) => found.extend(violations),
        }
        let namespace = item.object.namespace();
        let elder = judged
            .revisions
            .iter()
            .find(|(other, revision)| revision.family == family && other.object.namespace() == namespace);
        if let Some((elder, _)) = elder {
            let message = format!("family {family} belongs to {}: give this one another family", elder.label);
            found.push(Violation::new("spec.family", message));
        }
        if found.is_empty() && judgement.is_accepted() {
            let object = objects::controller_revision(&item.object);
            judged.revisions.extend(revision::read(&object).map(|revision| (item, revision)));
        }
        judged.blame(item, resolve::beside(&resolve::violations(&judgement), found));
    }

    fn service<'a>(&'a self, item: &'a Item<Service>, missing: Missing, judged: &mut Judged<'a>) {
        let known = self.references(&item.object, &judged.revisions);
        let elsewhere = match missing {
            Missing::IsWrong => Vec::new(),
            Missing::IsElsewhere => self.elsewhere(&item.object, &known),
        };
        if !elsewhere.is_empty() || (known.revisions.is_empty() && self.is_broken(&item.object)) {
            // Its definition's faults are told already, or nobody knows the definition: the rest is judged alone.
            judged.note(item, elsewhere.into_iter());
            judged.fates(item, Document::Service, &item.object.spec);
            judged.blame(item, placement_rules(&item.object.spec));
            return;
        }
        match resolve::resolve(&item.object, &known) {
            Ok(resolved) => {
                judged.note(item, resolved.without_effect.iter().cloned());
                judged.services.push((item, resolved));
            }
            Err(obstacle) => judged.blame(item, obstacle.violations),
        }
    }

    /// Whether a definition of the family that `service` names was read and is not sound.
    fn is_broken(&self, service: &Service) -> bool {
        let Some(named) = definition_of(service) else { return false };
        let namespace = service.namespace().unwrap_or_default();
        let refused = self.definitions.iter().any(|item| {
            revision::family(&item.object) == named.family
                && item.object.namespace().as_ref() == Some(&namespace)
        });
        refused || self.broken.contains(&(namespace, named.family))
    }

    /// What `service` refers to that only the cluster can know.
    fn elsewhere(&self, service: &Service, known: &References) -> Vec<Violation> {
        let mut notes = Vec::new();
        let reference = definition_of(service);
        let has = |reference: &resolve::arn::TaskDefinitionReference| {
            known.revisions.iter().any(|one| reference.revision.is_none_or(|number| number == one.number))
        };
        if let Some(reference) = reference.filter(|reference| !has(reference)) {
            let message = format!("{reference} is not in these files: whether they fit was not looked at");
            notes.push(Violation::new("spec.taskDefinition", message));
        }
        if !self.clusters.is_empty() && !knows_cluster(service, &known.clusters) {
            let message = "its Cluster is not in these files: what it permits was not looked at";
            notes.push(Violation::new("spec.cluster", message));
        }
        notes
    }

    fn references(&self, service: &Service, revisions: &[(&Item<TaskDefinition>, Revision)]) -> References {
        let namespace = service.namespace();
        let family = definition_of(service).map(|reference| reference.family);
        let registered = revisions.iter().filter(|(item, revision)| {
            item.object.namespace() == namespace && Some(&revision.family) == family.as_ref()
        });
        References {
            services: here(&self.services, &namespace),
            // What is refused is nothing to refer to.
            definitions: (revisions.iter())
                .filter(|(item, _)| item.object.namespace() == namespace)
                .map(|(item, _)| item.object.clone())
                .collect(),
            discoveries: here(&self.discoveries, &namespace),
            clusters: self.clusters.iter().map(|item| item.object.clone()).collect(),
            revisions: registered.map(|(_, revision)| revision.clone()).collect(),
            profiles: self.profiles,
        }
    }
}

impl Judged<'_> {
    /// Tells what becomes of each member.
    fn fates<K, S: Serialize>(&mut self, item: &Item<K>, document: Document, spec: &S) {
        let judgement = fate::judge_spec(document, spec);
        self.blame(item, resolve::violations(&judgement));
        self.note(item, resolve::without_effect(&judgement).into_iter());
    }

    fn blame<K>(&mut self, item: &Item<K>, found: Vec<Violation>) {
        let told = found.into_iter().map(|one| about(item, one));
        self.report.violations.extend(told);
    }

    fn note<K>(&mut self, item: &Item<K>, found: impl Iterator<Item = Violation>) {
        let told = found.map(|one| about(item, one));
        self.report.notes.extend(told);
    }
}

fn about<K>(item: &Item<K>, violation: Violation) -> Remark {
    Remark { source: item.source.clone(), object: item.label.clone(), alone: false, violation }
}

fn fixed_port((container, port): (&str, u16)) -> Violation {
    let message = format!(
        "hostPort {port} of container {container} is refused in a service whose Cluster neither grants permission \
         HostPorts nor says kubernetes.fixedHostPorts: podNetwork"
    );
    Violation::new("spec.containerDefinitions", message)
}

fn here<K: ResourceExt>(items: &[Item<K>], namespace: &Option<String>) -> Vec<std::sync::Arc<K>> {
    let same = items.iter().filter(|item| item.object.namespace() == *namespace);
    same.map(|item| item.object.clone()).collect()
}
