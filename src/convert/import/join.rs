//! The things of an account → requests with namespaces, each service beside all that it refers to.

use super::index::{Index, revision};
use super::{Import, Place, Todo, schedule};
use crate::convert::piece::{Kind, Piece};
use crate::convert::request::request as make;
use crate::convert::{Call, Found, Note};
use crate::model::name;
use crate::resolve::arn;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the objects go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Each into the namespace of its cluster; all that is referred to must be there.
    Namespaces,
    /// Nowhere in particular; what is referred to may be elsewhere.
    Flat,
}

/// Joins everything.
pub(super) fn join(pieces: &[Piece], layout: Layout) -> Import {
    let mut joining = Joining::new(pieces, layout);
    for cluster in joining.index.all(Kind::Cluster) {
        joining.place(cluster.id(), cluster);
    }
    for service in joining.index.all(Kind::Service) {
        joining.service(service);
    }
    schedule::join(&mut joining);
    joining.rest();
    joining.definitions();
    joining.clusters();
    joining.import
}

/// What has been joined so far.
pub(super) struct Joining<'a> {
    pub index: Index<'a>,
    pub import: Import,
    layout: Layout,
    /// Revisions in use by namespace and family, and who uses each.
    used: BTreeMap<(String, String), Vec<(&'a Piece, String)>>,
    /// Registries by namespace and name.
    pub registries: BTreeMap<(String, String), &'a Piece>,
}

impl<'a> Joining<'a> {
    fn new(pieces: &'a [Piece], layout: Layout) -> Self {
        let index = Index(pieces);
        Self { index, import: Import::default(), layout, used: BTreeMap::new(), registries: BTreeMap::new() }
    }

    /// The namespace of a cluster that `user` names; an empty one where objects go nowhere in particular.
    pub(super) fn place(&mut self, reference: &str, user: &Piece) -> Option<String> {
        if self.layout == Layout::Flat {
            return Some(String::new());
        }
        let known = self.index.find(Kind::Cluster, reference);
        let cluster = self.cluster_name(reference);
        let id = known.map_or(reference, Piece::id).to_owned();
        let namespace = name::dns_label(&cluster, "", name::MAX);
        if let Some(other) = self.import.places.iter().find(|place| place.namespace == namespace) {
            if other.id == id {
                return Some(namespace);
            }
            let text = format!(
                "left out: cluster {id} would be namespace {namespace}, and so is {}: import them one at a time",
                other.id
            );
            self.blame(user, "", text);
            return None;
        }
        if known.is_none() && user.kind != Kind::Cluster {
            self.blame(user, "cluster", format!("cluster {reference} is not among what was read"));
        }
        self.import.places.push(Place { namespace: namespace.clone(), cluster, id });
        Some(namespace)
    }

    pub(super) fn cluster_name(&self, reference: &str) -> String {
        let known = self.index.find(Kind::Cluster, reference);
        known.map_or_else(|| arn::cluster(reference), Piece::name).to_owned()
    }

    /// The request that would create a thing, for the namespace.
    pub(super) fn request(&mut self, piece: &Piece, namespace: &str) -> Option<Found> {
        let call = match piece.kind {
            Kind::Cluster => Call::CreateCluster,
            Kind::Service => Call::CreateService,
            Kind::TaskDefinition => Call::RegisterTaskDefinition,
            Kind::Registry => Call::CreateServiceDiscovery,
            _ => return None,
        };
        let mut notes = Vec::new();
        let mut found = make((&piece.source, ""), call, piece.document.clone(), &mut notes);
        // What Describe adds to every document is not worth a line for each.
        notes.retain(|note| !note.text.starts_with(crate::convert::request::SHOWN));
        self.import.notes.extend(notes);
        found.namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        Some(found)
    }

    /// Notes that `user` runs a revision.
    pub(super) fn definition_of(&mut self, user: &User<'_>, reference: &str, path: &str) {
        if reference.is_empty() {
            return;
        }
        let Some(definition) = self.index.definition(reference) else {
            let text = format!("task definition {reference} is not among what was read");
            self.blame(user.piece, path, text);
            return;
        };
        let key = (user.namespace.to_owned(), definition.name().to_owned());
        self.used.entry(key).or_default().push((definition, user.object.to_owned()));
    }

