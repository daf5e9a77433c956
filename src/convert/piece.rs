//! One thing of an account on AWS, as its Describe call gives it: what dumps and Terraform have in common.

use serde_json::{Map, Value};

/// What a [`Piece`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `ecs describe-clusters`
    Cluster,
    /// `ecs describe-services`
    Service,
    /// `ecs describe-task-definition`
    TaskDefinition,
    /// `ecs describe-capacity-providers`
    CapacityProvider,
    /// `elbv2 describe-target-groups`; of its attributes the seconds of the delay under `DeregistrationDelay`
    TargetGroup,
    /// `elbv2 describe-load-balancers`
    LoadBalancer,
    /// `elbv2 describe-listeners`
    Listener,
    /// `elbv2 describe-rules`
    ListenerRule,
    /// `servicediscovery get-service`
    Registry,
    /// `servicediscovery get-namespace`
    Namespace,
    /// `application-autoscaling describe-scalable-targets`
    ScalableTarget,
    /// `application-autoscaling describe-scaling-policies`
    ScalingPolicy,
    /// `application-autoscaling describe-scheduled-actions`
    ScheduledAction,
    /// `scheduler get-schedule`
    Schedule,
    /// `events describe-rule`
    EventRule,
    /// One of `events list-targets-by-rule`; the rule's name under `Rule`
    EventTarget,
}

impl Kind {
    /// Member that holds the thing's ARN.
    pub const fn arn_member(self) -> &'static str {
        match self {
            Self::Cluster => "clusterArn",
            Self::Service => "serviceArn",
            Self::TaskDefinition => "taskDefinitionArn",
            Self::CapacityProvider => "capacityProviderArn",
            Self::TargetGroup => "TargetGroupArn",
            Self::LoadBalancer => "LoadBalancerArn",
            Self::Listener => "ListenerArn",
            Self::ListenerRule => "RuleArn",
            Self::ScalableTarget => "ScalableTargetARN",
            Self::ScalingPolicy => "PolicyARN",
            Self::ScheduledAction => "ScheduledActionARN",
            Self::Registry | Self::Namespace | Self::Schedule | Self::EventRule => "Arn",
            Self::EventTarget => "",
        }
    }

    /// Member that holds its name.
    pub const fn name_member(self) -> &'static str {
        match self {
            Self::Cluster => "clusterName",
            Self::Service => "serviceName",
            Self::TaskDefinition => "family",
            Self::CapacityProvider => "name",
            Self::TargetGroup => "TargetGroupName",
            Self::LoadBalancer => "LoadBalancerName",
            Self::Listener => "ListenerArn",
            Self::ListenerRule => "RuleArn",
            Self::ScalableTarget => "ResourceId",
            Self::ScalingPolicy => "PolicyName",
            Self::ScheduledAction => "ScheduledActionName",
            Self::Registry | Self::Namespace | Self::Schedule | Self::EventRule => "Name",
            Self::EventTarget => "Rule",
        }
    }
}

/// One thing, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// The file, and in a Terraform file the address.
    pub source: String,
    /// The document, as the Describe call gives it.
    pub document: Map<String, Value>,
}

impl Piece {
    /// The text of a member; empty where there is none.
    pub fn text(&self, member: &str) -> &str {
        self.document.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its ARN; empty where none is known, as in a plan.
    pub fn arn(&self) -> &str {
        self.text(self.kind.arn_member())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.text(self.kind.name_member())
    }

    /// Its ARN, or what else tells it apart.
    pub fn id(&self) -> &str {
        let known = [self.arn(), self.name(), &self.source];
        known.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    }
}
