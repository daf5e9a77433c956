//! From an object to its place in the API, when the guards let it pass.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::super::error::{Error, Result};
use super::super::kinds::Kind;
use super::super::owner::{Owner, described};
use super::{NameConflict, Object};

/// Which object a write is about, after the guards have let it pass.
pub(super) struct Place {
    pub kind: Kind,
    pub path: String,
    pub namespace: String,
    pub name: String,
}

impl Place {
    /// A child to be, with `owner` as its controller: of a kind on the list, in its owner's namespace.
    pub fn of_child<K: Object>(object: &K, owner: &Owner) -> Result<(Self, K)> {
        let place = Self::of_kind(object, Kind::child::<K>())?;
        let reference = owner.controller_reference(&place.namespace)?;
        let mut child = object.clone();
        if !owner.controls(child.meta()) {
            child.meta_mut().owner_references.get_or_insert_default().push(reference);
        }
        Ok((place, child))
    }

    /// All objects of a kind in `namespace`.
    pub fn of_namespace<K: Object>(namespace: &str) -> Result<Self> {
        let unknown = || Error::Kind { kind: format!("{}/{}", K::api_version(&()), K::kind(&())) };
        let kind = Kind::child::<K>().ok_or_else(unknown)?;
        let path = K::url_path(&(), Some(namespace));
        Ok(Self { kind, path, namespace: namespace.to_owned(), name: String::new() })
    }

    pub fn of_kind<K: Object>(object: &K, kind: Option<Kind>) -> Result<Self> {
        let meta = object.meta();
        let kind =
            kind.ok_or_else(|| Error::Kind { kind: format!("{}/{}", K::api_version(&()), K::kind(&())) })?;
        let namespace = meta.namespace.clone().unwrap_or_default();
        let scope = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let path = K::url_path(&(), scope);
        let name = meta.name.clone().unwrap_or_default();
        let place = Self { kind, path, namespace, name };
        if place.name.is_empty() {
            return Err(place.incomplete("name"));
        }
        Ok(place)
    }

    pub fn encode<K: Object>(&self, object: &K) -> Result<Value> {
        serde_json::to_value(object).map_err(|source| Error::Encode {
            kind: self.kind.name.into(),
            name: self.name.clone(),
            source,
        })
    }

    pub fn version<'a>(&self, meta: &'a ObjectMeta) -> Result<&'a str> {
        meta.resource_version.as_deref().ok_or_else(|| self.incomplete("resource version"))
    }

    pub fn taken(&self, found: &ObjectMeta) -> NameConflict {
        NameConflict {
            kind: self.kind.name.into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            owner: described(found),
        }
    }

    pub fn incomplete(&self, field: &'static str) -> Error {
        Error::Incomplete { kind: self.kind.name.into(), name: self.name.clone(), field }
    }

    pub fn raced(&self) -> Error {
        Error::Raced {
            kind: self.kind.name.into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    pub fn failed(&self, verb: &'static str, source: kube::Error) -> Error {
        Error::Request {
            verb,
            kind: self.kind.name.into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            source: Box::new(source),
        }
    }
}

/// JSON as Go writes it, with `<`, `>`, `&` and two line separators escaped.
///
/// An API server keeps the `data` of a ControllerRevision as the bytes that it was given and compares it with
/// what Go makes of it at every later patch, whoever sends it: bytes of another spelling count as a change of
/// what must not change.
pub(super) fn bytes(body: &Value) -> Vec<u8> {
    let mut text = body.to_string();
    for (character, escaped) in [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ] {
        if text.contains(character) {
            text = text.replace(character, escaped);
        }
    }
    text.into_bytes()
}

/// Puts the UID of the object that is meant into a patch, or takes it out when a new one is.
pub(super) fn set_uid(body: &mut Value, meta: Option<&ObjectMeta>) {
    let Some(body) = body.as_object_mut() else { return };
    let target = body.entry("metadata").or_insert_with(|| json!({}));
    let Some(target) = target.as_object_mut() else { return };
    match meta.and_then(|meta| meta.uid.as_deref()) {
        Some(uid) => target.insert("uid".into(), json!(uid)),
        None => target.remove("uid"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_escapes_is_escaped_and_means_the_same() {
        let body = json!({"data": "a <b> && \u{2028}\u{2029} \\u003c é \"\n"});
        let bytes = bytes(&body);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let written = r#"{"data":"a \u003cb\u003e \u0026\u0026 \u2028\u2029 \\u003c é \"\n"}"#;
        assert_eq!(text, written);
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), body);
    }
}
