use super::*;
use crate::model::expression::{Subject, Test};
use proptest::prelude::*;

fn attribute(name: &str, test: Test) -> Expression {
    Expression::Test(Subject::Attribute(name.into()), test)
}

fn equals(name: &str) -> Expression {
    attribute(name, Test::Equals("x".into()))
}

#[test]
fn not_binds_before_and_and_and_before_or() {
    let parsed = parse("not attribute:a == x and attribute:b == x or attribute:c == x").unwrap();
    let not = Expression::Not(Box::new(equals("a")));
    assert_eq!(parsed, Expression::Or(vec![Expression::And(vec![not, equals("b")]), equals("c")]));
}

#[test]
fn every_operator_has_its_symbol_and_its_word() {
    let value = || "5".to_owned();
    let cases = [
        ("== 5", "equals 5", Test::Equals(value())),
        ("!= 5", "not_equals 5", Test::NotEquals(value())),
        ("> 5", "greater_than 5", Test::Greater(value())),
        (">= 5", "greater_than_equal 5", Test::GreaterOrEqual(value())),
        ("< 5", "less_than 5", Test::Less(value())),
        ("<= 5", "less_than_equal 5", Test::LessOrEqual(value())),
        ("=~ 5", "matches 5", Test::Matches(value())),
        ("!~ 5", "not_matches 5", Test::NotMatches(value())),
        ("exists", "EXISTS", Test::Exists),
        ("!exists", "not_exists", Test::NotExists),
        ("in [5]", "IN ['5']", Test::In(vec![value()])),
        ("!in [5]", "not_in [\"5\"]", Test::NotIn(vec![value()])),
    ];
    for (symbol, word, test) in cases {
        for operator in [symbol, word] {
            let parsed = parse(&format!("attribute:n {operator}"));
            assert_eq!(parsed, Ok(attribute("n", test.clone())), "{operator}");
        }
    }
}

#[test]
fn blanks_are_free() {
    let parsed = parse("!(attribute:a==x&&attribute:b=='x')||attribute:c\n in\t[ x ,y ]").unwrap();
    let both = Expression::And(vec![equals("a"), equals("b")]);
    let list = attribute("c", Test::In(vec!["x".into(), "y".into()]));
    assert_eq!(parsed, Expression::Or(vec![Expression::Not(Box::new(both)), list]));
}

#[test]
fn a_keyword_may_be_a_value() {
    assert_eq!(parse("attribute:a == and").unwrap(), attribute("a", Test::Equals("and".into())));
    assert_eq!(parse("attribute:not exists").unwrap(), attribute("not", Test::Exists));
}

#[test]
fn a_pattern_may_hold_brackets_in_pairs() {
    let parsed = parse(r"(attribute:a =~ (t[23]|m5\))\..* and attribute:b == x)").unwrap();
    let pattern = attribute("a", Test::Matches(r"(t[23]|m5\))\..*".into()));
    assert_eq!(parsed, Expression::And(vec![pattern, equals("b")]));
}

