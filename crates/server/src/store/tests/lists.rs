//! Lists: what is in them, in which order, and page after page.

use std::collections::BTreeSet;

use engine::source::SourceId;

use super::{list, queries, record};
use crate::{
    db::testing::{TestDb, on_both},
    store::{
        Scope, favorites,
        finished::{FinishedSearch, SearchStatus},
        listing::{self, HistoryCursor, HistoryFilter, HistoryView},
        removal, tags,
        testing::{another_scope, at, id_at, search},
    },
};

on_both! {
    async fn pages_follow_each_other_without_loss_or_repeat(db: TestDb) {
        let batch: Vec<_> = (0..95).map(|n| search(n / 3 * 3 + i64::from(n % 3 == 0) * 1_000 + n, &format!("q{}", n % 7))).collect();
        record(&db, &batch).await;
        for view in [HistoryView::Recent, HistoryView::Popular] {
            let filter = HistoryFilter { view, ..HistoryFilter::default() };
            let whole = list(&db, &filter).await;
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = listing::page(&db, Scope::local(), &filter, after, 3, at(10_000)).await.unwrap();
                let Some(next) = page.next() else { break };
                // A cursor goes through the client as text.
                after = Some(next.to_string().parse().unwrap());
                pages.extend(page.entries);
            }
            assert_eq!(pages, whole);
            assert_eq!(whole.len(), if view == HistoryView::Recent { 95 } else { 7 });
        }
        let times: Vec<_> = list(&db, &HistoryFilter::default()).await.iter().map(|entry| entry.created_at).collect();
        assert!(times.is_sorted_by(|one, other| one > other));
    }

    async fn the_popular_view_has_each_question_once_with_its_latest_search(db: TestDb) {
        let asked = [(1, "often"), (2, "once"), (3, "often"), (4, "twice"), (5, "often"), (6, "twice")];
        record(&db, &asked.map(|(seconds, query)| search(seconds, query))).await;
        let popular = list(&db, &HistoryFilter { view: HistoryView::Popular, ..HistoryFilter::default() }).await;
        let seen: Vec<_> = popular.iter().map(|entry| (&*entry.query, entry.id, entry.times_asked.unwrap())).collect();
        assert_eq!(seen, [("often", id_at(5), 3), ("twice", id_at(6), 2), ("once", id_at(2), 1)]);
    }

    async fn every_filter_finds_what_it_should_and_they_combine(db: TestDb) {
        let scope = Scope::local();
        let mut batch = [search(1, "a"), search(2, "b"), search(3, "c"), search(4, "d")];
        batch[0].sources = vec![SourceId::Openalex, SourceId::SemanticScholar];
        batch[1].quality = Some(0.9);
        batch[2].quality = Some(0.4);
        batch[3].status = SearchStatus::Failed;
        record(&db, &batch).await;
        favorites::set(&db, scope, id_at(2), true).await.unwrap();
        tags::set(&db, scope, id_at(3), &["x_y".to_owned(), "é".to_owned()]).await.unwrap();
        let any = HistoryFilter::default;
        assert_eq!(queries(&db, any()).await, ["d", "c", "b", "a"]);
        assert_eq!(queries(&db, HistoryFilter { favorites: true, ..any() }).await, ["b"]);
        assert_eq!(queries(&db, HistoryFilter { source: Some(SourceId::SemanticScholar), ..any() }).await, ["a"]);
        assert_eq!(queries(&db, HistoryFilter { source: Some(SourceId::Arxiv), ..any() }).await, ["d", "c", "b"]);
        assert_eq!(queries(&db, HistoryFilter { source: Some(SourceId::Feeds), ..any() }).await, [""; 0]);
        assert_eq!(queries(&db, HistoryFilter { from: Some(at(2)), until: Some(at(4)), ..any() }).await, ["c", "b"]);
        assert_eq!(queries(&db, HistoryFilter { min_quality: Some(0.4), ..any() }).await, ["c", "b"]);
        assert_eq!(queries(&db, HistoryFilter { max_quality: Some(0.89), ..any() }).await, ["c"]);
        assert_eq!(queries(&db, HistoryFilter { tag: Some("x_y".to_owned()), ..any() }).await, ["c"]);
        assert_eq!(queries(&db, HistoryFilter { tag: Some("x%".to_owned()), ..any() }).await, [""; 0]);
        assert_eq!(queries(&db, HistoryFilter { status: Some(SearchStatus::Failed), ..any() }).await, ["d"]);
        let both = HistoryFilter { source: Some(SourceId::Arxiv), max_quality: Some(0.5), favorites: true, ..any() };
        assert_eq!(queries(&db, both).await, [""; 0]);
        let long_ago = HistoryFilter { from: Some(chrono::DateTime::<chrono::Utc>::MIN_UTC), until: Some(chrono::DateTime::<chrono::Utc>::MAX_UTC), ..any() };
        assert_eq!(queries(&db, long_ago).await.len(), 4);
    }

    async fn full_text_finds_beginnings_of_words_whatever_their_case_and_accents(db: TestDb) {
        let texts = ["CRISPR–Cas9 base editing", "Économie de la santé", "基因編輯 review", "prime editing \"in vivo\"", "year:2020..2024"];
        let batch: Vec<_> = (0..).zip(texts).map(|(n, text)| search(n, text)).collect();
        record(&db, &batch).await;
        let find = async |text: &str| queries(&db, HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() }).await;
        assert_eq!(find("edit").await, [texts[3], texts[0]]);
        assert_eq!(find("CAS9 ed").await, [texts[0]]);
        assert_eq!(find("economie SANTE").await, [texts[1]]);
        assert_eq!(find("編").await, [texts[2]]);
        assert_eq!(find("2024").await, [texts[4]]);
        for text in ["", "  ", "*", "\"", "'", "NEAR(", "\" OR 1=1 --", "a:*", "\\", "!", "-", "a & b | c", "\0", "🧬"] {
            assert_eq!(find(text).await, [""; 0], "{text:?}");
        }
        removal::one(&db, Scope::local(), id_at(0)).await.unwrap();
        assert_eq!(find("edit").await, [texts[3]]);
    }

    async fn a_part_of_a_word_is_found_where_no_word_begins_with_it(db: TestDb) {
        let texts = ["database of methylphenidate", "bases of molecular biology", "молекула", "a METADATABASE", "ฐานข้อมูลโมเลกุล"];
        let other = FinishedSearch { scope: another_scope(&db).await, ..search(100, "secretary of metabolism") };
        record(&db, &(0..).zip(texts).map(|(n, text)| search(n, text)).chain([other]).collect::<Vec<_>>()).await;
        let find = async |text: &str| queries(&db, HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() }).await;
        assert_eq!(find("taba").await, [texts[3], texts[0]]);
        assert_eq!(find("TÁBA").await, [texts[3], texts[0]]);
        assert_eq!(find("taba ylphe").await, [texts[0]], "each of them");
        assert_eq!(find("meth idate").await, [texts[0]], "the beginning of a word is in it too");
        assert_eq!(find("лекул").await, [texts[2]]);
        assert_eq!(find("โมเลกุล").await, [texts[4]], "where no spaces are between words");
        assert_eq!(find("base").await, [texts[1]], "words that begin so are what was looked for");
        assert_eq!(find("ta").await, [""; 0], "two letters are in too many words");
        assert_eq!(find("base da").await, [""; 0], "each of them");
        assert_eq!(find("cretar").await, [""; 0], "another workspace");
        assert_eq!(find("ase of").await, [""; 0]);
        for text in ["%ab", "t_b", "___", "%%%", "ta%se"] {
            assert_eq!(find(text).await, [""; 0], "{text}");
        }
        tags::set(&db, Scope::local(), id_at(0), &["thesis".to_owned()]).await.unwrap();
        let tagged = HistoryFilter { tag: Some("thesis".to_owned()), text: Some("base".to_owned()), ..HistoryFilter::default() };
        assert_eq!(queries(&db, tagged).await, [texts[0]], "of those with the tag none begins so");
    }

    async fn what_is_found_within_words_goes_on_so_from_page_to_page_and_other_lists_end(db: TestDb) {
        let batch: Vec<_> = (0..20).map(|n| search(n, &format!("{} {}", if n % 4 == 0 { "bases" } else { "databases" }, n % 8))).collect();
        record(&db, &batch).await;
        for (view, searches) in [(HistoryView::Recent, 20_usize), (HistoryView::Popular, 8)] {
            // Within words `base` is in all of them, `data` begins most.
            for (text, wanted) in [("ases", searches), ("base", searches / 4), ("data", searches * 3 / 4)] {
                let filter = HistoryFilter { view, text: Some(text.to_owned()), ..HistoryFilter::default() };
                let (mut pages, mut after, mut seen) = (0, None, BTreeSet::new());
                loop {
                    let page = listing::page(&db, Scope::local(), &filter, after, 3, at(10_000)).await.unwrap();
                    let Some(next) = page.next() else { break };
                    after = Some(next.to_string().parse().unwrap());
                    seen.extend(page.entries.iter().map(|entry| entry.id));
                    pages += 1;
                }
                assert_eq!((seen.len(), pages), (wanted, wanted.div_ceil(3)), "{view:?} {text}");
            }
        }
    }
}

#[test]
fn a_cursor_is_read_back_and_nonsense_is_not() {
    for text in [
        "",
        "x",
        "w",
        ".",
        "1.2.3",
        "0190a0a0a0a070008000000000000001ww",
        "0190a0a0a0a070008000000000000001.w",
        "0190a0a0a0a07000800000000000000g",
        "0190a0a0a0a070008000000000000001.-1",
        "é",
    ] {
        assert!(text.parse::<HistoryCursor>().is_err(), "{text:?}");
    }
    for end in ["", "w", ".12", ".12w"] {
        let text = format!("0190a0a0a0a070008000000000000001{end}");
        assert_eq!(text.parse::<HistoryCursor>().unwrap().to_string(), text);
    }
}
