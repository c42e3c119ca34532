//! The query language, case by case, and its laws.

use proptest::prelude::*;

use super::{Expr, Field, Leaf, MAX_QUERY_CHARS, Query, QueryError, words_of};
use crate::{
    item::{Identifier, WorkType},
    source::SourceId,
};

mod laws;

/// The query in its plain form.
fn plain(text: &str) -> String {
    parsed(text).to_string()
}

fn parsed(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("`{text}` must parse: {error}"))
}

fn refused(text: &str) -> QueryError {
    match Query::parse(text) {
        Ok(query) => panic!("`{text}` must not parse, but is {query}"),
        Err(error) => error,
    }
}

/// That `text` is refused at `column` with these words in its message and its help.
#[track_caller]
fn assert_refused(text: &str, column: usize, message: &str, help: &str) {
    let error = refused(text);
    assert_eq!(error.column, column, "{error}");
    assert!(error.message.contains(message), "{error}");
    assert!(error.help.contains(help), "{error}");
}

fn text(field: Field, text: &str, phrase: bool) -> Expr {
    Expr::Leaf(Leaf::Text { field, text: text.to_owned(), phrase })
}

fn word(word: &str) -> Expr {
    text(Field::Any, word, false)
}

fn identifier(of: Identifier) -> Vec<Expr> {
    vec![Expr::Leaf(Leaf::Identifier(of))]
}

#[test]
fn words_side_by_side_are_joined_by_and() {
    assert_eq!(parsed("crispr  cas9").all_of, [word("crispr"), word("cas9")]);
    assert_eq!(parsed("crispr AND cas9"), Query { text: "crispr AND cas9".to_owned(), ..parsed("crispr cas9") });
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let not = |expr| Expr::Not(Box::new(expr));
    let expected = Expr::Or(vec![word("a"), Expr::And(vec![word("b"), not(word("c"))])]);
    assert_eq!(parsed("a OR b NOT c").all_of, std::slice::from_ref(&expected));
    assert_eq!(parsed("a OR b AND -c").all_of, std::slice::from_ref(&expected));
    assert_eq!(parsed("(a) OR ((b AND (NOT c)))").all_of, [expected]);
    assert_eq!(plain("(a OR b) c"), "(a OR b) c");
    assert_eq!(plain("a (b c) -(d OR e)"), "a b c -(d OR e)");
}

#[test]
fn only_upper_case_words_are_operators() {
    assert_eq!(parsed("cats and dogs or not").all_of.len(), 5);
    assert_eq!(parsed("\"AND\"").all_of, [text(Field::Any, "AND", true)]);
}

#[test]
fn a_double_not_is_none() {
    assert_eq!(plain("NOT NOT a"), "a");
    assert_eq!(plain("a -(-b)"), "a b");
}

#[test]
fn quotation_marks_of_every_kind_make_a_phrase() {
    let phrase = [text(Field::Any, "base editing", true)];
    for typed in ["\"base  editing\"", "“base editing”", "„base editing“", "”base editing\"", "« base editing »"]
    {
        assert_eq!(parsed(typed).all_of, phrase, "{typed}");
    }
}

#[test]
fn a_field_holds_for_a_word_a_phrase_and_a_group() {
    assert_eq!(plain("Title:crispr"), "title:crispr");
    assert_eq!(plain("ti: crispr"), "title:crispr");
    assert_eq!(plain("AU:\"Doudna J\""), "author:\"Doudna J\"");
    assert_eq!(plain("abs:(a OR \"b c\" -d)"), "abstract:a OR abstract:\"b c\" -abstract:d");
    assert_eq!(plain("year:(2019 OR 2021)"), "year:2019 OR year:2021");
    assert_eq!(plain("-title:crispr gene"), "-title:crispr gene");
}

#[test]
fn years_have_six_forms() {
    for (typed, meant) in [
        ("year:2020", "year:2020"),
        ("year:2020..2024", "year:2020..2024"),
        ("year:2020-2024", "year:2020..2024"),
        ("year:2020–2024", "year:2020..2024"),
        ("year:2020..", "year:2020.."),
        ("year:..2024", "year:..2024"),
        ("year: 2020", "year:2020"),
        ("year:2020..2020", "year:2020"),
        ("year:2020.. year:..2024", "year:2020..2024"),
        ("year:2010..2020 a year:2015..2030", "year:2015..2020 a"),
    ] {
        assert_eq!(plain(typed), meant, "{typed}");
    }
}

