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
        ("ecs.os-type == linux", 1, "write `attribute:ecs.os-type`"),
        ("attribute:a = x", 13, "expected an operator"),
        ("attribute:é == x", 1, "in an attribute's name"),
        ("attribute:a == 'é' attribute:b exists", 20, "expected `and`, `or` or the end"),
        ("attribute:a == 'x", 16, "not closed"),
        ("attribute:a in []", 17, "expected a value"),
        ("attribute:a in [x y]", 19, "expected `,` or `]`"),
        ("(attribute:a exists", 20, "expected `and`, `or` or `)`"),
        ("attribute:a == ${a}", 16, "template"),
        ("attribute:a =~ *", 13, "not supported"),
        ("agentConnected == yes", 16, "`true` or `false`"),
        ("agentConnected > true", 16, "no order"),
        ("runningTasksCount == many", 19, "a number"),
        ("runningTasksCount =~ 1.", 19, "no patterns"),
        ("registeredAt < soon", 14, "a time"),
        ("agentVersion < new", 14, "a version"),
        ("", 1, "expected a subject"),
        ("not", 4, "expected a subject"),
    ];
    for (text, column, message) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
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

#[test]
fn every_query_of_the_corpus_is_judged_as_ecs_does() {
    let root = std::env::var("BERTH_CORPUS").unwrap_or_else(|_| "../shared/corpus".into());
    let Ok(table) = std::fs::read_to_string(format!("{root}/expressions.tsv")) else {
        println!("SKIPPED: corpus not found");
        return;
    };
    let mut judged = 0;
    for line in table.lines().skip(1) {
        let mut columns = line.split('\t');
        let (text, valid) = (columns.next().unwrap(), columns.next().unwrap());
        match valid {
            "yes" => {
                let tree = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(parse(&tree.to_string()), Ok(tree), "{text}");
            }
            "no" => assert!(parse(text).is_err(), "{text}"),
            _ => continue,
        }
        judged += 1;
    }
    assert!(judged > 50, "{judged}");
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
            prop_assert!(text.is_char_boundary(error.offset));
        }
    }

    #[test]
    fn no_near_miss_makes_it_panic(words in prop::collection::vec(prop_oneof![
        Just("attribute:a"), Just("task:group"), Just("=="), Just("=~"), Just("!"), Just("in"), Just("["),
        Just("]"), Just(","), Just("("), Just(")"), Just("and"), Just("or"), Just("not"), Just("'"),
        Just("x"), Just("exists"), Just("\\"), Just("é"), Just("||"),
    ], 0..20)) {
        for text in [words.concat(), words.join(" ")] {
            if let Ok(tree) = parse(&text) {
                prop_assert_eq!(parse(&tree.to_string()), Ok(tree), "{}", text);
            }
        }
    }
}
