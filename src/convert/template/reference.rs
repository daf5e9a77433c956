//! A name in a template → the value that it stands for.

use super::Evaluation;
use super::function::text;
use serde_json::Value;

/// Types of resources that other documents name by their name, and the attributes that lead to it (`Ref` itself
/// does for each), with whether Berth has the kind.
const NAMED: [(&str, &[&str], bool); 16] = [
    ("AWS::ECS::TaskDefinition", &["TaskDefinitionArn"], true),
    ("AWS::ECS::Service", &["Name", "ServiceArn"], true),
    ("AWS::ECS::Cluster", &["Arn"], true),
    ("AWS::ServiceDiscovery::Service", &["Arn", "Id", "Name"], true),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["TargetGroupArn", "TargetGroupName"], true),
    ("AWS::ElasticLoadBalancingV2::Listener", &["ListenerArn"], true),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", &["RuleArn"], true),
    ("AWS::ServiceDiscovery::PrivateDnsNamespace", &["Arn", "Id"], false),
    ("AWS::ServiceDiscovery::HttpNamespace", &["Arn", "Id"], false),
    ("AWS::ServiceDiscovery::PublicDnsNamespace", &["Arn", "Id"], false),
    ("AWS::ECS::CapacityProvider", &["Arn"], false),
    ("AWS::Logs::LogGroup", &[], false),
    ("AWS::IAM::Role", &["Arn"], false),
    ("AWS::ECR::Repository", &[], false),
    ("AWS::S3::Bucket", &[], false),
    ("AWS::DynamoDB::Table", &[], false),
];

impl<'a> Evaluation<'a> {
    /// What `Ref` gives.
    pub(super) fn reference(&mut self, name: &str, path: &str) -> Option<Value> {
        if let Some(given) = self.given.get(name) {
            return Some(self.typed(name, given));
        }
        match name {
            "AWS::Partition" => return Some("aws".into()),
            "AWS::URLSuffix" => return Some("amazonaws.com".into()),
            _ => {}
        }
        if let Some(parameter) = self.parameters.get(name) {
            let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
            // The default of such a parameter is the name of where its value is kept.
            let is_kept = kind.starts_with("AWS::SSM::Parameter::Value");
            let default = parameter.get("Default").filter(|_| !is_kept);
            return match default {
                Some(default) => Some(self.typed(name, &text(default))),
                None => self.missing(name, path),
            };
        }
        match self.resources.contains_key(name) {
            true => self.named(name, None, path),
            false => self.missing(name, path),
        }
    }

    /// What `Fn::GetAtt` gives of `Resource.Attribute`.
    pub(super) fn attribute(&mut self, named: &str, path: &str) -> Option<Value> {
        if let Some(given) = self.given.get(named) {
            return Some(given.as_str().into());
        }
        match named.split_once('.') {
            Some((name, attribute)) if self.resources.contains_key(name) => {
                self.named(name, Some(attribute), path)
            }
            _ => self.missing(named, path),
        }
    }

    /// The name by which a resource is referred to, if its type is referred to by its name.
    fn named(&mut self, name: &str, attribute: Option<&str>, path: &str) -> Option<Value> {
        let whole = attribute.map_or_else(|| name.to_owned(), |attribute| format!("{name}.{attribute}"));
        let kind = self.kind(name);
        let known = NAMED.iter().find(|(known, ..)| *known == kind);
        let Some((_, _, is_ours)) = known
            .filter(|(_, attributes, _)| attribute.is_none_or(|attribute| attributes.contains(&attribute)))
        else {
            return self.missing(&whole, path);
        };
        let (value, is_given) = self.physical(name);
        if !is_ours && (!is_given || attribute.is_some()) {
            let short = kind.rsplit("::").next().unwrap_or_default();
            self.note(
                path,
                format!(
                    "{value} stands for {short} {whole}: give --param '{whole}=VALUE' for what AWS calls it"
                ),
            );
        }
        Some(value.into())
    }

    /// The name of a resource and whether the template gives it; its logical id otherwise.
    pub(super) fn physical(&mut self, name: &str) -> (String, bool) {
        let key = format!("name of {name}");
        let last = self.kind(name).rsplit("::").next().unwrap_or_default();
        let properties = self.resources.get(name).and_then(|resource| resource.get("Properties"));
        let own = [format!("{last}Name"), "Name".to_owned(), "Family".to_owned()];
        let own = own.iter().find_map(|own| properties.and_then(|all| Some((own.clone(), all.get(own)?))));
        let Some((member, value)) = own.filter(|_| !self.under_way.contains(&key)) else {
            return (name.to_owned(), false);
        };
        self.under_way.push(key);
        let path = format!("{}.{name}.Properties.{member}", self.path);
        let value = self.value(value, &path);
        self.under_way.pop();
        match value {
            Some(value) => (text(&value), true),
            None => (name.to_owned(), false),
        }
    }

    fn kind(&self, name: &str) -> &'a str {
        self.resources.get(name).and_then(|one| one.get("Type")).and_then(Value::as_str).unwrap_or_default()
    }

    /// A parameter's value as its type has it.
    fn typed(&self, name: &str, value: &str) -> Value {
        let kind = self.parameters.get(name).and_then(|one| one.get("Type")).and_then(Value::as_str);
        if kind.is_some_and(|kind| kind.starts_with("List<") || kind == "CommaDelimitedList") {
            return value.split(',').map(|item| Value::from(item.trim())).collect();
        }
        value.into()
    }
}