#[test]
fn an_error_says_where_and_what_to_write() {
    let cases = [
        ("ecs.os-type == linux", 1, "ecs.os-type", "write `attribute:ecs.os-type`"),
        ("task:family == web", 1, "task:family", "write `task:group == family:NAME`"),
        ("attribute: == x", 1, "attribute:", "1 to 128 characters"),
        ("attribute:a = x", 13, "=", "write `==`"),
        ("attribute:a ! in [x]", 13, "!", "without a blank"),
        ("attribute:a not in [x]", 13, "not", "write `!in`"),
        ("attribute:a like x", 13, "like", "write `=~`"),
        ("attribute:a <> x", 14, ">", "expected a value, found `>`"),
        ("attribute:a is x", 13, "is", "expected an operator"),
        ("attribute:a", 12, "", "expected an operator"),
        ("attribute:é == x", 1, "attribute:é", "in an attribute's name"),
        ("attribute:a == 'é' attribute:b exists", 20, "attribute:b", "expected `and`, `or` or the end"),
        ("attribute:a == x & attribute:b exists", 18, "&", "expected `and`, `or` or the end"),
        ("attribute:a == 'x", 16, "'x", "not closed"),
        ("attribute:a ==", 15, "", "expected a value, found the end"),
        ("attribute:a == [x]", 16, "[", "expected a value, found `[`"),
        ("attribute:a in []", 17, "]", "expected a value"),
        ("attribute:a in [x,]", 19, "]", "expected a value"),
        ("attribute:a in [x y]", 19, "y", "expected `,` or `]`"),
        ("attribute:a in x", 16, "x", "expected a list"),
        ("attribute:a in (x)", 16, "(", "expected a list"),
        ("(attribute:a exists", 20, "", "expected `and`, `or` or `)`"),
        ("attribute:a exists)", 19, ")", "expected `and`, `or` or the end"),
        ("()", 2, ")", "expected a subject"),
        ("attribute:a exists and", 23, "", "expected a subject"),
        ("attribute:a == ${a}", 16, "${a}", "template"),
        ("attribute:a =~ *", 16, "*", "repeats nothing"),
        ("attribute:a =~ 'é(?=x)'", 18, "(?=", "look-ahead"),
        ("attribute:a !~ (x)\\1", 19, "\\1", "back-references"),
        ("attribute:a =~", 15, "", "expected a pattern"),
        ("agentConnected == yes", 19, "yes", "`true` or `false`"),
        ("agentConnected > true", 16, ">", "no order"),
        ("runningTasksCount == many", 22, "many", "a whole number"),
        ("runningTasksCount in [1, 'x']", 26, "'x'", "a whole number"),
        ("runningTasksCount =~ 1.", 19, "=~", "no patterns"),
        ("registeredAt < soon", 16, "soon", "a time"),
        ("registeredAt < 2018-02-30", 16, "2018-02-30", "a time"),
        ("agentVersion < new", 16, "new", "a version"),
        ("", 1, "", "expected a subject"),
        (" \t", 3, "", "expected a subject"),
        ("not", 4, "", "expected a subject"),
    ];
    for (text, column, wrong, message) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!((error.column, &text[error.span.clone()]), (column, wrong), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn carets_stand_below_what_is_wrong() {
    let pointed = |text: &str| parse(text).unwrap_err().pointed(text);
    assert_eq!(pointed("attribute:a = x"), "attribute:a = x\n            ^");
    assert_eq!(pointed("agentConnected == yes"), "agentConnected == yes\n                  ^^^");
    assert_eq!(pointed("attribute:a =="), "attribute:a ==\n              ^");
    assert_eq!(pointed("attribute:a exists and\n\tx == 'é"), "\tx == 'é\n\t^");
    assert_eq!(pointed("attribute:a exists or\nattribute:é ="), "attribute:é =\n^^^^^^^^^^^");
    assert_eq!(pointed(""), "\n^");
}

#[test]
fn length_and_depth_are_bounded() {
    let long = format!("attribute:a == '{}'", "é".repeat(MAX_CHARACTERS - 17));
    assert!(parse(&long).is_ok());
    assert_eq!(parse(&format!("{long} ")).unwrap_err().column, MAX_CHARACTERS + 1);
    let nested = |levels: usize| format!("{}attribute:a exists{}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(parse(&nested(MAX_DEPTH + 1)).is_err());
    assert!(parse(&format!("{}attribute:a exists", "! ".repeat(MAX_DEPTH))).is_ok());
    assert!(parse(&"!".repeat(MAX_CHARACTERS)).is_err());
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9._:/@+-]{1,12}", "[^'\\x00-\\x1f]{0,6}", "[^\"\\x00-\\x1f]{0,6}", Just("and".into())]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        value().prop_map(Test::Equals),
        value().prop_map(Test::NotEquals),
        value().prop_map(Test::Greater),
        value().prop_map(Test::GreaterOrEqual),
        value().prop_map(Test::Less),
        value().prop_map(Test::LessOrEqual),
        Just(Test::Exists),
        Just(Test::NotExists),
        prop::collection::vec(value(), 1..4).prop_map(Test::In),
        prop::collection::vec(value(), 1..4).prop_map(Test::NotIn),
        "[a-z]{1,3}(\\.\\*|\\[ab\\]|\\(c\\|d\\)| )?".prop_map(Test::Matches),
        "[a-z]{1,3}".prop_map(Test::NotMatches),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        ("[a-zA-Z0-9._/-]{1,10}", test()).prop_map(|(name, test)| attribute(&name, test)),
        value().prop_map(|value| Expression::Test(Subject::TaskGroup, Test::Equals(value))),
        any::<u32>().prop_map(|n| Expression::Test(Subject::RunningTasksCount, Test::Less(n.to_string()))),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            inner.prop_map(|part| Expression::Not(Box::new(part))),
        ]
    })
}

