//! A conclusion → one status write, if it is worth one now, and its events.

use super::context::Context;
use super::error::Error;
use crate::conclude::Notice;
use crate::kubernetes::{self, Key, NoticeType};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes `status` of `object` unless it is what the object shows already.
pub(super) async fn status<K, S>(
    context: &Context,
    controller: &'static str,
    object: &K,
    (before, after): (&S, &S),
) -> Result<Option<K>, Error>
where
    K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync,
    S: Serialize + PartialEq,
{
    if before == after {
        return Ok(None);
    }
    let written = context.writer.apply_status(object, &serde_json::to_value(after)?).await?;
    if let Some(object) = &written {
        context.wrote(controller, &Key::of(object), object);
    }
    Ok(written)
}

/// Tells `notices` about `object`.
pub(super) fn tell<K: Resource<DynamicType = ()>>(context: &Context, object: &K, notices: &[Notice]) {
    let mut regarding: ObjectReference = object.object_ref(&());
    // Without a version, so that repeats of one notice are about one thing.
    regarding.resource_version = None;
    for notice in notices {
        let notice = kubernetes::Notice {
            type_: if notice.warning { NoticeType::Warning } else { NoticeType::Normal },
            reason: notice.reason.to_owned(),
            action: "Reconcile".to_owned(),
            note: notice.message.clone(),
        };
        context.notifier.publish(&regarding, notice);
    }
}
