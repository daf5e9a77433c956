//! The annotation that lists revisions → revisions that are INACTIVE.

use super::super::error::Error;
use super::Subject;
use crate::conclude::task_definition::Deregistering;
use crate::kubernetes::Guard;
use crate::model::label;
use crate::resolve::revision::INACTIVE;
use crate::resolve::revision::numbers::Numbers;
use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::json;

/// Makes INACTIVE what the annotation lists, once: a revision that is registered after it was carried out is
/// not meant. None when something was written, which has to be seen before anything else is decided.
pub(super) async fn carry_out(subject: &Subject<'_>) -> Result<Option<Deregistering>, Error> {
    let Some(written) = subject.object.annotations().get(label::DEREGISTER) else {
        return Ok(Some(Deregistering::Nothing));
    };
    let numbers: Numbers = match written.parse() {
        Ok(numbers) => numbers,
        Err(message) => {
            let message = format!("metadata.annotations[{}]: {message}", label::DEREGISTER);
            return Ok(Some(Deregistering::Unreadable(message)));
        }
    };
    let carried_out = subject.status.deregistered.as_ref() == Some(written);
    if !carried_out && deactivate(subject, &numbers).await? {
        return Ok(None);
    }
    Ok(Some(Deregistering::Done { written: written.clone(), numbers: numbers.to_string() }))
}

/// Whether anything had to be written.
async fn deactivate(subject: &Subject<'_>, numbers: &Numbers) -> Result<bool, Error> {
    let mut any = false;
    for (object, revision) in subject.revisions() {
        if revision.inactive || !numbers.contains(revision.number) {
            continue;
        }
        let patch = json!({"metadata": {
            "labels": {label::REVISION_STATUS: INACTIVE},
            "annotations": {label::DEREGISTERED_AT: Timestamp::now().to_string()},
        }});
        if let Some(written) = subject.context.registrar.patch(&**object, &patch, Guard::Uid).await? {
            subject.wrote(&written);
        }
        any = true;
    }
    Ok(any)
}
