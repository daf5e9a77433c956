//! Schedules and rules that run tasks: their definitions are imported, and they are told.

use super::join::{Joining, User};
use crate::convert::piece::{Kind, Piece};
use serde_json::Value;

/// Joins schedules and event rules with the definitions that they run.
pub(super) fn join(joining: &mut Joining<'_>) {
    for schedule in joining.index.all(Kind::Schedule) {
        let document = Value::Object(schedule.document.clone());
        let expression = schedule.text("ScheduleExpression");
        let what = format!("schedule {} ({expression}, {})", schedule.name(), state(schedule));
        runs(joining, schedule, document.get("Target"), &what);
    }
    for target in joining.index.all(Kind::EventTarget) {
        let name = target.name();
        let rule = joining
            .index
            .all(Kind::EventRule)
            .find(|rule| rule.name() == name || rule.source.ends_with(name));
        let when = rule.map_or("", |rule| match rule.text("ScheduleExpression") {
            "" => "an event pattern",
            expression => expression,
        });
        let what = format!("rule {name} ({when}, {})", rule.map_or("state unknown", state));
        let document = Value::Object(target.document.clone());
        runs(joining, target, Some(&document), &what);
    }
}

fn state(piece: &Piece) -> &str {
    Some(piece.text("State")).filter(|state| !state.is_empty()).unwrap_or("ENABLED")
}

/// A target that runs tasks names a cluster by its `Arn` and a definition in its `EcsParameters`; others are none of ours.
fn runs(joining: &mut Joining<'_>, piece: &Piece, target: Option<&Value>, what: &str) {
    let text = |path: &str| target.and_then(|target| target.pointer(path)).and_then(Value::as_str);
    let (Some(cluster), Some(definition)) = (text("/Arn"), text("/EcsParameters/TaskDefinitionArn")) else {
        return;
    };
    let Some(namespace) = joining.place(cluster, piece) else { return };
    let user = User { piece, namespace: &namespace, object: "" };
    joining.definition_of(&user, definition, "EcsParameters.TaskDefinitionArn");
    let short =
        crate::resolve::arn::TaskDefinitionReference::parse(definition).map(|named| named.to_string());
    let runs = short.as_deref().unwrap_or(definition);
    joining
        .todo(&user, format!("{what} runs {runs}: Berth has no schedules yet: let it go on running in ECS"));
}