/// A piece of the language, or of something near it.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "attribute:a",
        "task:group",
        "registeredAt",
        "runningTasksCount",
        "agentVersion",
        "attribute:a == x",
        "==",
        "=~",
        "!~",
        "!",
        "!=",
        "<",
        ">=",
        "in",
        "[",
        "]",
        ",",
        "(",
        ")",
        "and",
        "or",
        "not",
        "&&",
        "||",
        "'",
        "\"",
        "x",
        "1",
        "2018-02-13",
        "exists",
        "not_exists",
        "\\",
        "é",
        "\t",
        "\n",
        "*",
        "(?=",
        "[a",
        "\\Q",
        "{2}",
        "^",
        "",
    ])
}

/// How often a character may be looked at: once for each of the ways to go on after it.
const STEPS_PER_BYTE: usize = 40;

#[test]
fn long_texts_cost_no_more_for_each_character_than_short_ones() {
    let chain = |n: usize| vec!["attribute:a == x"; n].join(" and ");
    let list = |n: usize| format!("attribute:a in [{}]", vec!["x"; n].join(","));
    let blanks = |n: usize| format!("attribute:a{}exists", " ".repeat(n));
    let words = |n: usize| format!("attribute:a == {}", "x".repeat(n));
    let nots = |n: usize| format!("{}attribute:a exists", "!".repeat(n));
    for (short, long) in [
        (chain(10), chain(90)),
        (list(20), list(900)),
        (blanks(20), blanks(1900)),
        (words(20), words(1900)),
        (nots(4), nots(32)),
    ] {
        let per_byte = |text: &str| {
            let (parsed, steps) = counted(text);
            assert!(parsed.is_ok(), "{text}");
            steps as f64 / text.len() as f64
        };
        assert!(
            per_byte(&long) <= per_byte(&short) * 1.25 + 1.0,
            "{}: {} {}",
            short,
            per_byte(&short),
            per_byte(&long)
        );
    }
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_tree(tree in expression()) {
        let text = tree.to_string();
        prop_assume!(text.chars().count() <= MAX_CHARACTERS);
        prop_assert_eq!(parse(&text), Ok(tree), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error.span);
            prop_assert!(error.column <= text.chars().count() + 1);
            error.pointed(&text);
        }
    }

    #[test]
    fn no_near_miss_makes_it_panic(words in prop::collection::vec(word(), 0..20)) {
        for text in [words.concat(), words.join(" ")] {
            match parse(&text) {
                Ok(tree) => prop_assert_eq!(parse(&tree.to_string()), Ok(tree), "{}", text),
                Err(error) => {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{}: {:?}", text, error.span);
                    error.pointed(&text);
                }
            }
        }
    }

    #[test]
    fn work_grows_with_the_length_and_no_faster(words in prop::collection::vec(word(), 0..400)) {
        for text in [words.concat(), words.join(" ")] {
            let (_, steps) = counted(&text);
            prop_assert!(steps <= STEPS_PER_BYTE * (text.len() + 1), "{} steps for {} bytes", steps, text.len());
        }
    }
}
