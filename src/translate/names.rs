//! Names and texts of ECS in the forms that Kubernetes takes.

use crate::model::name;

const MAX_PORT_NAME: usize = 15;

/// A container's, volume's or host's name: as it is where it is a DNS label, else a legal form of its own.
pub fn legal(text: &str) -> String {
    if is_dns_label(text) { text.to_owned() } else { name::dns_label(text, "", name::MAX) }
}

fn is_dns_label(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=name::MAX).contains(&text.len())
        && text.chars().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A port's name: as it is where Kubernetes takes it, else its beginning and a hash.
pub fn port(text: &str) -> String {
    let has_letter = text.chars().any(|c| c.is_ascii_lowercase());
    if is_dns_label(text) && text.len() <= MAX_PORT_NAME && has_letter && !text.contains("--") {
        return text.to_owned();
    }
    let mut head = String::from("p");
    for c in text.to_ascii_lowercase().chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if !(c == '-' && head.ends_with('-')) {
            head.push(c);
        }
    }
    let head = if text.starts_with(|c: char| c.is_ascii_alphabetic()) { head.get(1..) } else { Some(&*head) };
    let head: String = head.unwrap_or("p").chars().take(8).collect();
    format!("{}-{}", head.trim_end_matches('-'), name::hash(&[text], 6))
}

/// MiB in the form that the API server gives back.
pub fn mebibytes(amount: u64) -> String {
    largest_unit(amount, 1024, &["Mi", "Gi", "Ti"])
}

/// An amount in the largest of `units`, each `step` times the one before, that leaves no fraction.
pub fn largest_unit(mut amount: u64, step: u64, units: &[&str]) -> String {
    let mut units = units.iter().peekable();
    let mut unit = units.next();
    while amount > 0 && amount.is_multiple_of(step) && units.peek().is_some() {
        amount /= step;
        unit = units.next();
    }
    format!("{amount}{}", unit.unwrap_or(&""))
}

/// A text that Kubernetes expands to `text`: ECS has no `$(NAME)` in commands and values.
///
/// `$$` stands for `$`; only where a `$` could begin something is it doubled. A lone `$` before a letter
/// beyond ASCII is one such place, as the expansion takes that letter apart.
pub fn unexpanded(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let special = |next: &char| matches!(next, '$' | '(') || !next.is_ascii();
        if c == '$' && characters.peek().is_some_and(special) {
            result.push('$');
        }
        result.push(c);
    }
    result
}

/// All `texts`, so that Kubernetes expands nothing in them; none where there are none.
pub fn all_unexpanded(texts: &[String]) -> Option<Vec<String>> {
    (!texts.is_empty()).then(|| texts.iter().map(|text| unexpanded(text)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a kubelet makes of a text, byte by byte, with no variable known.
    fn expanded(text: &[u8]) -> Vec<u8> {
        let mut result = Vec::new();
        let mut at = 0;
        while at < text.len() {
            match (text[at], text.get(at + 1)) {
                (b'$', Some(b'$')) => result.push(b'$'),
                (b'$', Some(b'(')) => {
                    result.extend(b"<variable>");
                    at = text.len();
                }
                (b'$', Some(next)) if next.is_ascii() => result.extend([b'$', *next]),
                (b'$', Some(_)) => result.extend(b"<broken letter>"),
                (byte, _) => {
                    result.push(byte);
                    at += 1;
                    continue;
                }
            }
            at += 2;
        }
        result
    }

    #[test]
    fn a_legal_name_stays_and_an_odd_one_is_told_apart() {
        assert_eq!(legal("1web"), "1web");
        assert!(legal("Web_1").starts_with("web-1-"));
        assert_ne!(legal("Web_1"), legal("web_1"));
    }

    #[test]
    fn a_reference_in_a_value_stays_text() {
        assert_eq!(unexpanded("$(HOME) $HOME costs 5$"), "$$(HOME) $HOME costs 5$");
    }

    proptest! {
        #[test]
        fn kubernetes_gives_back_what_the_document_says(text in "[$()aé ]{0,20}") {
            prop_assert_eq!(expanded(unexpanded(&text).as_bytes()), text.as_bytes());
        }

        #[test]
        fn every_port_name_is_a_service_name(text in ".{0,80}") {
            let name = port(&text);
            prop_assert!((1..=15).contains(&name.len()), "{}", name);
            prop_assert!(is_dns_label(&name) && !name.contains("--"), "{}", name);
            prop_assert!(name.contains(|c: char| c.is_ascii_lowercase()), "{}", name);
        }

        #[test]
        fn every_legal_name_is_a_dns_label(text in ".{0,300}") {
            prop_assert!(is_dns_label(&legal(&text)));
        }
    }
}
