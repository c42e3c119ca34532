use proptest::prelude::*;

use super::*;

#[test]
fn a_doi_loses_its_resolver_its_prefix_and_its_case() {
    for raw in [
        "10.1000/ABC",
        " doi:10.1000/abc ",
        "DOI: 10.1000/abc",
        "https://doi.org/10.1000/ABC",
        "http://dx.doi.org/10.1000/abc",
        "https://www.doi.org/10.1000%2Fabc",
        "doi.org/10.1000/abc",
        "info:doi/10.1000/abc",
        "https://doi.org/10.1000/abc?utm_source=x#top",
        "https://doi.org/doi:10.1000/abc",
    ] {
        assert_eq!(doi(raw).as_deref(), Some("10.1000/abc"), "{raw}");
    }
}

#[test]
fn an_old_doi_keeps_its_brackets_and_angle_brackets() {
    let sici = "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2";
    assert_eq!(doi(sici).as_deref(), Some(sici));
    let encoded = "https://doi.org/10.1002/(SICI)1097-0258(19980815/30)17:15/16%3C1661::AID-SIM968%3E3.0.CO;2-2";
    assert_eq!(doi(encoded).as_deref(), Some(sici));
}

#[test]
fn the_address_of_a_doi_leads_back_to_it() {
    assert_eq!(doi_address("10.1000/abc"), "https://doi.org/10.1000/abc");
    assert_eq!(doi_address("10.1000/a#b?c%d"), "https://doi.org/10.1000/a%23b%3Fc%25d");
    for key in
        ["10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2", "10.1000/a#b?c%d", "10.1000/é"]
    {
        assert_eq!(from_url(&doi_address(key)), Some(Identifier::Doi(key.to_owned())));
    }
}

#[test]
fn what_is_no_doi_is_refused() {
    let long = format!("10.1000/{}", "a".repeat(600));
    for raw in
        ["", "10.", "10.1000", "10.1000/", "10.abc/x", "11.1000/x", "10.1000/a b", "10.1/x", "https://doi.org/", &long]
    {
        assert_eq!(doi(raw), None, "{raw}");
    }
    assert_eq!(doi("10.1000/a\u{202e}b"), None);
    assert_eq!(doi("10.1000/a\u{ad}b"), None);
    assert_eq!(doi("10.1000/e\u{301}"), doi("10.1000/é"));
    assert_eq!(doi("10.1000/E\u{301}"), doi("10.1000/é"), "a capital and its accent are one letter in the end");
    assert_eq!(doi("10.1000/a\0b"), None);
    assert_eq!(doi("10.1000/%ff").as_deref(), Some("10.1000/%ff"), "not UTF-8 once decoded: kept as it is");
}

#[test]
fn a_doi_that_was_encoded_twice_is_decoded_throughout() {
    for raw in
        ["10.1000/a<b", "10.1000/a%3Cb", "https://doi.org/10.1000/a%253Cb", "10.1000/a%25253cb", "10.1000/a%%33cb"]
    {
        assert_eq!(doi(raw).as_deref(), Some("10.1000/a<b"), "{raw}");
    }
    assert_eq!(doi(&format!("10.1000/a%{}3c", "25".repeat(100_000))), None);
}

#[test]
fn a_registrant_may_have_subdivisions() {
    assert_eq!(doi("10.1000.10/abc").as_deref(), Some("10.1000.10/abc"));
    assert_eq!(doi("10.1000./abc"), None);
}

#[test]
fn an_arxiv_id_loses_prefix_address_and_version() {
    for raw in [
        "2101.00001",
        "2101.00001v3",
        "arXiv:2101.00001v12",
        "ARXIV:2101.00001",
        "http://arxiv.org/abs/2101.00001v1",
        "https://www.arxiv.org/pdf/2101.00001v2.pdf",
        "https://export.arxiv.org/abs/2101.00001?context=cs",
        "https://arxiv.org/html/2101.00001v1/",
        "10.48550/arXiv.2101.00001",
        "https://doi.org/10.48550/arXiv.2101.00001",
        "oai:arXiv.org:2101.00001",
    ] {
        assert_eq!(arxiv(raw).as_deref(), Some("2101.00001"), "{raw}");
    }
}

#[test]
fn an_old_arxiv_id_keeps_the_v_of_its_archive() {
    assert_eq!(arxiv("solv-int/9701001v1").as_deref(), Some("solv-int/9701001"));
    assert_eq!(arxiv("http://arxiv.org/abs/hep-th/9901001v2").as_deref(), Some("hep-th/9901001"));
    assert_eq!(arxiv("math.GT/0309136v1").as_deref(), Some("math/0309136"), "the subject class is no part of it");
    assert_eq!(arxiv("10.48550/arxiv.math.gt/0309136").as_deref(), Some("math/0309136"));
    assert_eq!(arxiv_of_doi("10.48550/arXiv.hep-th/9901001").as_deref(), Some("hep-th/9901001"));
    assert_eq!(arxiv_of_doi("10.1000/arxiv.2101.00001"), None);
}

#[test]
fn what_is_no_arxiv_id_is_refused() {
    for raw in [
        "",
        "v1",
        "abc",
        "2101.001",
        "2101.000001",
        "21010.0001",
        "2101.0000a",
        "hep-th/990100",
        "/9901001",
        "a.bcd/9901001",
        "https://arxiv.org/list/cs/recent",
        "https://arxiv.org/",
        "https://evilarxiv.org/abs/2101.00001",
        "10.1000/2101.00001",
    ] {
        assert_eq!(arxiv(raw), None, "{raw}");
    }
}

