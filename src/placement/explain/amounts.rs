//! Quantities as Kubernetes writes them in, whole numbers out; and what a pod is charged for.

use k8s_openapi::api::core::v1::{Container, PodSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// Kubernetes' name of the processors.
pub const CPU: &str = "cpu";
/// Kubernetes' name of the memory.
pub const MEMORY: &str = "memory";
/// Kubernetes' name of the places for pods.
pub const PODS: &str = "pods";

/// Resources by Kubernetes' names: `cpu` in thousandths of a processor, `memory` in bytes, others as counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<String, u64>);

impl Amounts {
    /// The amounts that `quantities` say.
    pub fn of(quantities: Option<&BTreeMap<String, Quantity>>) -> Self {
        let read = |(name, quantity): (&String, &Quantity)| Some((name.clone(), amount(name, &quantity.0)?));
        Self(quantities.into_iter().flatten().filter_map(read).collect())
    }

    /// How much of `name` there is; 0 where nothing is said.
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, amount)| (name.as_str(), *amount))
    }

    /// Adds `others`.
    pub fn add(&mut self, others: &Self) {
        for (name, amount) in others.iter() {
            let own = self.0.entry(name.to_owned()).or_insert(0);
            *own = own.saturating_add(amount);
        }
    }

    /// Takes `others` away, down to nothing.
    pub fn remove(&mut self, others: &Self) {
        for (name, amount) in others.iter() {
            let own = self.0.entry(name.to_owned()).or_insert(0);
            *own = own.saturating_sub(amount);
        }
    }

    /// Raises each to that of `others`, where that is more.
    pub fn raise(&mut self, others: &Self) {
        for (name, amount) in others.iter() {
            let own = self.0.entry(name.to_owned()).or_insert(0);
            *own = (*own).max(amount);
        }
    }
}

/// What the scheduler charges a pod for: its containers together, or as much as its init containers need before,
/// with what is said of the pod as a whole in place of both; and its place.
pub fn charged(spec: &PodSpec) -> Amounts {
    let requested = |container: &Container| {
        Amounts::of(container.resources.as_ref().and_then(|resources| resources.requests.as_ref()))
    };
    let (mut together, mut before) = (Amounts::default(), Amounts::default());
    for container in spec.init_containers.iter().flatten() {
        let own = requested(container);
        let mut peak = together.clone();
        peak.add(&own);
        before.raise(&peak);
        // One that is restarted runs on beside all that follow.
        if container.restart_policy.as_deref() == Some("Always") {
            together.add(&own);
        }
    }
    spec.containers.iter().for_each(|container| together.add(&requested(container)));
    together.raise(&before);
    let whole = Amounts::of(spec.resources.as_ref().and_then(|resources| resources.requests.as_ref()));
    together.0.extend(whole.0);
    together.add(&Amounts::of(spec.overhead.as_ref()));
    together.0.insert(PODS.to_owned(), 1);
    together
}

/// CPU units (1024 are a processor) of thousandths of a processor.
pub fn units(thousandths: u64) -> u64 {
    thousandths.saturating_mul(1024) / 1000
}

fn amount(name: &str, text: &str) -> Option<u64> {
    let thousandths = thousandths(text)?;
    u64::try_from(if name == CPU { thousandths } else { thousandths.div_ceil(1000) }).ok()
}

/// Thousandths of a quantity, as in `1.5`, `250m`, `2Gi` or `1e3`, rounded up.
fn thousandths(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let binary = |power: u32| Some(((1000_u128) << (10 * power), 1));
    let decimal = |power: u32| Some((10_u128.checked_pow(power + 3)?, 1));
    let (times, over) = match suffix {
        "n" => (1, 1_000_000),
        "u" => (1, 1000),
        "m" => (1, 1),
        "" => (1000, 1),
        "k" => decimal(3)?,
        "M" => decimal(6)?,
        "G" => decimal(9)?,
        "T" => decimal(12)?,
        "P" => decimal(15)?,
        "E" => decimal(18)?,
        "Ki" => binary(1)?,
        "Mi" => binary(2)?,
        "Gi" => binary(3)?,
        "Ti" => binary(4)?,
        "Pi" => binary(5)?,
        "Ei" => binary(6)?,
        exponent => match exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()? {
            power @ 0..=18 => decimal(power.unsigned_abs())?,
            power @ -18..0 => (1000, 10_u128.checked_pow(power.unsigned_abs())?),
            _ => return None,
        },
    };
    let places = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some(digits.checked_mul(times)?.div_ceil(places.checked_mul(over)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_in_every_form() {
        for (text, expected) in [
            ("1", 1000),
            ("250m", 250),
            ("1.5", 1500),
            ("2Ki", 2_048_000),
            ("0.5Gi", 1000 << 29),
            ("1k", 1_000_000),
            ("1e3", 1_000_000),
            ("5e-1", 500),
            ("1500000n", 2),
            ("1E", 1_000_000_000_000_000_000_000),
        ] {
            assert_eq!(thousandths(text), Some(expected), "{text}");
        }
        for text in ["", "x", "1.2.3", "1e99", "5Zi"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }

    #[test]
    fn a_pod_is_charged_for_what_runs_at_once_or_for_what_it_says_as_a_whole() {
        let asks = |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu, "memory": memory}});
        let spec = json!({
            "initContainers": [
                {"name": "sidecar", "restartPolicy": "Always", "resources": asks("100m", "64Mi")},
                {"name": "migrate", "resources": asks("1", "32Mi")},
            ],
            "containers": [{"name": "app", "resources": asks("500m", "128Mi")}],
        });
        let mut spec: PodSpec = serde_json::from_value(spec).unwrap();
        let amounts = charged(&spec);
        assert_eq!((amounts.get(CPU), amounts.get(MEMORY), amounts.get(PODS)), (1100, 192 << 20, 1));
        spec.resources = serde_json::from_value(asks("2", "1Gi")).unwrap();
        let amounts = charged(&spec);
        assert_eq!((amounts.get(CPU), amounts.get(MEMORY)), (2000, 1 << 30));
        assert_eq!(units(amounts.get(CPU)), 2048);
    }
}
