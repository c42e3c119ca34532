use super::*;
use crate::{
    item::{DateKind, PartialDate, WorkType},
    names,
    source::SourceId,
};

const FOUR: [&str; 4] = ["Nicolas Bray", "Harold Pimentel", "Páll Melsted", "Lior Pachter"];

fn record(kind: WorkType, title: &str, authors: &[&str], year: i32) -> Record {
    Record {
        source: SourceId::Crossref,
        kind,
        title: title.to_owned(),
        authors: authors.iter().filter_map(|name| names::displayed(name)).collect(),
        date: Some(PartialDate { year, month: None, day: None, kind: DateKind::Published }),
        ..Record::default()
    }
}

fn preprint(title: &str, authors: &[&str], year: i32) -> Record {
    record(WorkType::Preprint, title, authors, year)
}

fn article(title: &str, authors: &[&str], year: i32) -> Record {
    record(WorkType::Article, title, authors, year)
}

fn placed(record: Record, volume: &str, pages: &str) -> Record {
    Record { volume: Some(volume.to_owned()), pages: Some(pages.to_owned()), ..record }
}

fn with_abstract(record: Record, text: &str) -> Record {
    Record { abstract_text: Some(text.into()), ..record }
}

/// Thirty words that no other beginning shares.
fn text(beginning: &str) -> String {
    (0..30).map(|number| format!("{beginning}{number}")).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn strength(one: &Record, other: &Record) -> Option<Strength> {
    let (a, b) = (Facts::read(one), Facts::read(other));
    let strength = by_title((&a, one), (&b, other));
    assert_eq!(by_title((&b, other), (&a, one)), strength, "which comes first decides");
    strength
}

#[test]
fn a_group_that_stands_first_in_one_byline_only_parts_nothing() {
    let title = "Observation of Gravitational Waves from a Binary Black Hole Merger";
    let before = preprint(title, &["The LIGO Scientific Collaboration", "B. P. Abbott", "F. Acernese"], 2016);
    let behind = article(title, &["B. P. Abbott", "F. Acernese", "LIGO Scientific Collaboration"], 2016);
    assert_eq!(strength(&before, &behind), Some(Strength::Persons));
    let later = article(title, &["B. P. Abbott", "F. Acernese"], 2018);
    assert_eq!(strength(&before, &later), Some(Strength::Loose));
}

#[test]
fn a_collaboration_posts_what_its_members_publish() {
    let title = "Observation of a new particle in the search for the Standard Model Higgs boson";
    let posted = preprint(title, &["The ATLAS Collaboration"], 2012);
    assert_eq!(strength(&posted, &article(title, &["G. Aad", "T. Abajyan"], 2012)), Some(Strength::Anonymous));
    assert_eq!(strength(&posted, &article(title, &["G. Aad", "T. Abajyan"], 2013)), Some(Strength::Anonymous));
    assert_eq!(strength(&posted, &article(title, &["G. Aad", "T. Abajyan"], 2014)), None);
    assert_eq!(strength(&posted, &article(title, &["S. Chatrchyan", "The CMS Collaboration"], 2012)), None);
    let short = "Measurement of the W boson mass";
    let posted = preprint(short, &["The CDF Collaboration"], 2012);
    assert_eq!(strength(&posted, &article(short, &["V. M. Abazov", "B. Abbott"], 2012)), None);
}

#[test]
fn others_write_about_a_groups_trial_under_the_trials_title() {
    let title = "Major outcomes in high-risk hypertensive patients randomized to amlodipine or diuretic";
    let trial = article(title, &["The ALLHAT Collaborative Research Group"], 2002);
    let comment = article(title, &["Norman M Kaplan"], 2002);
    assert_eq!(strength(&trial, &comment), None);
    let (here, there) = (placed(trial, "288", "2981-97"), placed(comment, "288", "2981-2997"));
    assert_eq!(strength(&here, &there), Some(Strength::Anonymous), "the same page is the same paper");
}

#[test]
fn a_record_without_authors_needs_more_than_the_title_of_a_publication_with_an_identifier() {
    let title = "Comparison of endoscopic ligation and propranolol for the primary prevention of bleeding";
    let page = Record { doi: Some("10.1056/nejm199904013401302".to_owned()), ..article(title, &[], 2000) };
    let comment = Record { pmid: Some("10896486".to_owned()), ..article(title, &["A N Barkun"], 2000) };
    assert_eq!(strength(&page, &comment), None);
    let (here, there) = (placed(page.clone(), "340", "988-93"), placed(comment.clone(), "340", "988"));
    assert_eq!(strength(&here, &there), Some(Strength::Anonymous), "the same page");
    let posted = Record { arxiv_id: Some("2001.00001".to_owned()), ..preprint(title, &["A N Barkun"], 2000) };
    assert_eq!(strength(&page, &posted), Some(Strength::Anonymous), "preprint and print");
    let nameless = Record { pmid: None, ..comment };
    assert_eq!(strength(&page, &nameless), Some(Strength::Anonymous), "no identifier that could say otherwise");
}

#[test]
fn print_may_have_one_word_more_or_less_than_the_preprint_of_the_same_persons() {
    let posted = preprint("Near-optimal RNA-Seq quantification", &FOUR, 2015);
    let printed = article("Near-optimal probabilistic RNA-seq quantification", &FOUR, 2016);
    assert_eq!(strength(&posted, &printed), Some(Strength::Near));

    let others = article(&printed.title, &[FOUR[0], FOUR[1], "Rob Patro", FOUR[3]], 2016);
    assert_eq!(strength(&posted, &others), None, "a follow-up has other authors");
    let fewer = article(&printed.title, &FOUR[..3], 2016);
    assert_eq!(strength(&posted, &fewer), None);
    let later = article(&printed.title, &FOUR, 2017);
    assert_eq!(strength(&posted, &later), None);
    let earlier = article(&posted.title, &FOUR, 2015);
    assert_eq!(strength(&earlier, &printed), None, "two publications");
    let telling = article("Near-optimal RNA-Seq quantification revisited", &FOUR, 2016);
    assert_eq!(strength(&posted, &telling), None);
}

#[test]
fn abstracts_that_are_two_texts_speak_against_titles_that_are_near() {
    let posted = with_abstract(preprint("Near-optimal RNA-Seq quantification", &FOUR, 2015), &text("one"));
    for title in
        ["Near-optimal probabilistic RNA-seq quantification", "Near-optimal RNA-Seq quantification for plant cells"]
    {
        let printed = article(title, &FOUR, 2016);
        assert_eq!(strength(&posted, &with_abstract(printed.clone(), &text("other"))), None, "{title}");
        assert_eq!(strength(&posted, &with_abstract(printed, &text("one"))), Some(Strength::Near), "{title}");
    }
}

#[test]
fn one_title_over_two_abstracts_and_two_bylines_is_over_two_papers() {
    let title = "A deep learning approach for forecasting of ground deformation";
    let one = with_abstract(preprint(title, &FOUR, 2025), &text("one"));
    let other = with_abstract(article(title, &FOUR[..3], 2025), &text("other"));
    assert_eq!(strength(&one, &other), None);
    let grown = with_abstract(article(title, &FOUR[..3], 2025), &text("one"));
    assert_eq!(strength(&one, &grown), Some(Strength::Full), "authors join and leave");
    let rewritten = with_abstract(article(title, &FOUR, 2025), &text("other"));
    assert_eq!(strength(&one, &rewritten), Some(Strength::Persons), "abstracts are rewritten");
    let (here, there) = (placed(one, "3", "14-29"), placed(other, "3", "14"));
    assert_eq!(strength(&here, &there), Some(Strength::Full), "one place, one paper");
}

#[test]
fn an_index_that_drops_subtitles_leaves_the_name() {
    let two = ["Aditya Grover", "Jure Leskovec"];
    let whole = preprint("node2vec: Scalable Feature Learning for Networks", &two, 2016);
    assert_eq!(strength(&whole, &article("node2vec", &two, 2016)), Some(Strength::Near));
    assert_eq!(strength(&whole, &article("node2vec", &two[..1], 2016)), None, "other persons");
    assert_eq!(strength(&whole, &article("node2vec", &two, 2018)), None, "years later");
    assert_eq!(strength(&whole, &preprint("node2vec", &two, 2016)), None, "two preprints");
    let survey = preprint("node2vec: A Survey", &two, 2016);
    assert_eq!(strength(&survey, &article("node2vec", &two, 2016)), None, "another text by its subtitle");
    let graphs = article("node2vec: Graphs", &two, 2016);
    assert_eq!(strength(&preprint("node2vec: Trees", &two, 2016), &graphs), None, "two subtitles");
    let letter = preprint("Editorial: Learning from Networks", &two, 2016);
    assert_eq!(strength(&letter, &article("Editorial", &two, 2016)), None, "no name");
}

#[test]
fn a_paper_of_a_series_may_have_lost_any_subtitle() {
    let persons = ["A. G. A. Brown", "A. Vallenari", "T. Prusti", "J. H. J. de Bruijne"];
    let whole = preprint("Gaia Data Release 2: Observational Hertzsprung-Russell diagrams", &persons, 2018);
    assert_eq!(strength(&whole, &article("Gaia Data Release 2", &persons, 2018)), None);
}

#[test]
fn words_in_another_order_need_the_same_people_and_another_stage() {
    let posted = preprint("Scanpy for analysis of large-scale gene expression data", &FOUR, 2017);
    let printed = article("Scanpy: large-scale gene expression data analysis", &FOUR, 2018);
    assert_eq!(strength(&posted, &printed), Some(Strength::Near));
    let one = article("Effect of insulin on glucagon secretion", &FOUR[..1], 1971);
    let other = article("Effect of glucagon on insulin secretion", &FOUR[..1], 1971);
    assert_eq!(strength(&one, &other), None);
}

#[test]
fn reports_of_two_years_under_one_title_are_two() {
    let report =
        |year| record(WorkType::Report, "Global report on the control of tuberculosis", &["The WHO Team"], year);
    assert_eq!(strength(&report(2019), &report(2020)), None);
    assert_eq!(strength(&report(2019), &report(2019)), Some(Strength::Full));
}

#[test]
fn one_identifier_does_not_make_two_chapters_one() {
    let plausible = |one: &Record, other: &Record| is_plausible(&Facts::read(one), &Facts::read(other));
    let one = article("Convolutional networks for biomedical image segmentation", &["Olaf Ronneberger"], 2015);
    let other = article("Deep convolutional encoder networks for lesion segmentation", &["Tom Brosch"], 2015);
    assert!(!plausible(&one, &other));
    assert!(plausible(&one, &article("Another title altogether", &["O. Ronneberger"], 2015)), "the same author");
    assert!(plausible(&one, &article(&one.title, &["The Freiburg Group"], 2015)), "a group may be anybody");
    let russian = article("Свёрточные сети", &["Олаф Роннебергер"], 2015);
    assert!(!plausible(&one, &russian));
    assert!(plausible(&placed(one, "3", "234"), &placed(russian, "3", "234-41")), "translated, on the same page");
}
