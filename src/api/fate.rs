//! placeholder
use serde_json::Value;
/// k
#[derive(Clone, Copy)]
pub enum Kind {
    /// a
    TaskDefinition,
    /// b
    Service,
    /// c
    ServiceDiscovery,
    /// d
    Cluster,
}
/// v
pub struct Violation {
    /// p
    pub path: String,
    /// m
    pub message: String,
}
/// e
pub struct WithoutEffect {
    /// p
    pub path: String,
    /// r
    pub reason: String,
}
/// u
pub struct Unknown {
    /// p
    pub path: String,
    /// n
    pub nearest: Option<String>,
}
/// j
#[derive(Default)]
pub struct Judgement {
    /// r
    pub refused: Vec<Violation>,
    /// w
    pub without_effect: Vec<WithoutEffect>,
    /// u
    pub unknown: Vec<Unknown>,
}
/// judge
pub fn judge(_kind: Kind, _spec: &Value) -> Judgement {
    Judgement::default()
}
