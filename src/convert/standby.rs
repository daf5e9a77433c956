//! Services that rest until somebody lets them run: everything is applied and nothing starts.
//!
//! A resting Service has `desiredCount: 0` and keeps its real number in an annotation. Both ways are done once: what
//! rests already stays as it is, and so does what runs.

use crate::api::GROUP;
use crate::model::label::STANDBY_DESIRED_COUNT;
use serde_json::{Map, Value};

/// The real number of a service that had none: an autoscaler's, or ECS's default.
const NONE: &str = "none";

/// Lets a Service rest; other objects stay as they are.
///
/// # Errors
/// Why it cannot rest.
pub fn rest(object: &mut Value) -> Result<(), String> {
    if !is_service(object) || annotation(object).is_some() {
        return Ok(());
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
    if spec.get("schedulingStrategy").is_some_and(|strategy| strategy == "DAEMON") {
        return Err("a DAEMON service has no count to set to 0: apply it when its tasks may start".to_owned());
    }
    let real = spec.insert("desiredCount".into(), 0.into());
    let real =
        real.filter(|count| !count.is_null()).map_or_else(|| NONE.to_owned(), |count| count.to_string());
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(annotations) = annotations {
            annotations.insert(STANDBY_DESIRED_COUNT.into(), real.into());
        }
    }
    Ok(())
}

/// Lets a resting Service run; other objects stay as they are.
///
/// # Errors
/// When its annotation holds no number.
pub fn activate(object: &mut Value) -> Result<(), String> {
    let Some(real) = annotation(object).filter(|_| is_service(object)) else { return Ok(()) };
    let count = match real.parse::<i32>() {
        Ok(count) if count >= 0 => Some(count),
        _ if real == NONE => None,
        _ => {
            return Err(format!(
                "annotation {STANDBY_DESIRED_COUNT} is \"{real}\": write a number or {NONE}"
            ));
        }
    };
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        match count {
            Some(count) => spec.insert("desiredCount".into(), count.into()),
            None => spec.remove("desiredCount"),
        };
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.remove(STANDBY_DESIRED_COUNT);
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    Ok(())
}

fn is_service(object: &Value) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "Service" && text("apiVersion").split('/').next() == Some(GROUP)
}

fn annotation(object: &Value) -> Option<String> {
    let annotations = object.get("metadata")?.get("annotations")?;
    annotations.get(STANDBY_DESIRED_COUNT)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn service(spec: Value) -> Value {
        json!({"apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
    }

    #[test]
    fn a_resting_service_keeps_its_number_beside_it() {
        let mut object = service(json!({"desiredCount": 6}));
        rest(&mut object).unwrap();
        assert_eq!(object["spec"]["desiredCount"], 0);
        assert_eq!(object["metadata"]["annotations"][STANDBY_DESIRED_COUNT], "6");
    }

    #[test]
    fn a_daemon_cannot_rest_and_says_so() {
        let mut object = service(json!({"schedulingStrategy": "DAEMON"}));
        assert!(rest(&mut object).unwrap_err().contains("has no count"));
        assert_eq!(object["spec"].get("desiredCount"), None);
    }

    #[test]
    fn a_core_service_and_a_strange_annotation_are_left_alone() {
        let mut core =
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {}});
        let before = core.clone();
        rest(&mut core).unwrap();
        assert_eq!(core, before);
        let mut odd = service(json!({"desiredCount": 0}));
        odd["metadata"]["annotations"] = json!({STANDBY_DESIRED_COUNT: "six"});
        assert!(activate(&mut odd).unwrap_err().contains("write a number or none"));
    }

    proptest! {
        #[test]
        fn resting_and_running_are_each_done_once_and_undo_each_other(count in prop::option::of(0..5000_i32)) {
            let spec = count.map_or(json!({"taskDefinition": "web"}), |count| json!({"desiredCount": count}));
            let real = service(spec);
            let mut object = real.clone();
            rest(&mut object).unwrap();
            let resting = object.clone();
            rest(&mut object).unwrap();
            prop_assert_eq!(&object, &resting);
            activate(&mut object).unwrap();
            prop_assert_eq!(&object, &real);
            activate(&mut object).unwrap();
            prop_assert_eq!(&object, &real);
        }
    }
}
