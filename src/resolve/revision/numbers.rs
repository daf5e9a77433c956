//! `1-4,6` → the numbers of revisions that are meant.

use super::HIGHEST;
/// Annotation of a TaskDefinition that lists the numbers to deregister.
pub use crate::model::label::DEREGISTER as ANNOTATION;
use std::fmt;
use std::str::FromStr;

/// Numbers of revisions, as an annotation lists them: numbers and ranges, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(Vec<(i64, i64)>);

impl Numbers {
    /// Whether `number` is among them.
    pub fn contains(&self, number: i64) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// The highest of them.
    pub fn highest(&self) -> Option<i64> {
        self.0.last().map(|(_, last)| *last)
    }

    /// These and `number`.
    #[must_use]
    pub fn with(&self, number: i64) -> Self {
        Self::of(self.0.iter().copied().chain([(number, number)]).collect())
    }

    /// Ranges in order, those that touch made one.
    fn of(mut ranges: Vec<(i64, i64)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some((_, end)) if first <= *end + 1 => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        Self(joined)
    }
}

impl FromStr for Numbers {
    type Err = String;

    /// Spaces do not matter.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let ranges: Result<Vec<(i64, i64)>, String> = parts.map(range).collect();
        Ok(Self::of(ranges?))
    }
}

fn range(text: &str) -> Result<(i64, i64), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("{text}: the first number of a range is its lowest"));
    }
    Ok((first, last))
}

/// The number of a revision: 1–1,000,000.
///
/// # Errors
/// ECS's words for any other text.
pub fn number(text: &str) -> Result<i64, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=HIGHEST).contains(number));
    number.ok_or_else(|| format!("Invalid revision number. Number: {text}"))
}

impl fmt::Display for Numbers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(first, last): &(i64, i64)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        formatter.write_str(&self.0.iter().map(text).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_ranges_are_read_and_written_in_order() {
        let numbers: Numbers = "6, 1-4,5,9".parse().unwrap();
        assert_eq!(numbers.to_string(), "1-6,9");
        assert_eq!(numbers.with(8).to_string(), "1-6,8-9");
        assert_eq!(numbers.highest(), Some(9));
        assert!("".parse::<Numbers>().unwrap().highest().is_none());
    }

    #[test]
    fn what_is_no_number_is_told_in_ecs_words() {
        for (text, wrong) in [("x", "x"), ("1,0", "0"), ("1000001", "1000001"), ("2-x", "x"), ("-3", "")] {
            let error = text.parse::<Numbers>().unwrap_err();
            assert_eq!(error, format!("Invalid revision number. Number: {wrong}"));
        }
        assert_eq!("4-2".parse::<Numbers>().unwrap_err(), "4-2: the first number of a range is its lowest");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_the_same_numbers(all in proptest::collection::vec(1..60i64, 0..20)) {
            let numbers = all.iter().fold(Numbers::default(), |numbers, number| numbers.with(*number));
            prop_assert_eq!(&numbers.to_string().parse::<Numbers>().unwrap(), &numbers);
            for number in 1..60 {
                prop_assert_eq!(numbers.contains(number), all.contains(&number));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<Numbers>();
        }
    }
}
