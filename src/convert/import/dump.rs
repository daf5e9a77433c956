//! What `aws … describe-*` and `get-*` print → the things in it.
//!
//! A file is known by its members, not by its name. Two calls do not say what they are about; a dump says it beside
//! them: `TargetGroupArn` beside `Attributes`, `Rule` beside `Targets` (the script in `examples/import` does).
//!
//! Must not drop a page: an output that names a next one is told.

use crate::convert::Note;
use crate::convert::piece::{Kind, Piece};
use serde_json::{Map, Value, json};

/// The member that a call's output has its things in.
const LISTS: [(&str, Kind); 14] = [
    ("clusters", Kind::Cluster),
    ("services", Kind::Service),
    ("capacityProviders", Kind::CapacityProvider),
    ("TargetGroups", Kind::TargetGroup),
    ("LoadBalancers", Kind::LoadBalancer),
    ("Listeners", Kind::Listener),
    ("Services", Kind::Registry),
    ("Service", Kind::Registry),
    ("Namespaces", Kind::Namespace),
    ("Namespace", Kind::Namespace),
    ("ScalableTargets", Kind::ScalableTarget),
    ("ScalingPolicies", Kind::ScalingPolicy),
    ("ScheduledActions", Kind::ScheduledAction),
    ("taskDefinition", Kind::TaskDefinition),
];

/// Members of outputs that only list what other calls describe.
const NAMES_ONLY: [&str; 5] = ["clusterArns", "serviceArns", "taskDefinitionArns", "families", "Schedules"];

/// The things in the output of a call; none if it is no such output.
pub(super) fn pieces(source: &str, document: &Value) -> Option<(Vec<Piece>, Vec<Note>)> {
    let object = document.as_object()?;
    let mut dump = Dump { source, pieces: Vec::new(), notes: Vec::new() };
    let mut known = dump.lists(object);
    known |= dump.beside(object);
    known |= dump.whole(object);
    known |= NAMES_ONLY.iter().any(|name| object.contains_key(*name));
    known |= dump.failures(object);
    if ["NextToken", "nextToken", "NextMarker"]
        .iter()
        .any(|name| object.get(*name).is_some_and(Value::is_string))
    {
        dump.notes.push(Note::violation(source, "", "is one page of several: the others are missing"));
    }
    known.then_some((dump.pieces, dump.notes))
}

struct Dump<'a> {
    source: &'a str,
    pieces: Vec<Piece>,
    notes: Vec<Note>,
}

