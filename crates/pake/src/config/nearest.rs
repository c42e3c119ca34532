//! Which known name somebody may have meant.

/// The known name most like `name`, when one is like enough to be worth asking.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names are short; comparing is quadratic in their length, and hostile input is not.
    let name: String = name.chars().take(80).collect::<String>().to_lowercase();
    let likeness = |known: &str| strsim::damerau_levenshtein(&name, known);
    let (distance, best) = known.into_iter().map(|known| (likeness(known), known)).min_by_key(|(near, _)| *near)?;
    let allowed = (best.chars().count() / 3).max(1);
    (distance <= allowed).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        assert_eq!(nearest("listne", ["data_dir", "listen"]), Some("listen"));
        assert_eq!(nearest("LISTEN", ["data_dir", "listen"]), Some("listen"));
        assert_eq!(nearest("semanticscholar", ["arxiv", "semantic_scholar"]), Some("semantic_scholar"));
    }

    #[test]
    fn a_word_like_none_is_not_guessed() {
        assert_eq!(nearest("bananas", ["data_dir", "listen"]), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest("", ["listen"]), None);
    }

    #[test]
    fn a_huge_name_is_answered_at_once() {
        assert_eq!(nearest(&"listen".repeat(100_000), ["listen"]), None);
    }
}
