//! Which member was probably meant.

use super::Field;

/// The field that was probably meant by `name`: the same letters in another case or with other separators, or few
/// letters away.
pub(super) fn nearest(name: &str, fields: &'static [Field]) -> Option<&'static str> {
    let name = folded(name);
    fields
        .iter()
        .map(|field| (distance(&name, &folded(field.name)), field.name))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Lower-case letters and digits, at most 64.
fn folded(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(64).collect()
}

/// Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fate::Document;

    fn service(name: &str) -> Option<&'static str> {
        nearest(name, Document::Service.fields())
    }

    #[test]
    fn distance_counts_letters() {
        let count = |a: &str, b: &str| distance(&folded(a), &folded(b));
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", ""), 3);
        assert_eq!(count("abc", "abc"), 0);
    }

    #[test]
    fn case_separators_and_typos_are_seen_through() {
        assert_eq!(service("desired_count"), Some("desiredCount"));
        assert_eq!(service("TaskDefinition"), Some("taskDefinition"));
        assert_eq!(service("lauchType"), Some("launchType"));
        assert_eq!(service("colour"), None);
    }
}
