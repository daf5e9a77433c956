use super::*;
use serde_json::json;

#[test]
fn an_address_is_cut_at_dots_that_are_not_in_an_index() {
    assert_eq!(calls("module.app[\"a.b\"].module.web[0]"), ["app[\"a.b\"]", "web[0]"]);
    assert_eq!(split("aws_lb.main[\"x.y\"].arn"), ["aws_lb", "main[\"x.y\"]", "arn"]);
}

#[test]
fn of_a_reference_and_its_shorter_forms_the_whole_one_counts() {
    let of = |all: Value| references(&json!({"references": all}));
    assert_eq!(of(json!(["aws_lb.web[0].arn", "aws_lb.web[0]", "aws_lb.web"])), ["aws_lb.web[0].arn"]);
    assert_eq!(
        of(json!(["aws_lb.web", "aws_lb.web2.arn", "aws_lb.web2"])),
        ["aws_lb.web", "aws_lb.web2.arn"]
    );
    assert_eq!(of(json!(["aws_lb.web", "each.key"])), ["aws_lb.web"]);
    assert_eq!(of(json!(["each.key"])), ["each.key"]);
}

fn filled(index: Option<Value>, expression: Value) -> (Value, Unknown) {
    let groups = json!({"name": "web-a"}).as_object().unwrap().clone();
    let other = json!({"name": "web-b"}).as_object().unwrap().clone();
    let (a, b) = (json!("a"), json!("b"));
    let group = |address, index, values| Resource {
        module: "",
        address,
        kind: "aws_lb_target_group",
        name: "web",
        index,
        values,
    };
    let none = Map::new();
    let rule = Resource {
        module: "",
        address: "aws_x.y",
        kind: "aws_x",
        name: "y",
        index: index.as_ref(),
        values: &none,
    };
    let resources = [
        group("aws_lb_target_group.web[\"a\"]", Some(&a), &groups),
        group("aws_lb_target_group.web[\"b\"]", Some(&b), &other),
        rule.clone(),
    ];
    let document = json!({
        "resource_changes": [{"address": "aws_x.y", "change": {"after_unknown": {"target_group_arn": true}}}],
        "configuration": {"root_module": {"resources": [
            {"type": "aws_x", "name": "y", "expressions": {"target_group_arn": expression}}
        ]}}
    });
    let (values, unknown) = Plan::new(&document, &resources).filled(&rule);
    (values.get("target_group_arn").cloned().unwrap_or_default(), unknown)
}

#[test]
fn an_instance_is_meant_by_its_own_key_or_by_that_of_whoever_refers_to_it() {
    let own = json!({"references": ["aws_lb_target_group.web[\"b\"].arn", "aws_lb_target_group.web[\"b\"]", "aws_lb_target_group.web"]});
    assert_eq!(filled(None, own).0, "web-b");
    let same = json!({"references": ["aws_lb_target_group.web", "each.key"]});
    assert_eq!(filled(Some(json!("a")), same).0, "web-a");
}

#[test]
fn what_may_be_several_things_is_told_and_not_guessed() {
    let either = json!({"references": ["aws_lb_target_group.web"]});
    let (value, unknown) = filled(None, either);
    assert_eq!(value, Value::Null);
    assert!(unknown[0].1.contains("it depends on aws_lb_target_group.web"), "{unknown:?}");
    let (value, _) = filled(None, json!({"references": ["local.group"]}));
    assert_eq!(value, Value::Null);
}
