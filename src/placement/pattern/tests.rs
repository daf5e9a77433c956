use super::*;
use proptest::prelude::*;

fn matches(pattern: &str, value: &str) -> bool {
    Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(value)
}

#[test]
fn a_pattern_matches_the_whole_value() {
    assert!(matches("t2.*", "t2.small"));
    assert!(!matches("t2", "t2.small"));
    assert!(!matches("2.*", "t2.small"));
    assert!(matches("a|bc", "bc") && !matches("a|bc", "ac"));
    assert!(matches(r"\w+-\d", "zone-1"));
    assert!(matches("", "") && !matches("", "x") && matches("a|", ""));
}

#[test]
fn a_pattern_means_what_it_means_in_java() {
    for (pattern, value) in [
        (r"\Qa.b*\E.", "a.b*c"),
        (r"\Qa.b", "a.b"),
        (r"(?<size>micro|small)", "small"),
        (r"(?i)T2\.(?-i:s)mall", "t2.sMALL"),
        (r"a{2}b{1,}c{0,2}", "aabbc"),
        (r".*?\.metal", "m5.metal"),
        (r"[^.]+\.[0-9]*x?large", "m5.24xlarge"),
        (r"[a-z&&[^x]]+", "abc"),
        (r"[a-c[x-z]]+", "axz"),
        (r"[]a]+", "a]"),
        (r"[a-]+", "a-a"),
        (r"[\w-]+", "a-b_c"),
        (r"[\p{Alpha}&&[^m]]\P{Digit}", "tx"),
        (r"\p{Lu}\p{IsLl}", "Éé"),
        (r"\x41\u0042\0103\x{44}\t", "ABCD\t"),
        (r"^a$", "a"),
        (r"\Aa\z", "a"),
        (r"\ba\b-\bb", "a-b"),
        (r"]}", "]}"),
        (r"é.", "éü"),
        (r"\.\-\@\:\/", ".-@:/"),
        (r"(?s).(?-s)x", "\nx"),
        (r"[[:a]]", ":"),
        (r"[+--]", ","),
        (r"\h\H\S\s\D\W", " xx x-"),
    ] {
        assert!(matches(pattern, value), "{pattern}: {value}");
    }
    for (pattern, value) in [
        (r"[a-z&&[^x]]+", "axc"),
        (r"\Qa.b\E", "axb"),
        (r"T2", "t2"),
        (r".", "\n"),
        (r"a\b-", "a"),
        (r"\d", "٣"),
        (r"[[:alpha:]]", "z"),
        (r"(?i:a)b", "aB"),
    ] {
        assert!(!matches(pattern, value), "{pattern}: {value}");
    }
}

#[test]
fn what_is_refused_is_pointed_at() {
    for (pattern, start, end, words) in [
        ("a(?=b)b", 1, 4, "look-ahead is not supported"),
        ("a(?!b)b", 1, 4, "look-ahead"),
        ("(?<=a)b", 0, 4, "look-behind"),
        ("(?<!a)b", 0, 4, "look-behind"),
        (r"(a)\1", 3, 5, "back-references"),
        (r"(?<n>a)\k<n>", 7, 9, "back-references"),
        ("a(?>b)", 1, 4, "atomic"),
        ("éa*+b", 3, 5, "possessive"),
        ("*", 0, 1, "repeats nothing: write `.*`"),
        ("a|*", 2, 3, "repeats nothing"),
        ("a**", 2, 3, "repeats nothing"),
        ("a{x}", 1, 4, "`{3,5}`"),
        ("a{5,3}", 1, 6, "`{3,5}`"),
        ("a{", 1, 2, "`{3,5}`"),
        ("a)(b", 1, 2, "closes no group"),
        ("(a", 0, 1, "not closed"),
        ("x[a", 1, 2, "not closed"),
        ("[z-a]", 1, 4, "upwards"),
        (r"[a-\d]", 1, 5, "ends with a character"),
        ("[a&&]", 2, 4, "both sides"),
        ("a\\", 1, 2, "at the end"),
        (r"\y", 0, 2, "no escape"),
        (r"\p{Greek}", 0, 9, "no class `Greek`"),
        ("(?x)a", 0, 3, "flags"),
        ("(?P<n>a)", 0, 3, "flags"),
        ("((a{100}){100}){100}", 0, 20, "too large"),
    ] {
        let error = Pattern::new(pattern).unwrap_err();
        assert_eq!((error.span.start, error.span.end), (start, end), "{pattern}: {error}");
        assert!(error.message.contains(words), "{pattern}: {error}");
    }
    assert!(Pattern::new(&"a".repeat(MAX_CHARACTERS + 1)).is_err());
    assert!(Pattern::new(&"[".repeat(500)).is_err());
    assert!(Pattern::new(&format!("{}a{}", "(".repeat(900), ")".repeat(900))).is_err());
}

#[test]
fn the_engine_has_every_class_that_is_let_through() {
    for category in super::set::CATEGORIES {
        assert!(
            Pattern::new(&format!(r"\p{{{category}}}\P{{Is{category}}}[\p{{{category}}}]")).is_ok(),
            "{category}"
        );
    }
    for (name, _) in super::set::NAMED {
        assert!(matches(&format!(r"\p{{{name}}}|\P{{{name}}}"), "a"), "{name}");
    }
}

#[test]
fn a_long_choice_of_instance_types_is_not_too_large() {
    let types: Vec<String> = (0..150).map(|n| format!("m{n}\\.large")).collect();
    assert!(matches(&types.join("|"), "m149.large"));
    assert!(matches(&".".repeat(64), &"é".repeat(64)));
}

proptest! {
    #[test]
    fn no_pattern_makes_it_panic(pattern in r"([a-c.*+?{}()\[\]|\\^$&<>=!:,0-9pQEikdwé-]|\\p\{L\}|\(\?){0,40}") {
        if let Err(error) = Pattern::new(&pattern) {
            prop_assert!(pattern.is_char_boundary(error.span.start) && pattern.is_char_boundary(error.span.end));
            prop_assert!(error.span.start <= error.span.end);
            // What the translator lets through, the engine takes, unless it is too large.
            prop_assert!(!error.message.contains("the pattern is not supported"), "{}", pattern);
        }
    }

    #[test]
    fn a_quoted_text_matches_itself_alone(text in "[ -~é]{0,20}", other in "[ -~é]{0,20}") {
        prop_assume!(!text.contains(r"\E"));
        let pattern = Pattern::new(&format!(r"\Q{text}\E")).unwrap();
        prop_assert!(pattern.matches(&text));
        prop_assert_eq!(pattern.matches(&other), text == other);
    }
}
