//! Laws that hold for whatever is typed.

use super::*;

/// Pieces that hostile and honest queries are made of.
fn piece() -> impl Strategy<Value = String> {
    let marks = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "(",
        ")",
        "\"",
        "“",
        "-",
        "–",
        ":",
        ",",
        ".",
        "..",
        "…",
        "'",
        "?",
        "AND",
        " AND ",
        " OR ",
        " NOT ",
        "title:",
        "au:",
        "year:",
        "doi:",
        "arxiv:",
        "pmid:",
        "type:",
        "source:",
        "open:",
        "x:",
        "https://",
        "doi.org/",
        "10.1038/",
        "2101.00001",
        "PMC1",
        "2020",
        "article",
        "arxiv",
        "true",
        "a",
        "B",
        "C++",
        "é",
        "e\u{301}",
        "\u{301}",
        "\u{0}",
        "\u{202e}",
        "\u{200d}",
        "🧬",
        "\u{37e}",
        "\u{2000}",
        "%22",
        "*",
        "&",
        "_",
        "[",
        "\\",
        "ß",
        "İ",
    ]);
    prop_oneof![8 => marks.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from), 1 => "[a-z]{1,8}"]
}

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

/// A query written by somebody who knows the language.
fn honest() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => "[a-z]{1,6}",
        1 => "\"[a-z]{1,4} [a-z]{1,4}\"",
        1 => "title:[a-z]{1,4}",
        1 => Just("year:2001..2020".to_owned()),
        1 => Just("type:article,review".to_owned()),
        1 => Just("doi:10.1000/a(b)c".to_owned()),
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            (inner.clone(), inner).prop_map(|(one, other)| format!("({one} -{other})")),
        ]
    })
}

/// What `parse` promises of a condition; `in_and` says where it stands.
fn is_canonical(expr: &Expr, in_and: bool) -> bool {
    match expr {
        Expr::Leaf(Leaf::Text { text, .. }) => !text.is_empty(),
        Expr::Leaf(_) => true,
        Expr::And(members) => {
            members.len() > 1
                && members.iter().all(|member| !matches!(member, Expr::And(_)) && is_canonical(member, true))
                && members.iter().any(|member| !matches!(member, Expr::Not(_)))
        }
        Expr::Or(members) => {
            members.len() > 1
                && members.iter().all(|member| !matches!(member, Expr::Or(_)) && is_canonical(member, false))
        }
        Expr::Not(inner) => in_and && !matches!(**inner, Expr::Not(_)) && is_canonical(inner, false),
    }
}

fn check_laws(typed: &str) -> Result<(), TestCaseError> {
    let query = match Query::parse(typed) {
        Ok(query) => query,
        Err(error) => {
            let columns = typed.chars().count().max(1);
            prop_assert!((1..=columns).contains(&error.column), "{error}");
            prop_assert!(!error.message.is_empty() && !error.help.is_empty());
            return Ok(());
        }
    };
    prop_assert!(!query.all_of.is_empty());
    prop_assert!(
        query.all_of.iter().all(|expr| is_canonical(expr, true) && !matches!(expr, Expr::And(_))),
        "{query:?}"
    );
    prop_assert!(query.all_of.iter().any(|expr| !matches!(expr, Expr::Not(_))), "{query:?}");
    let again = Query::parse(&query.to_string());
    let again = again.map_err(|error| TestCaseError::fail(format!("`{query}` of {query:?}: {error}")))?;
    prop_assert_eq!((&again.all_of, &again.sources), (&query.all_of, &query.sources), "written as `{}`", query);
    prop_assert_eq!(again.cache_key(), query.cache_key());
    let retyped = Query::parse(&query.text);
    prop_assert_eq!(retyped, Ok(query), "the cleaned text means something else");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_what_is_written_is_read_again(typed in hostile()) {
        check_laws(&typed)?;
    }

    #[test]
    fn no_string_panics(typed in any::<String>()) {
        check_laws(&typed)?;
    }

    #[test]
    fn honest_queries_are_read_and_written_and_read(typed in honest()) {
        prop_assert!(Query::parse(&typed).is_ok() || typed.contains('-') || typed.contains("year"), "{}", typed);
        check_laws(&typed)?;
    }
}
