//! Addresses of requests, and words made fit for a source's query language.

use url::Url;

/// The address of `path` (segments, which are percent-encoded) below `base`, with these parameters. Parameters without a
/// value are left out.
pub fn address<'a>(base: &Url, path: impl IntoIterator<Item = &'a str>, parameters: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    // Fails only for addresses without a host (`mailto:`), which the configuration does not accept.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    if parameters.iter().any(|(_, value)| !value.is_empty()) {
        url.query_pairs_mut().extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    }
    url
}

/// The parameters as a person reads them (`search=crispr&filter=is_oa:true`), without the empty ones.
pub fn shown(parameters: &[(&str, &str)]) -> String {
    let mut shown = String::new();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        if !shown.is_empty() {
            shown.push('&');
        }
        shown.extend([name, "=", value]);
    }
    shown
}

/// The words of `text` with the characters that mean something to the source made spaces, and the words that do (`AND`)
/// made small.
pub fn words(text: &str, means_something: impl Fn(char) -> bool) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || c.is_control() || means_something(c))
        .map(|word| word.trim_start_matches(['-', '+']))
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| match word {
            "AND" | "OR" | "NOT" | "ANDNOT" | "TO" | "NEAR" => word.to_lowercase(),
            _ => word.to_owned(),
        })
        .collect()
}

/// Writes `parts` joined by `operator`, in parentheses when there are several.
pub fn grouped(parts: &[String], operator: &str, out: &mut String) {
    match parts {
        [] => {}
        [only] => out.push_str(only),
        several => out.extend(["(", &several.join(operator), ")"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_encoded_segments_and_no_empty_parameters() {
        let base = Url::parse("http://127.0.0.1:9100/crossref").unwrap();
        let url = address(&base, ["works", "10.1000/a b"], &[("mailto", ""), ("q", "a b&c")]);
        assert_eq!(url.as_str(), "http://127.0.0.1:9100/crossref/works/10.1000%2Fa%20b?q=a+b%26c");
        let base = Url::parse("https://export.arxiv.org").unwrap();
        assert_eq!(address(&base, ["api", "query"], &[]).as_str(), "https://export.arxiv.org/api/query");
    }

    #[test]
    fn a_segment_cannot_climb_out_of_its_path() {
        let base = Url::parse("https://api.example.org/v1").unwrap();
        let url = address(&base, ["works", "../../admin?x#y"], &[]);
        assert_eq!(url.as_str(), "https://api.example.org/v1/works/..%2F..%2Fadmin%3Fx%23y");
    }

    #[test]
    fn words_lose_what_the_source_would_take_for_its_own() {
        let meant = |c: char| matches!(c, '"' | '(' | ')' | ':');
        assert_eq!(words("f(x):\"y\" AND -z covid-19 ... –", meant), ["f", "x", "y", "and", "z", "covid-19"]);
        assert!(words("\"()\"", meant).is_empty());
    }
}
