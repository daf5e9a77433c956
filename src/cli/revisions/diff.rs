//! Two texts → what differs between them, line by line, with a few lines around.

use std::fmt::Write;

/// Lines shown before and after a change.
const AROUND: usize = 3;

/// The most cells of the table that finds what two texts have in common; beyond it all between their common
/// beginning and end counts as changed.
const MOST_CELLS: usize = 4_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// The difference in the form of `diff -u`; a sentence where there is none. Each text comes with its name.
pub(super) fn unified(
    (one_name, one): (&str, &str),
    (other_name, other): (&str, &str),
    colours: bool,
) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let lines = compare(&before, &after);
    if lines.iter().all(|line| matches!(line, Line::Same(_))) {
        return format!("{one_name} and {other_name} are the same definition\n");
    }
    let mut text = format!("--- {one_name}\n+++ {other_name}\n");
    let mut hidden = false;
    for (index, line) in lines.iter().enumerate() {
        let near = lines.iter().skip(index.saturating_sub(AROUND)).take(AROUND + 1 + index.min(AROUND));
        if near.clone().all(|line| matches!(line, Line::Same(_))) {
            hidden = true;
            continue;
        }
        if std::mem::take(&mut hidden) {
            text.push_str(&paint("@@", "36", colours));
        }
        let _ = match line {
            Line::Same(line) => writeln!(text, " {line}"),
            Line::Gone(line) => write!(text, "{}", paint(&format!("-{line}"), "31", colours)),
            Line::New(line) => write!(text, "{}", paint(&format!("+{line}"), "32", colours)),
        };
    }
    text
}

fn paint(line: &str, colour: &str, colours: bool) -> String {
    if colours { format!("\u{1b}[{colour}m{line}\u{1b}[0m\n") } else { format!("{line}\n") }
}

fn compare<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (before_rest, after_rest) = (before.get(head..).unwrap_or(&[]), after.get(head..).unwrap_or(&[]));
    let ends = before_rest.iter().rev().zip(after_rest.iter().rev());
    let tail = ends.take_while(|(one, other)| one == other).count();
    let middle = |lines: &[&'a str]| lines.get(..lines.len() - tail).unwrap_or(&[]).to_vec();
    let mut lines: Vec<Line<'a>> = before.iter().take(head).map(|line| Line::Same(line)).collect();
    lines.extend(changes(&middle(before_rest), &middle(after_rest)));
    lines.extend(before_rest.iter().skip(before_rest.len() - tail).map(|line| Line::Same(line)));
    lines
}

/// By the longest common subsequence.
fn changes<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    let width = after.len() + 1;
    if (before.len() + 1).saturating_mul(width) > MOST_CELLS {
        let gone = before.iter().map(|line| Line::Gone(line));
        return gone.chain(after.iter().map(|line| Line::New(line))).collect();
    }
    let table = common(before, after);
    let at = |row: usize, column: usize| table.get(row * width + column).copied().unwrap_or(0);
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (before.get(row), after.get(column)) {
            (Some(one), Some(other)) if one == other => {
                lines.push(Line::Same(one));
                (row, column) = (row + 1, column + 1);
            }
            (Some(one), other) if other.is_none() || at(row + 1, column) >= at(row, column + 1) => {
                lines.push(Line::Gone(one));
                row += 1;
            }
            (_, Some(other)) => {
                lines.push(Line::New(other));
                column += 1;
            }
            _ => return lines,
        }
    }
}

/// How many lines are common from each pair of places on, row by row.
fn common(before: &[&str], after: &[&str]) -> Vec<u32> {
    let width = after.len() + 1;
    let mut table = vec![0_u32; (before.len() + 1) * width];
    for (row, one) in before.iter().enumerate().rev() {
        for (column, other) in after.iter().enumerate().rev() {
            let at = |row: usize, column: usize| table.get(row * width + column).copied().unwrap_or(0);
            let best = match one == other {
                true => at(row + 1, column + 1) + 1,
                false => at(row + 1, column).max(at(row, column + 1)),
            };
            if let Some(cell) = table.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(one: &str, other: &str) -> String {
        unified(("web:1", one), ("web:2", other), false)
    }

    #[test]
    fn a_change_is_shown_with_a_few_lines_around() {
        let one = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";
        let shown = plain(one, &one.replace("f\n", "F\nX\n"));
        assert_eq!(shown, "--- web:1\n+++ web:2\n@@\n c\n d\n e\n-f\n+F\n+X\n g\n h\n i\n");
        assert_eq!(plain(one, one), "web:1 and web:2 are the same definition\n");
    }

    #[test]
    fn colours_are_there_when_wanted() {
        assert!(
            unified(("1", "a"), ("2", "b"), true).contains("\u{1b}[31m-a\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m\n")
        );
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_the_difference(one in "([abc]\n){0,12}", other in "([abc]\n){0,12}") {
            let (before, after): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
            let lines = compare(&before, &after);
            let read = |skip: fn(&Line<'_>) -> bool| -> Vec<&str> {
                let kept = lines.iter().filter(|line| !skip(line));
                kept.map(|line| match line { Line::Same(text) | Line::Gone(text) | Line::New(text) => *text }).collect()
            };
            prop_assert_eq!(read(|line| matches!(line, Line::New(_))), before);
            prop_assert_eq!(read(|line| matches!(line, Line::Gone(_))), after);
        }
    }
}