impl Dump<'_> {
    fn push(&mut self, kind: Kind, document: &Value) {
        if let Some(document) = document.as_object() {
            self.pieces.push(Piece { kind, source: self.source.to_owned(), document: document.clone() });
        }
    }

    fn lists(&mut self, object: &Map<String, Value>) -> bool {
        let before = self.pieces.len();
        let mut known = false;
        for (name, kind) in LISTS {
            match object.get(name) {
                Some(Value::Array(items)) => {
                    known = true;
                    items.iter().for_each(|item| self.push(kind, item));
                }
                Some(item @ Value::Object(_)) => {
                    known = true;
                    self.push(kind, item);
                }
                _ => {}
            }
        }
        // DescribeTaskDefinition has the tags beside the definition.
        if let (Some(piece), Some(tags)) = (self.pieces.get_mut(before), object.get("tags"))
            && piece.kind == Kind::TaskDefinition
            && tags.as_array().is_some_and(|tags| !tags.is_empty())
        {
            piece.document.insert("tags".into(), tags.clone());
        }
        // EventBridge and Elastic Load Balancing both call them rules.
        for rule in object.get("Rules").and_then(Value::as_array).into_iter().flatten() {
            known = true;
            let kind = if rule.get("RuleArn").is_some() { Kind::ListenerRule } else { Kind::EventRule };
            self.push(kind, rule);
        }
        known
    }

    /// Outputs whose subject stands beside them.
    fn beside(&mut self, object: &Map<String, Value>) -> bool {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if let Some(attributes) = object.get("Attributes").and_then(Value::as_array) {
            let Some(arn) = text("TargetGroupArn") else {
                self.nameless("Attributes", "TargetGroupArn");
                return true;
            };
            let delay = attributes
                .iter()
                .find(|one| one.get("Key").is_some_and(|key| key == "deregistration_delay.timeout_seconds"));
            let delay = delay.and_then(|one| one.get("Value")).cloned().unwrap_or_default();
            self.push(Kind::TargetGroup, &json!({"TargetGroupArn": arn, "DeregistrationDelay": delay}));
            return true;
        }
        if let Some(targets) = object.get("Targets").and_then(Value::as_array) {
            let Some(rule) = text("Rule") else {
                self.nameless("Targets", "Rule");
                return true;
            };
            for target in targets {
                let mut target = target.clone();
                if let Value::Object(target) = &mut target {
                    target.insert("Rule".into(), rule.into());
                }
                self.push(Kind::EventTarget, &target);
            }
            return true;
        }
        if let (Some(arn), Some(tags)) = (text("resourceArn"), object.get("tags")) {
            let kinds = [
                (":cluster/", Kind::Cluster),
                (":service/", Kind::Service),
                (":task-definition/", Kind::TaskDefinition),
            ];
            if let Some((_, kind)) = kinds.into_iter().find(|(part, _)| arn.contains(part)) {
                self.push(kind, &json!({kind.arn_member(): arn, "tags": tags}));
            }
            return true;
        }
        false
    }

    /// Outputs that are one thing without a wrapping.
    fn whole(&mut self, object: &Map<String, Value>) -> bool {
        let arn = object.get("Arn").and_then(Value::as_str).unwrap_or_default();
        if arn.contains(":scheduler:") && object.contains_key("Target") {
            self.push(Kind::Schedule, &Value::Object(object.clone()));
        } else if arn.contains(":events:") {
            self.push(Kind::EventRule, &Value::Object(object.clone()));
        } else {
            return false;
        }
        true
    }

    fn failures(&mut self, object: &Map<String, Value>) -> bool {
        let failures = object.get("failures").and_then(Value::as_array);
        for failure in failures.into_iter().flatten() {
            let text = |name: &str| failure.get(name).and_then(Value::as_str).unwrap_or_default();
            let told =
                format!("{}: AWS could not describe it: {} {}", text("arn"), text("reason"), text("detail"));
            self.notes.push(Note::violation(self.source, "failures", told.trim_end()));
        }
        failures.is_some()
    }

    fn nameless(&mut self, what: &str, missing: &str) {
        let told = format!(
            "has {what} and not whose they are: put {missing} beside them, as the script in examples/import does"
        );
        self.notes.push(Note::violation(self.source, "", told));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(document: Value) -> Vec<Kind> {
        pieces("f", &document).unwrap().0.iter().map(|piece| piece.kind).collect()
    }

    #[test]
    fn a_file_is_known_by_its_members() {
        assert_eq!(kinds(json!({"clusters": [{}, {}], "failures": []})), [Kind::Cluster, Kind::Cluster]);
        assert_eq!(
            kinds(json!({"Rules": [{"RuleArn": "a"}, {"Name": "nightly"}]})),
            [Kind::ListenerRule, Kind::EventRule]
        );
        assert_eq!(
            kinds(json!({"Arn": "arn:aws:scheduler:r:1:schedule/default/x", "Target": {}})),
            [Kind::Schedule]
        );
        assert_eq!(kinds(json!({"serviceArns": ["a"]})), []);
        assert!(pieces("f", &json!({"Reservations": []})).is_none());
        assert!(pieces("f", &json!([1])).is_none());
    }

    #[test]
    fn tags_of_a_definition_and_a_delay_find_their_thing() {
        let (found, _) =
            pieces("f", &json!({"taskDefinition": {"family": "a"}, "tags": [{"key": "k", "value": "v"}]}))
                .unwrap();
        assert!(found[0].document.contains_key("tags"));
        let attributes = json!([{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]);
        let (found, _) = pieces("f", &json!({"TargetGroupArn": "a", "Attributes": attributes})).unwrap();
        assert_eq!(found[0].text("DeregistrationDelay"), "30");
    }

    #[test]
    fn what_is_missing_in_a_dump_is_told() {
        let told = |document: Value| pieces("f", &document).unwrap().1[0].to_string();
        assert!(told(json!({"Attributes": []})).contains("put TargetGroupArn beside"));
        assert!(
            told(json!({"services": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}))
                .contains("arn:x: AWS could not describe it: MISSING")
        );
        assert!(told(json!({"TargetGroups": [], "NextMarker": "x"})).contains("one page of several"));
    }
}
