//! Resource versions as numbers.

use std::fmt;

/// A resource version that can be compared.
///
/// Kubernetes promises since 1.35 that resource versions of one resource type are decimal numbers that grow
/// (KEP-5504); every server before it behaves so, too. The width is 128 bits because the promise names none
/// smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceVersion(u128);

impl ResourceVersion {
    /// Before everything.
    pub const ZERO: Self = Self(0);

    /// Reads one as the API server writes it; `None` when it is no plain decimal number.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// The version of an object; `None` when it has none or one that is no number.
    pub fn of<K: kube::Resource>(object: &K) -> Option<Self> {
        object.meta().resource_version.as_deref().and_then(Self::parse)
    }
}

impl fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers_and_nothing_else_is_one() {
        assert!(ResourceVersion::parse("9") < ResourceVersion::parse("10"));
        assert_eq!(ResourceVersion::parse("0"), Some(ResourceVersion::ZERO));
        for text in ["", "-1", "+1", "1a", " 1", "999999999999999999999999999999999999999999"] {
            assert_eq!(ResourceVersion::parse(text), None, "{text:?}");
        }
    }
}
