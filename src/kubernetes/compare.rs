//! From (what we want, what is there, what we own of it) to "would an apply change anything?".
//!
//! "Is everything we want there?" alone would never notice a field that we no longer want. So the fields that
//! the API server has recorded as applied by us are compared, too: an apply is superfluous exactly when we
//! own what we want, want what we own, and every value is there. Fields of others and server-side defaults do
//! not count, because neither is ever recorded as ours.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::{Map, Value};

use super::MANAGER;

/// Whether `entry` records what we applied (status has a manager of its own).
pub(super) fn is_ours(entry: &ManagedFieldsEntry) -> bool {
    entry.manager.as_deref() == Some(MANAGER)
        && entry.operation.as_deref() == Some("Apply")
        && entry.subresource.as_deref().unwrap_or_default().is_empty()
}

/// Whether applying `desired` over `live` would change nothing. `live_meta` is `live`'s metadata.
pub(super) fn is_applied(desired: &Value, live: &Value, live_meta: &ObjectMeta) -> bool {
    let Some(owned) = live_meta.managed_fields.iter().flatten().find(|entry| is_ours(entry)) else {
        return false;
    };
    let Some(fields) = owned.fields_v1.as_ref() else { return false };
    let mut desired = desired.clone();
    strip_identity(&mut desired);
    same(&fields.0, &desired, live, Place::default())
}

/// Removes what the API server never records as owned: it identifies the object.
fn strip_identity(object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    object.remove("apiVersion");
    object.remove("kind");
    object.remove("status");
    if let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation"] {
            meta.remove(key);
        }
        meta.remove("managedFields");
    }
}

/// Where in an object a value is, as far as that changes its meaning.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Below `requests`, `limits` and the like, where "1" and "1000m" are the same.
    quantity: bool,
}

impl Place {
    fn below(self, key: &str) -> Self {
        let quantity = matches!(
            key,
            "requests" | "limits" | "capacity" | "allocatedResources" | "sizeLimit" | "storage"
        );
        Self { quantity: self.quantity || quantity }
    }
}

/// `owned` is a node of FieldsV1. An empty node is a scalar, or a list or map that is owned as a whole.
fn same(owned: &Value, desired: &Value, live: &Value, place: Place) -> bool {
    let Some(owned) = owned.as_object().filter(|node| node.keys().any(|key| key != ".")) else {
        return covers(live, desired, place);
    };
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => same_map(owned, desired, live, place),
        (Value::Array(desired), Value::Array(live)) => same_list(owned, desired, live, place),
        _ => false,
    }
}

fn same_map(
    owned: &Map<String, Value>,
    desired: &Map<String, Value>,
    live: &Map<String, Value>,
    place: Place,
) -> bool {
    let wanted = |key: &str| desired.get(key).is_some_and(|value| !value.is_null());
    owned.keys().filter_map(|key| key.strip_prefix("f:")).all(wanted)
        && desired.iter().all(|(key, value)| match (owned.get(&format!("f:{key}")), live.get(key)) {
            (Some(owned), Some(live)) => same(owned, value, live, place.below(key)),
            // Empty lists and maps are recorded or not, and stored or not, depending on the kind.
            _ => is_nothing(Some(value)),
        })
}

/// A list whose elements are owned one by one: by key (`k:{"name":"web"}`) or by value (`v:"x"`).
fn same_list(owned: &Map<String, Value>, desired: &[Value], live: &[Value], place: Place) -> bool {
    let elements: Vec<_> = owned.iter().filter_map(|(key, node)| Some((element(key)?, node))).collect();
    elements.len() == desired.len()
        && desired.iter().all(|value| {
            elements.iter().any(|((by_key, id), node)| {
                if !by_key {
                    return id == value && live.contains(value);
                }
                identifies(id, value)
                    && live.iter().any(|live| identifies(id, live) && same(node, value, live, place))
            })
        })
}

/// The identity in `k:…` or `v:…`, and whether it is the former.
fn element(key: &str) -> Option<(bool, Value)> {
    let (kind, text) = key.split_once(':')?;
    let by_key = match kind {
        "k" => true,
        "v" => false,
        _ => return None,
    };
    Some((by_key, serde_json::from_str(text).ok()?))
}

/// Whether the key fields in `id` are those of `value`. One that `value` leaves out had its default.
fn identifies(id: &Value, value: &Value) -> bool {
    id.as_object().is_some_and(|id| {
        id.iter().all(|(key, part)| value.get(key).is_none_or(|own| own == part))
            && id.keys().any(|key| value.get(key).is_some())
    })
}

/// Whether `live` holds all of `desired`: lists of equal length, maps with defaults added by the server.
fn covers(live: &Value, desired: &Value, place: Place) -> bool {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => desired.iter().all(|(key, value)| {
            live.get(key)
                .map_or_else(|| is_nothing(Some(value)), |live| covers(live, value, place.below(key)))
        }),
        (Value::Array(live), Value::Array(desired)) => {
            live.len() == desired.len()
                && live.iter().zip(desired).all(|(live, desired)| covers(live, desired, place))
        }
        (Value::String(live), Value::String(desired)) => {
            live == desired
                || (place.quantity && quantity(live).is_some_and(|live| quantity(desired) == Some(live)))
        }
        _ => live == desired,
    }
}

/// Absent, null or empty.
fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    }
}

/// A Kubernetes quantity in billionths, the finest unit there is. `None` for other texts and huge numbers.
fn quantity(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || fraction.contains(['+', '-', '.']) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    let scaled = match suffix {
        "n" => return digits.checked_div(1_000_000_000),
        "u" => return digits.checked_div(1_000_000),
        "m" => return digits.checked_div(1_000),
        "" => Some(1),
        "Ki" => Some(1 << 10),
        "Mi" => Some(1 << 20),
        "Gi" => Some(1 << 30),
        "Ti" => Some(1 << 40),
        "Pi" => Some(1 << 50),
        "Ei" => Some(1 << 60),
        "k" => Some(1_000),
        "M" => Some(1_000_000),
        "G" => Some(1_000_000_000),
        "T" => Some(1_000_000_000_000),
        "P" => Some(1_000_000_000_000_000),
        "E" => Some(1_000_000_000_000_000_000),
        exponent => {
            let power: u32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            10_i128.checked_pow(power)
        }
    };
    digits.checked_mul(scaled?)
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
