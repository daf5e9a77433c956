//! Status of our own kinds.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::super::STATUS_MANAGER;
use super::super::error::Result;
use super::super::kinds::Kind;
use super::place::Place;
use super::{Object, RACES, Writer};
use crate::observe::Verb;

impl Writer {
    /// Applies `status` (the content of `.status`) to one of our own kinds with manager [`STATUS_MANAGER`].
    /// The caller has compared before. `None`: that object is gone.
    ///
    /// The status subresource ignores the UID in a patch, so a version is what ties the write to the object.
    /// When only the version is another one, the write is repeated with the new one: the status says itself
    /// which generation it is about.
    ///
    /// # Errors
    ///
    /// When the kind is not ours, the object keeps changing, or the API server refuses it.
    pub async fn apply_status<K: Object>(&self, object: &K, status: &Value) -> Result<Option<K>> {
        let place = Place::of_kind(object, Kind::own::<K>())?;
        let mut version = place.version(object.meta())?.to_owned();
        for _ in 0..RACES {
            let body = json!({
                "apiVersion": K::api_version(&()),
                "kind": K::kind(&()),
                "metadata": {"name": place.name, "resourceVersion": version},
                "status": status,
            });
            let params = PatchParams::apply(STATUS_MANAGER).force();
            let request = kube::core::Request::new(&place.path).patch_subresource(
                "status",
                &place.name,
                &params,
                &Patch::Apply(&body),
            );
            match self.send(&place, "write the status of", Verb::Status, request).await {
                Ok(object) => return Ok(Some(object)),
                Err(error) if error.code() == Some(404) => return Ok(None),
                Err(error) if error.code() == Some(409) => match self.read::<K>(&place).await? {
                    Some(found) if found.meta().uid == object.meta().uid => {
                        place.version(found.meta())?.clone_into(&mut version);
                    }
                    _ => return Ok(None),
                },
                Err(error) => return Err(error),
            }
        }
        Err(place.raced())
    }
}
