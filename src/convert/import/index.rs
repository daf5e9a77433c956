//! References in documents → the things they mean.

use crate::convert::piece::{Kind, Piece};
use crate::resolve::arn::{self, TaskDefinitionReference};
use serde_json::Value;

/// Everything that was read, to be looked up.
#[derive(Clone, Copy)]
pub(super) struct Index<'a>(pub &'a [Piece]);

impl<'a> Index<'a> {
    /// All things of a kind.
    pub(super) fn all(self, kind: Kind) -> impl Iterator<Item = &'a Piece> {
        self.0.iter().filter(move |piece| piece.kind == kind)
    }

    /// The thing that an ARN or a name means: an ARN where both sides have one, else the name in it.
    pub(super) fn find(self, kind: Kind, reference: &str) -> Option<&'a Piece> {
        let is_arn = reference.starts_with("arn:");
        let exact = self.all(kind).find(|piece| !reference.is_empty() && piece.arn() == reference);
        let short = match kind {
            Kind::Cluster => arn::cluster(reference),
            Kind::TargetGroup => arn::target_group(reference),
            Kind::Registry | Kind::Namespace => arn::registry(reference),
            _ => reference,
        };
        let is_named = |piece: &&Piece| {
            !(is_arn && piece.arn().starts_with("arn:"))
                && (piece.name() == short || piece.text("Id") == short)
        };
        // A plan of Terraform has addresses where nothing else is known.
        let is_at = |piece: &&Piece| piece.source.ends_with(&format!(": {short}"));
        let some = || self.all(kind).filter(|_| !short.is_empty());
        exact.or_else(|| some().find(is_named)).or_else(|| some().find(is_at))
    }

    /// The revision that a reference means: the named one, or the newest of the family.
    pub(super) fn definition(self, reference: &str) -> Option<&'a Piece> {
        let named = TaskDefinitionReference::parse(reference)?;
        let exact = self.all(Kind::TaskDefinition).find(|piece| piece.arn() == reference);
        let family = self.all(Kind::TaskDefinition).filter(|piece| piece.name() == named.family);
        let fits = family.filter(|piece| {
            let (wanted, has) = (named.revision, revision(piece));
            wanted.is_none() || has.is_none() || wanted == has
        });
        exact.or_else(|| {
            fits.filter(|piece| is_of(piece.arn(), reference)).max_by_key(|piece| revision(piece))
        })
    }
}

/// The number of a described revision.
pub(super) fn revision(piece: &Piece) -> Option<i64> {
    piece.document.get("revision").and_then(Value::as_i64)
}

/// Whether two ARNs are of one account and region; a name says nothing of that.
fn is_of(one: &str, other: &str) -> bool {
    let place = |arn: &str| arn.splitn(6, ':').take(5).map(str::to_owned).collect::<Vec<_>>();
    !one.starts_with("arn:") || !other.starts_with("arn:") || place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn piece(kind: Kind, document: Value) -> Piece {
        Piece { kind, source: "f".into(), document: document.as_object().unwrap().clone() }
    }

    #[test]
    fn an_arn_means_the_thing_that_has_it_and_no_other_of_that_name() {
        let here = "arn:aws:ecs:eu-west-1:1:cluster/shop";
        let pieces = [piece(Kind::Cluster, json!({"clusterArn": here, "clusterName": "shop"}))];
        let index = Index(&pieces);
        assert!(index.find(Kind::Cluster, here).is_some());
        assert!(index.find(Kind::Cluster, "shop").is_some());
        assert!(index.find(Kind::Cluster, "arn:aws:ecs:eu-west-1:2:cluster/shop").is_none());
        assert!(index.find(Kind::Cluster, "").is_none());
    }

    #[test]
    fn a_family_means_its_newest_revision_and_a_number_that_one() {
        let of = |revision: i64| {
            let arn = format!("arn:aws:ecs:r:1:task-definition/web:{revision}");
            piece(
                Kind::TaskDefinition,
                json!({"taskDefinitionArn": arn, "family": "web", "revision": revision}),
            )
        };
        let pieces = [of(7), of(9), of(8)];
        let found = |reference| Index(&pieces).definition(reference).and_then(revision);
        assert_eq!(found("web"), Some(9));
        assert_eq!(found("web:8"), Some(8));
        assert_eq!(found("web:6"), None);
        assert_eq!(found("arn:aws:ecs:r:1:task-definition/web:7"), Some(7));
        assert_eq!(found("arn:aws:ecs:r:2:task-definition/web:7"), None);
    }
}