    /// Definitions and registries that nobody uses go where there is only one place to go.
    fn rest(&mut self) {
        let used: Vec<&Piece> = self.used.values().flatten().map(|(piece, _)| *piece).collect();
        let families: Vec<&str> = used.iter().map(|piece| piece.name()).collect();
        let idle = |piece: &&Piece| !families.contains(&piece.name());
        let only = match (self.layout, self.import.places.as_slice()) {
            (Layout::Flat, _) => Some(String::new()),
            (Layout::Namespaces, [only]) => Some(only.namespace.clone()),
            _ => None,
        };
        let definitions: Vec<&'a Piece> = self.index.all(Kind::TaskDefinition).filter(idle).collect();
        for piece in definitions {
            match &only {
                Some(namespace) => {
                    let key = (namespace.clone(), piece.name().to_owned());
                    self.used.entry(key).or_default().push((piece, String::new()));
                }
                None => {
                    self.note(piece, "", format!("{}: left out: no service or schedule runs it", piece.id()))
                }
            }
        }
        let known: Vec<&str> = self.registries.values().map(|piece| piece.id()).collect();
        let idle: Vec<&'a Piece> =
            self.index.all(Kind::Registry).filter(|piece| !known.contains(&piece.id())).collect();
        for piece in idle {
            if self.layout == Layout::Flat {
                let found = self.request(piece, "");
                self.import.found.extend(found);
            } else {
                self.note(
                    piece,
                    "",
                    format!("discovery service {}: left out: no service is registered in it", piece.id()),
                );
            }
        }
    }

    /// One TaskDefinition a family: the newest revision in use.
    fn definitions(&mut self) {
        for ((namespace, family), uses) in std::mem::take(&mut self.used) {
            let Some(newest) = uses.iter().map(|(piece, _)| *piece).max_by_key(|piece| revision(piece))
            else {
                continue;
            };
            let found = self.request(newest, &namespace);
            self.import.found.extend(found);
            let number =
                |piece: &Piece| revision(piece).map_or_else(|| "?".to_owned(), |number| number.to_string());
            let elder =
                uses.iter().filter(|(piece, user)| revision(piece) != revision(newest) && !user.is_empty());
            for (piece, object) in elder {
                let text = format!(
                    "runs {family}:{}, and {family}:{} is imported as the family's first: let it run that one in ECS \
                     before you read the account, or change taskDefinition here",
                    number(piece),
                    number(newest)
                );
                let (namespace, object) = (namespace.clone(), object.clone());
                self.import.todos.push(Todo { namespace, object, text });
            }
        }
    }

    /// A Cluster for each place, that admits its namespace.
    fn clusters(&mut self) {
        if self.layout == Layout::Flat {
            for piece in self.index.all(Kind::Cluster) {
                let found = self.request(piece, "");
                self.import.found.extend(found);
            }
            return;
        }
        self.import.places.sort_by(|one, other| one.namespace.cmp(&other.namespace));
        for place in self.import.places.clone() {
            let piece = self.index.find(Kind::Cluster, &place.id);
            let bare = || Piece {
                kind: Kind::Cluster,
                source: String::new(),
                document: Map::from_iter([("clusterName".to_owned(), place.cluster.clone().into())]),
            };
            let Some(mut found) = self.request(&piece.cloned().unwrap_or_else(bare), "") else { continue };
            if let Value::Object(spec) = &mut found.spec {
                // arn:PARTITION:ecs:REGION:…
                let region = place.id.split(':').nth(3).filter(|region| !region.is_empty());
                let kubernetes = match region {
                    Some(region) => json!({"namespaces": [place.namespace], "region": region}),
                    None => json!({"namespaces": [place.namespace]}),
                };
                spec.insert("kubernetes".into(), kubernetes);
            }
            self.import.found.push(found);
        }
    }

    pub(super) fn todo(&mut self, user: &User<'_>, text: String) {
        let (namespace, object) = (user.namespace.to_owned(), user.object.to_owned());
        self.import.todos.push(Todo { namespace, object, text });
    }

    pub(super) fn note(&mut self, piece: &Piece, path: &str, text: String) {
        self.import.notes.push(Note::new(&piece.source, path, text));
    }

    /// Tells of a reference that leads nowhere; where not all was read, it may lead elsewhere.
    pub(super) fn blame(&mut self, piece: &Piece, path: &str, text: String) {
        if self.layout == Layout::Flat && !path.is_empty() {
            return;
        }
        let id = piece.id();
        let path = if path.is_empty() { id.to_owned() } else { format!("{id}: {path}") };
        self.import.notes.push(Note::violation(&piece.source, path, text));
    }
}

/// Whoever refers to something.
pub(super) struct User<'a> {
    pub piece: &'a Piece,
    pub namespace: &'a str,
    pub object: &'a str,
}