#[test]
fn open_and_type_take_their_words() {
    assert_eq!(plain("a open:YES"), "a open:true");
    assert_eq!(plain("a open:no"), "a open:false");
    assert_eq!(parsed("type:Review").all_of, [Expr::Leaf(Leaf::Type(WorkType::Review))]);
    assert_eq!(plain("a type:article,review,article"), "a type:article,review");
    assert_eq!(plain("a (type:review OR type:article)"), "a type:review,article");
}

#[test]
fn sources_stand_beside_the_rest() {
    let query = parsed("a source:arxiv,PubMed OR-gate SOURCE:semantic-scholar source:arxiv");
    assert_eq!(query.sources, [SourceId::Arxiv, SourceId::Pubmed, SourceId::SemanticScholar]);
    assert_eq!(query.all_of, [word("a"), word("OR-gate")]);
    assert_eq!(plain("(a OR b) source:arxiv"), "(a OR b) source:arxiv");
}

#[test]
fn identifiers_are_known_by_themselves() {
    let doi = |id: &str| identifier(Identifier::Doi(id.to_owned()));
    let arxiv = |id: &str| identifier(Identifier::Arxiv(id.to_owned()));
    for (typed, meant) in [
        ("10.1038/nature12373", doi("10.1038/nature12373")),
        ("10.1016/S0140-6736(20)30183-5.", doi("10.1016/s0140-6736(20)30183-5")),
        ("(doi:10.1016/S0140-6736(20)30183-5)", doi("10.1016/s0140-6736(20)30183-5")),
        ("https://doi.org/10.1016/S0140-6736(20)30183-5", doi("10.1016/s0140-6736(20)30183-5")),
        ("doi.org/10.1038/NATURE12373", doi("10.1038/nature12373")),
        ("doi:https://dx.doi.org/10.1038/nature12373", doi("10.1038/nature12373")),
        ("doi: \"10.1000/a(b\"", doi("10.1000/a(b")),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2.full.pdf", doi("10.1101/2020.01.01.123456")),
        ("arXiv:2101.00001v2", arxiv("2101.00001")),
        ("2101.00001v2", arxiv("2101.00001")),
        ("hep-th/9901001", arxiv("hep-th/9901001")),
        ("https://arxiv.org/pdf/2101.00001v2.pdf", arxiv("2101.00001")),
        ("arxiv.org/abs/2101.00001", arxiv("2101.00001")),
        ("10.48550/arXiv.2101.00001", arxiv("2101.00001")),
        ("doi:10.48550/arXiv.2101.00001", arxiv("2101.00001")),
        ("pmid:23846655", identifier(Identifier::Pmid("23846655".to_owned()))),
        ("https://pubmed.ncbi.nlm.nih.gov/23846655/", identifier(Identifier::Pmid("23846655".to_owned()))),
        ("PMC3737249", identifier(Identifier::Pmcid("PMC3737249".to_owned()))),
        ("pmcid:3737249", identifier(Identifier::Pmcid("PMC3737249".to_owned()))),
    ] {
        assert_eq!(parsed(typed).all_of, meant, "{typed}");
    }
}

#[test]
fn an_identifier_that_needs_its_prefix_is_a_word_beside_others() {
    assert_eq!(parsed("version 2101.00001").all_of, [word("version"), word("2101.00001")]);
    assert_eq!(plain("see 10.1038/nature12373"), "see doi:10.1038/nature12373");
}

#[test]
fn names_of_things_are_words() {
    for name in [
        "COVID-19",
        "C++",
        "C#",
        ".NET",
        "α-synuclein",
        "5-HT2A",
        "TP53:c.215C>G",
        "10:30",
        "CD4(+)",
        "Cu(NH3)4",
        "(+)-catechin",
        "(2R,3S)-butanediol",
        "A*",
        "p<0.05",
        "n=3",
        "R&D",
        "🧬",
        "👩\u{200d}🔬",
        "Na+/K+-ATPase",
        "O'Brien",
        "naïve",
        "基因编辑",
        "محمد",
        "$100",
        "@home",
        "_x_",
        "x_y",
    ] {
        assert_eq!(parsed(&format!("x {name}")).all_of, [word("x"), word(name)], "{name}");
        assert_eq!(parsed(&format!("x NOT {name}")).to_string().parse_again(), parsed(&format!("x NOT {name}")).all_of);
    }
}

/// Reads a query that was written.
trait ParseAgain {
    fn parse_again(&self) -> Vec<Expr>;
}

impl ParseAgain for String {
    fn parse_again(&self) -> Vec<Expr> {
        parsed(self).all_of
    }
}

