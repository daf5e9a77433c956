//! Names and label values: any text in, a legal and stable Kubernetes name out.
//!
//! Every name that Berth makes comes from here, so that no two places truncate differently.

use sha2::{Digest, Sha256};

/// The longest name of a Service, a label value or a pod's hostname.
pub const MAX: usize = 63;

/// The first `length` hexadecimal digits of a hash over the parts; parts cannot run into one another.
pub fn hash(parts: &[&str], length: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut digits = String::with_capacity(64);
    for byte in hasher.finalize() {
        digits.push_str(&format!("{byte:02x}"));
    }
    digits.truncate(length);
    digits
}

/// A DNS label of at most `max` bytes that begins with `text` as far as it is legal and ends with
/// `suffix`. A text that had to be changed or cut also carries a hash of the original, so that two
/// texts never share a name.
pub fn dns_label(text: &str, suffix: &str, max: usize) -> String {
    let legal = legalise(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-', '-');
    let room = max.saturating_sub(suffix.len());
    if legal == text && legal.len() <= room && !legal.is_empty() {
        return format!("{legal}{suffix}");
    }
    let tag = hash(&[text], 8);
    let mut head: String = legal.chars().take(room.saturating_sub(tag.len() + 1)).collect();
    head.truncate(head.trim_end_matches('-').len());
    if head.is_empty() { format!("x{tag}{suffix}") } else { format!("{head}-{tag}{suffix}") }
}

/// A legal label value for `text`: itself where Kubernetes allows it, else a cut form with a hash.
pub fn label_value(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edges = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric());
    if text.is_empty() || (text.len() <= MAX && edges && text.chars().all(allowed)) {
        return text.to_owned();
    }
    let tag = hash(&[text], 8);
    let legal: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).take(MAX - 9).collect();
    let head = legal.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if head.is_empty() { tag } else { format!("{head}-{tag}") }
}

fn legalise(text: &str, allowed: impl Fn(char) -> bool, substitute: char) -> String {
    let lower = text.to_ascii_lowercase();
    let replaced: String = lower.chars().map(|c| if allowed(c) { c } else { substitute }).collect();
    let trimmed = replaced.trim_matches(substitute);
    // A Service's name begins with a letter on every Kubernetes before 1.37.
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) { format!("x{trimmed}") } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_legal_name_stays_as_it_is() {
        assert_eq!(dns_label("web", "-tg", MAX), "web-tg");
    }

    #[test]
    fn a_name_of_ecs_that_kubernetes_refuses_is_told_apart_by_a_hash() {
        let one = dns_label("My_Service", "", MAX);
        let other = dns_label("my-service", "", MAX);
        assert!(one.starts_with("my-service-"), "{one}");
        assert_eq!(other, "my-service");
    }

    proptest! {
        #[test]
        fn every_text_gives_a_legal_dns_label(text in ".{0,300}", suffix in "(-[a-z0-9]{1,12})?") {
            let name = dns_label(&text, &suffix, MAX);
            prop_assert!(name.len() <= MAX && !name.is_empty());
            prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{}", name);
            prop_assert!(!name.ends_with('-'));
        }

        #[test]
        fn every_text_gives_a_legal_label_value(text in ".{0,300}") {
            let value = label_value(&text);
            prop_assert!(value.len() <= MAX);
            prop_assert!(value.is_empty() == text.is_empty());
            prop_assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)));
            prop_assert!(value.is_empty() || value.starts_with(|c: char| c.is_ascii_alphanumeric()));
            prop_assert!(value.is_empty() || value.ends_with(|c: char| c.is_ascii_alphanumeric()));
        }

        #[test]
        fn two_texts_never_share_a_name(one in "[a-zA-Z_.-]{1,80}", other in "[a-zA-Z_.-]{1,80}") {
            prop_assume!(one != other);
            prop_assert_ne!(dns_label(&one, "", MAX), dns_label(&other, "", MAX));
        }
    }
}
