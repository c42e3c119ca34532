//! BM25 over the works of one search.

use super::terms::{Term, each_word};
use crate::work::Work;

/// How soon more of the same word stops counting.
const K1: f64 = 1.2;
/// How much a long text is held against its words.
const B: f64 = 0.75;
/// How often a word of the title counts.
const TITLE_WEIGHT: u32 = 3;
/// Bytes of an abstract that are read; what comes after is not an abstract any more.
const LONGEST_TEXT: usize = 20_000;

/// How well a work's text fits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Text {
    /// 0 for no match to 1 for the best match of this search.
    pub score: f64,
    /// Words and phrases that were found, as the person wrote them.
    pub matched: Vec<String>,
}

/// Scores every work, in the order given.
pub(super) fn scores(works: &[Work], terms: &[Term]) -> Vec<Text> {
    if terms.is_empty() {
        return vec![Text::default(); works.len()];
    }
    let counts: Vec<Counts> = works.iter().map(|work| count(work, terms)).collect();
    let in_works: Vec<usize> =
        (0..terms.len()).map(|term| counts.iter().filter(|count| count.found[term] > 0).count()).collect();
    let total: u64 = counts.iter().map(|count| u64::from(count.length)).sum();
    #[expect(clippy::cast_precision_loss, reason = "lengths of texts are far below 2^52")]
    let average = (total as f64 / works.len().max(1) as f64).max(1.0);
    let raw: Vec<f64> = counts
        .iter()
        .map(|count| {
            let norm = K1 * (1.0 - B + B * f64::from(count.length) / average);
            let score = |(term, &found): (usize, &u32)| {
                let found = f64::from(found);
                rarity(in_works[term], works.len()) * found * (K1 + 1.0) / (found + norm)
            };
            count.found.iter().enumerate().filter(|(_, found)| **found > 0).map(score).sum()
        })
        .collect();
    let best = raw.iter().copied().fold(0.0, f64::max);
    raw.into_iter()
        .zip(counts)
        .map(|(raw, count)| Text {
            score: if best > 0.0 { raw / best } else { 0.0 },
            matched: terms
                .iter()
                .zip(&count.found)
                .filter(|(_, found)| **found > 0)
                .map(|(term, _)| term.shown.clone())
                .collect(),
        })
        .collect()
}

/// Inverse document frequency in the form that is never negative.
fn rarity(in_works: usize, works: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "numbers of works")]
    let (found, all) = (in_works as f64, works as f64);
    ((all - found + 0.5) / (found + 0.5)).ln_1p()
}

/// What was found in one work.
struct Counts {
    /// How often each term stands in it, the title's counted [`TITLE_WEIGHT`] times.
    found: Vec<u32>,
    /// Number of its words, counted the same way.
    length: u32,
}

fn count(work: &Work, terms: &[Term]) -> Counts {
    let mut counts = Counts { found: vec![0; terms.len()], length: 0 };
    count_text(&work.title, terms, TITLE_WEIGHT, &mut counts);
    if let Some(text) = &work.abstract_text {
        let end = text.floor_char_boundary(LONGEST_TEXT.min(text.len()));
        count_text(&text[..end], terms, 1, &mut counts);
    }
    counts
}

fn count_text(text: &str, terms: &[Term], weight: u32, counts: &mut Counts) {
    // How many words of each phrase stand right before the current word.
    let mut progress = vec![0_usize; terms.len()];
    let mut length = 0_u32;
    // Nearly every word of a text is in no term: a bit for each that is in one tells most of them, and a bit for how it starts
    // tells many at a glance.
    let (place, start) = (|key: u64| 1_u64 << (key >> 58), |start: u8| 1_u64 << (start & 63));
    let keys = terms.iter().flat_map(|term| &term.words);
    let (wanted, starts) =
        keys.fold((0, 0), |(wanted, starts), &key| (wanted | place(key), starts | start(key.to_le_bytes()[0])));
    let mut is_open = false;
    each_word(text, |word| {
        length += 1;
        let may_be = word.start().is_none_or(|first| starts & start(first) != 0);
        let Some(key) = may_be.then(|| word.key()).filter(|key| wanted & place(*key) != 0) else {
            if is_open {
                progress.fill(0);
                is_open = false;
            }
            return;
        };
        for ((term, progress), found) in terms.iter().zip(&mut progress).zip(&mut counts.found) {
            if term.words.get(*progress) == Some(&key) {
                *progress += 1;
            } else {
                *progress = usize::from(term.words.first() == Some(&key));
            }
            if *progress == term.words.len() {
                *found = found.saturating_add(weight);
                *progress = 0;
            }
            is_open |= *progress > 0;
        }
    });
    counts.length = counts.length.saturating_add(length.saturating_mul(weight));
}