#[test]
fn pasted_titles_lose_only_their_punctuation() {
    for (typed, meant) in [
        ("CRISPR–Cas9 – a “new hope”?", "CRISPR–Cas9 a \"new hope\""),
        ("Attention: is it all you need?", "Attention is it all you need"),
        ("R & D, then.", "R D then"),
        ("What is 'life'? -- an essay ...", "What is life an essay"),
        ("a --> b", "a b"),
        ("pre- and post-operative", "pre and post-operative"),
        ("heart (cardiac) failure", "heart cardiac failure"),
    ] {
        assert_eq!(plain(typed), meant, "{typed}");
    }
}

#[test]
fn invisible_characters_do_not_matter() {
    let query = parsed("\u{feff}\u{202e}cri\u{0}spr\u{200f}\r\n\u{a0}e\u{301}cole\u{200b}");
    assert_eq!(query.text, "crispr école");
    assert_eq!(query.all_of, [word("crispr"), word("école")]);
}

#[test]
fn what_is_empty_is_refused_at_the_beginning() {
    for typed in ["", "   ", "\u{0}\u{200b}\t"] {
        assert_refused(typed, 1, "empty", "type words");
    }
    assert_refused("… ? &", 1, "no word", "type words");
    assert_refused("-", 1, "no word", "type words");
}

#[test]
fn what_is_too_long_is_refused_where_it_becomes_too_long() {
    assert_refused(&"ab ".repeat(3_500), MAX_QUERY_CHARS + 1, "10500 characters", "shorten");
    assert!(Query::parse(&"é ".repeat(MAX_QUERY_CHARS / 2)).is_ok());
}

#[test]
fn quotation_marks_that_stand_alone_are_refused_where_they_stand() {
    assert_refused("crispr \"base editing", 8, "not closed", "\"");
    assert_refused("\"a\" b \"", 7, "not closed", "remove");
    assert_refused("a \"\" b", 3, "nothing to search for", "write words");
    assert_refused("a title:\"–\"", 9, "nothing to search for", "write words");
}

#[test]
fn parentheses_that_do_not_match_are_refused_where_they_stand() {
    assert_refused("a (b OR c", 3, "not closed", ")");
    assert_refused("a OR b) c", 7, "closes nothing", "(");
    assert_refused(")", 1, "closes nothing", "(");
    assert_refused("a (", 3, "not closed", ")");
    assert_refused("a ()", 3, "nothing to search for in these parentheses", "remove both");
    assert_refused("a ( – )", 3, "nothing to search for in these parentheses", "remove both");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}a b{}", "( ".repeat(depth), " )".repeat(depth));
    assert!(Query::parse(&nested(32)).is_ok());
    assert_refused(&nested(33), 65, "deeper than 32", "remove parentheses");
    assert_refused(&"(".repeat(2_000), 33, "deeper than 32", "remove");
    assert_eq!(plain(&format!("a {}b", "NOT ".repeat(400))), "a b");
}

#[test]
fn operators_without_a_side_are_refused() {
    assert_refused("crispr AND", 8, "right of `AND`", "quote");
    assert_refused("OR crispr", 1, "left of `OR`", "quote");
    assert_refused("a OR OR b", 3, "right of `OR`", "quote");
    assert_refused("a NOT", 3, "right of `NOT`", "quote");
    assert_refused("(a OR) b", 4, "right of `OR`", "quote");
    assert_refused("a (AND b)", 4, "left of `AND`", "quote");
}

