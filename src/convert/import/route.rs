//! Which listeners and rules lead to a target group, in words: what somebody has to write as a route.

use super::index::Index;
use crate::convert::piece::{Kind, Piece};
use serde_json::Value;

/// A sentence part for each listener and rule that sends requests to `group`.
pub(super) fn routes(index: Index<'_>, group: &Piece) -> Vec<String> {
    let leads = |piece: &Piece, actions: &str| {
        let actions = piece.document.get(actions).and_then(Value::as_array);
        actions.into_iter().flatten().any(|action| forwards(action, group))
    };
    let rules = index.all(Kind::ListenerRule).filter(|rule| leads(rule, "Actions")).map(|rule| {
        let listener = index.all(Kind::Listener).find(|listener| is_of(rule, listener));
        format!(
            "{} on {}",
            conditions(rule),
            listener.map_or_else(|| "a listener that is not in the dump".to_owned(), |one| named(index, one))
        )
    });
    let defaults = index.all(Kind::Listener).filter(|listener| leads(listener, "DefaultActions"));
    let mut routes: Vec<String> = rules.collect();
    routes.extend(defaults.map(|listener| format!("everything else on {}", named(index, listener))));
    routes
}

fn forwards(action: &Value, group: &Piece) -> bool {
    let is_it = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default();
        !text.is_empty() && (text == group.arn() || text == group.name())
    };
    let weighted = action.pointer("/ForwardConfig/TargetGroups").and_then(Value::as_array);
    is_it(action.get("TargetGroupArn"))
        || weighted.into_iter().flatten().any(|one| is_it(one.get("TargetGroupArn")))
}

/// Whether a rule is of a listener. A rule's ARN has its listener's in it: `listener-rule/app/lb/id/id/id`.
fn is_of(rule: &Piece, listener: &Piece) -> bool {
    let named = rule.text("ListenerArn");
    if !named.is_empty() {
        return named == listener.arn() || listener.source.ends_with(named);
    }
    let path = |arn: &str, kind: &str| arn.split_once(kind).map(|(_, path)| path.to_owned());
    match (path(rule.arn(), ":listener-rule/"), path(listener.arn(), ":listener/")) {
        (Some(rule), Some(listener)) => rule.starts_with(&format!("{listener}/")),
        _ => false,
    }
}

fn named(index: Index<'_>, listener: &Piece) -> String {
    let port = listener
        .document
        .get("Port")
        .and_then(Value::as_i64)
        .map_or_else(String::new, |port| format!(":{port}"));
    let balancer = index.find(Kind::LoadBalancer, listener.text("LoadBalancerArn"));
    let of = balancer.map_or_else(String::new, |one| format!(" of load balancer {}", one.name()));
    let protocol = Some(listener.text("Protocol")).filter(|text| !text.is_empty()).unwrap_or("listener");
    format!("{protocol}{port}{of}")
}

/// The conditions of a rule in words.
fn conditions(rule: &Piece) -> String {
    let all = rule.document.get("Conditions").and_then(Value::as_array);
    let told: Vec<String> = all.into_iter().flatten().filter_map(condition).collect();
    match told.is_empty() {
        true => "everything else".to_owned(),
        false => told.join(" and "),
    }
}

fn condition(condition: &Value) -> Option<String> {
    const CONFIGS: [(&str, &str); 6] = [
        ("host", "HostHeaderConfig"),
        ("path", "PathPatternConfig"),
        ("method", "HttpRequestMethodConfig"),
        ("source", "SourceIpConfig"),
        ("header", "HttpHeaderConfig"),
        ("query", "QueryStringConfig"),
    ];
    CONFIGS.iter().find_map(|(name, config)| {
        let values = condition.get(*config)?.get("Values")?.as_array()?;
        let texts: Vec<String> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        Some(format!("{name} {}", texts.join(" or ")))
    })
}
