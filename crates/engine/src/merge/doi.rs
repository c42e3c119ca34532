//! What a DOI says by itself: that it names a preprint, an arXiv paper, or one of several editions of a text.

/// The arXiv id that a DOI stands for: `10.48550/arxiv.2101.00001` is another name of `2101.00001`.
pub(super) fn arxiv_id(doi: &str) -> Option<&str> {
    let id = doi.strip_prefix("10.48550/arxiv.")?;
    let id = without_edition(id, "v");
    (!id.is_empty()).then_some(id)
}

/// The DOI without the number of an edition, where the registrant is known to add one: all editions are one work.
///
/// bioRxiv and medRxiv (`…v2`, only in addresses), Research Square (`/v1`), Preprints.org and figshare (`.v1`),
/// ChemRxiv (`-v2`, `.v1`), OSF's servers (`_v1`), Authorea and `TechRxiv` (`/v1`), F1000's platforms and eLife's
/// reviewed preprints (`.1`).
pub(super) fn root(doi: &str) -> &str {
    let Some((prefix, _)) = doi.split_once('/') else { return doi };
    match prefix {
        "10.1101" | "10.64898" => without_edition(doi, "v"),
        "10.21203" | "10.22541" | "10.36227" => without_edition(without_edition(doi, "/v"), ".v"),
        "10.20944" | "10.6084" => without_edition(doi, ".v"),
        "10.26434" => without_edition(without_edition(doi, "-v"), ".v"),
        "10.31234" | "10.31219" | "10.31235" => without_edition(doi, "_v"),
        "10.12688" => without_edition(doi, "."),
        "10.7554" => {
            let shorter = without_edition(doi, ".");
            // `10.7554/elife.00005` is the article, `10.7554/elife.00005.1` one of its editions.
            if shorter.bytes().last().is_some_and(|byte| byte.is_ascii_digit()) { shorter } else { doi }
        }
        _ => doi,
    }
}

/// Whether the DOI belongs to a preprint server.
pub(super) fn is_preprint(doi: &str) -> bool {
    let Some((prefix, suffix)) = doi.split_once('/') else { return false };
    match prefix {
        // Cold Spring Harbor's journals (`10.1101/gr.…`) share the prefix with bioRxiv (digits).
        "10.1101" => suffix.bytes().next().is_some_and(|byte| byte.is_ascii_digit()),
        "10.48550" | "10.64898" | "10.21203" | "10.20944" | "10.26434" | "10.31234" | "10.31219" | "10.31235"
        | "10.2139" | "10.36227" | "10.22541" | "10.31223" | "10.32942" | "10.35542" | "10.51094" | "10.31222" => true,
        "10.7287" => suffix.starts_with("peerj.preprints"),
        "10.2196" => suffix.starts_with("preprints."),
        _ => false,
    }
}

/// `text` without `mark` and a number at its end.
fn without_edition<'a>(text: &'a str, mark: &str) -> &'a str {
    let head = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if head.len() == text.len() || text.len() - head.len() > 3 {
        return text;
    }
    match head.strip_suffix(mark) {
        Some(root) if !root.is_empty() && !root.ends_with('/') => root,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arxiv_doi_is_an_alias_of_the_arxiv_id() {
        assert_eq!(arxiv_id("10.48550/arxiv.1706.03762"), Some("1706.03762"));
        assert_eq!(arxiv_id("10.48550/arxiv.1706.03762v5"), Some("1706.03762"));
        assert_eq!(arxiv_id("10.48550/arxiv.hep-th/9711200"), Some("hep-th/9711200"));
        assert_eq!(arxiv_id("10.48550/arxiv."), None);
        assert_eq!(arxiv_id("10.1038/nature14539"), None);
    }

    #[test]
    fn editions_have_one_root_where_the_registrant_numbers_them() {
        assert_eq!(root("10.21203/rs.3.rs-37287/v2"), "10.21203/rs.3.rs-37287");
        assert_eq!(root("10.1101/2020.03.22.20040758v3"), "10.1101/2020.03.22.20040758");
        assert_eq!(root("10.20944/preprints202003.0001.v1"), "10.20944/preprints202003.0001");
        assert_eq!(root("10.26434/chemrxiv.11938173.v8"), "10.26434/chemrxiv.11938173");
        assert_eq!(root("10.12688/f1000research.7678.1"), "10.12688/f1000research.7678");
        assert_eq!(root("10.7554/elife.00471"), "10.7554/elife.00471");
        assert_eq!(root("10.7554/elife.00471.003"), "10.7554/elife.00471");
    }

    #[test]
    fn other_dois_are_left_alone_even_when_they_end_like_an_edition() {
        for doi in [
            "10.1103/physrevlett.116.061102",
            "10.1000/xyz.v1",
            "10.5281/zenodo.1234",
            "10.1101/gr.1239303",
            "10.7554/elife.1",
            "nonsense",
            "10.21203/",
            "",
        ] {
            assert_eq!(root(doi), doi);
        }
    }

    #[test]
    fn preprint_servers_are_known_by_their_prefix_and_journals_on_it_are_not() {
        assert!(is_preprint("10.1101/2020.03.22.20040758"));
        assert!(is_preprint("10.2139/ssrn.3557504"));
        assert!(!is_preprint("10.1101/gr.1239303"));
        assert!(!is_preprint("10.1038/nature14539"));
        assert!(!is_preprint("10.2196/12345"));
    }
}