#[test]
fn a_query_of_nots_is_refused() {
    assert_refused("-a NOT b", 1, "only says what must not occur", "crispr -review");
    assert_refused("NOT (a OR b)", 1, "only says what must not occur", "add a word");
    assert_refused("a OR b -c OR -d", 14, "alternative of its own", "a OR (b -c)");
    assert_refused("a -(-b -c)", 5, "stand behind a NOT", "joined by OR");
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest_one() {
    assert_refused("crispr titel:gene", 8, "no field `titel`", "did you mean title:?");
    assert_refused("autor:doudna", 1, "no field `autor`", "author:");
    assert_refused("date:2020", 1, "no field `date`", "year:");
    assert_refused("GO:0008150 b", 1, "no field `GO`", "\"GO:0008150\"");
    assert_refused("x std::vector<int> y", 3, "no field `std`", "\"std:vector<int>\"");
    assert_refused("titel: gene", 1, "no field `titel`", "title:");
    assert_refused("title:GO:0008150", 7, "followed by another field", "title:\"GO:0008150\"");
    assert_refused("title:(author:a)", 8, "within the parentheses of `title:`", "quote");
    assert_refused("https://example.org/x", 1, "names no DOI", "\"https://example.org/x\"");
}

#[test]
fn a_field_without_a_value_is_refused() {
    assert_refused("crispr title:", 8, "`title:` has no value", "title:crispr");
    assert_refused("year: OR a", 1, "`year:` has no value", "year:2020..2024");
    assert_refused("a year:..", 3, "`year:` has no value", "year:2020..2024");
    assert_refused("title:-a b", 7, "followed by a NOT", "-title:");
    assert_refused("(title:) b", 2, "`title:` has no value", "title:crispr");
}

#[test]
fn values_that_do_not_fit_their_field_are_refused() {
    for typed in ["year:20", "year:20202", "year:x", "year:2020-", "year:>2020", "year:2020.5"] {
        assert_refused(&format!("a {typed}"), 8, "not a year", "year:2020..2024");
    }
    assert_refused("a year:–2024", 9, "a mark stands before this year", "year:..2024");
    assert_refused("a year:2020 .. 2024", 8, "not a year", "without spaces");
    assert_refused("a year:2020 -2024", 8, "not a year", "without spaces");
    assert_refused("a year:2024..2020", 8, "backwards", "year:2020..2024");
    assert_refused("a year:2010 year:2020", 18, "no year is in 2010 and in 2020", "OR");
    assert_refused("a open:maybe", 8, "neither true nor false", "open:true");
    assert_refused("a type:artikel", 8, "no type `artikel`", "type:article");
    assert_refused("a type:poem", 8, "no type `poem`", "preprint");
    assert_refused("a type:article, review", 8, "comma", "without spaces");
    assert_refused("doi:crispr", 5, "not a DOI", "doi:10.1038/nature12373");
    assert_refused("arxiv:crispr", 7, "not an arXiv id", "arxiv:2101.00001");
    assert_refused("pmid:crispr", 6, "not a PubMed id", "pmid:");
    assert_refused("pmcid:crispr", 7, "not a PubMed Central id", "pmcid:PMC");
}

#[test]
fn a_misplaced_source_is_refused() {
    assert_refused("a OR source:arxiv", 6, "one of several alternatives", "(a OR b) source:arxiv");
    assert_refused("source:arxiv a OR b", 1, "one of several alternatives", "parentheses");
    assert_refused("a (b source:arxiv)", 6, "cannot stand in parentheses", "source:arxiv,pubmed");
    assert_refused("a -source:arxiv", 3, "cannot be excluded", "source:");
    assert_refused("source:arxiv", 1, "nothing to search for", "add words");
    assert_refused("a source:arxvi", 10, "no source `arxvi`", "source:arxiv");
    assert_refused("a source:scopus", 10, "no source `scopus`", "crossref");
    assert_refused("a source:(arxiv OR pubmed)", 10, "takes a list", "source:arxiv,pubmed");
    assert_refused("a source:arxiv, pubmed", 10, "comma", "without spaces");
    assert_refused("a source:", 3, "has no value", "source:");
}

#[test]
fn columns_count_the_characters_that_were_typed() {
    assert_refused("é\u{301}\u{0} 🧬 \"x", 7, "not closed", "");
}

#[test]
fn the_cache_key_is_the_same_for_the_same_meaning() {
    let key = |text: &str| parsed(text).cache_key();
    assert_eq!(key(" CRISPR AND  Title:Gene"), key("crispr ti:gene"));
    assert_eq!(key("a source:arxiv,pubmed"), key("a source:pubmed source:arxiv"));
    assert_eq!(key("a OR b"), key("(A) OR B OR a"));
    assert_ne!(key("a OR b"), key("a or b"));
    assert_ne!(key("a b"), key("\"a b\""));
    assert_ne!(key("a b"), key("b a"));
}

#[test]
fn words_are_those_that_are_looked_for() {
    let query = parsed("crispr title:\"base editing\" (cas9 OR crispr) -review year:2020 author:doudna");
    let expected = [
        (Field::Any, "crispr"),
        (Field::Title, "base"),
        (Field::Title, "editing"),
        (Field::Any, "cas9"),
        (Field::Author, "doudna"),
    ];
    assert_eq!(query.words(), expected);
    assert!(words_of(&[]).is_empty());
}

#[test]
fn doi_with_marks_of_the_language_are_written_so_that_they_are_read_again() {
    for id in ["10.1000/a(b", "10.1000/a\"b%c", "10.1000/é.", "10.1000/a)b(", "10.1000/<a>;b:c-1"] {
        let query =
            Query { text: String::new(), all_of: identifier(Identifier::Doi(id.to_owned())), sources: Vec::new() };
        assert_eq!(query.to_string().parse_again(), query.all_of, "{query}");
    }
}
