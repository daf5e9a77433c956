//! Fates of a document's members → violations and remarks.

use crate::api::fate::Judgement;
use crate::model::Violation;

/// The members that are refused or unknown, as violations.
pub fn violations(judgement: &Judgement) -> Vec<Violation> {
    let refused = judgement.refused.iter().map(|one| Violation::new(one.path.clone(), one.reason));
    let unknown = judgement.unknown.iter().map(|one| {
        let hint = one.nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        Violation::new(one.path.clone(), format!("unknown member{hint}"))
    });
    refused.chain(unknown).collect()
}

/// Broken rules beside what [`violations`] says: of a member that is in both, what is told of this very document.
pub fn beside(refused: &[Violation], found: Vec<Violation>) -> Vec<Violation> {
    let told = |violation: &&Violation| found.iter().any(|known| known.path == violation.path);
    let refused: Vec<Violation> = refused.iter().filter(|one| !told(one)).cloned().collect();
    refused.into_iter().chain(found).collect()
}

/// The members that change nothing here.
pub fn without_effect(judgement: &Judgement) -> Vec<Violation> {
    let members = judgement.without_effect.iter();
    members.map(|one| Violation::new(one.path.clone(), one.reason)).collect()
}