#[test]
fn pubmed_ids_are_digits_and_central_ids_have_their_prefix() {
    for raw in ["123", "PMID: 123", "pmid:123", "000123", "https://pubmed.ncbi.nlm.nih.gov/123/"] {
        assert_eq!(pmid(raw).as_deref(), Some("123"), "{raw}");
    }
    for raw in ["", "0", "PMC123", "12a", "1234567890", "-1", "١٢٣"] {
        assert_eq!(pmid(raw), None, "{raw}");
    }
    for raw in ["PMC123", "pmc123", "123", "PMCID: PMC123", "PMC123.2", "https://www.ncbi.nlm.nih.gov/pmc/articles/123"]
    {
        assert_eq!(pmcid(raw).as_deref(), Some("PMC123"), "{raw}");
    }
    for raw in ["", "PMC", "PMCx", "PMC0", "PMC123.x"] {
        assert_eq!(pmcid(raw), None, "{raw}");
    }
}

fn named(text: &str) -> Option<String> {
    from_url(text).map(|identifier| format!("{identifier:?}"))
}

#[test]
fn addresses_of_the_well_known_hosts_are_read() {
    for (address, wanted) in [
        ("https://doi.org/10.1000/ABC", "Doi(\"10.1000/abc\")"),
        ("https://doi.org/10.48550/arXiv.2101.00001", "Arxiv(\"2101.00001\")"),
        ("http://arxiv.org/abs/2101.00001v1", "Arxiv(\"2101.00001\")"),
        ("https://pubmed.ncbi.nlm.nih.gov/32015508/", "Pmid(\"32015508\")"),
        ("https://www.ncbi.nlm.nih.gov/pubmed/32015508?x=1", "Pmid(\"32015508\")"),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7094943/", "Pmcid(\"PMC7094943\")"),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC7094943/pdf/x.pdf", "Pmcid(\"PMC7094943\")"),
        ("https://europepmc.org/article/MED/32015508", "Pmid(\"32015508\")"),
        ("https://europepmc.org/abstract/PMC/PMC7094943", "Pmcid(\"PMC7094943\")"),
        ("https://europepmc.org/articles/PMC7094943?pdf=render", "Pmcid(\"PMC7094943\")"),
    ] {
        assert_eq!(named(address).as_deref(), Some(wanted), "{address}");
    }
    assert_eq!(from_url("https://europepmc.org/article/PPR/PPR123"), None);
}

#[test]
fn a_doi_in_a_publishers_address_is_found() {
    for (address, wanted) in [
        ("https://www.science.org/doi/full/10.1126/science.abc1234", "10.1126/science.abc1234"),
        ("https://link.springer.com/article/10.1007/s00134-020-05991-x", "10.1007/s00134-020-05991-x"),
        (
            "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0000001&type=x",
            "10.1371/journal.pone.0000001",
        ),
        ("https://www.biorxiv.org/content/10.1101/2020.01.30.927871v2.full.pdf", "10.1101/2020.01.30.927871"),
        ("https://onlinelibrary.wiley.com/doi/10.1002%2Fanie.202000001/abstract", "10.1002/anie.202000001"),
    ] {
        assert_eq!(from_url(address), Some(Identifier::Doi(wanted.to_owned())), "{address}");
    }
    for address in ["https://example.org/", "https://example.org/v10.1234/x", "example.org/10.1234/x", "https://", "x"]
    {
        assert_eq!(from_url(address), None, "{address}");
    }
}

#[test]
fn identifiers_are_found_in_running_text() {
    let text = "See (doi:10.1000/ABC). Also https://doi.org/10.1000/abc, arXiv:2101.00001v2; PMID: 123 and PMC4567. \
                10.1002/(SICI)1097-0258(1998)17:15, [10.5555/x]. Version 10.2 of 2101.00002.";
    let found = in_text(text);
    assert_eq!(
        found,
        [
            Identifier::Doi("10.1000/abc".into()),
            Identifier::Arxiv("2101.00001".into()),
            Identifier::Pmid("123".into()),
            Identifier::Pmcid("PMC4567".into()),
            Identifier::Doi("10.1002/(sici)1097-0258(1998)17:15".into()),
            Identifier::Doi("10.5555/x".into()),
        ]
    );
}

#[test]
fn a_word_of_very_many_brackets_takes_little_time() {
    assert_eq!(in_text(&format!("10.1000/a{}.", ").".repeat(200_000))), [Identifier::Doi("10.1000/a".into())]);
    let balanced = format!("{}{}", "(".repeat(200_000), ")".repeat(200_000));
    assert_eq!(in_text(&balanced), []);
}

#[test]
fn a_text_full_of_identifiers_gives_a_bounded_list() {
    let text = (1000..3000).map(|n| format!("10.{n}/x")).collect::<Vec<_>>().join(" ");
    assert_eq!(in_text(&text).len(), 32);
}

proptest! {
    #[test]
    fn nothing_typed_makes_them_panic(text in any::<String>()) {
        let _ = (doi(&text), arxiv(&text), pmid(&text), pmcid(&text), from_url(&text), in_text(&text));
        let _ = from_url(&format!("https://x.org/{text}"));
    }

    #[test]
    fn the_key_form_is_its_own_key_form(suffix in "[!-$&-~]{1,40}") {
        let key = doi(&format!("10.1234/{suffix}"));
        prop_assert_eq!(key.as_deref().and_then(doi), key);
    }

    #[test]
    fn any_version_of_an_arxiv_id_has_the_same_key(id in "[0-9]{4}\\.[0-9]{5}", version in 1u32..100) {
        prop_assert_eq!(arxiv(&format!("arXiv:{id}v{version}")), Some(id));
    }
}
