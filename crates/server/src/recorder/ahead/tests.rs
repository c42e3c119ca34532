use std::io::Write as _;

use bytes::Bytes;
use tempfile::TempDir;

use super::{log::LONG, *};
use crate::{
    store::{
        Scope,
        finished::{AnswerRef, PackedAnswer},
        testing::{packed, search},
    },
    testing::now,
};

fn running(query: &str) -> Running {
    Running {
        scope: Scope::local(),
        query: query.to_owned(),
        sources: Vec::new(),
        limit: 25,
        refresh: false,
        is_recorded: true,
        started_at: now(),
        deaths: 0,
    }
}

fn open(folder: &TempDir) -> Ahead {
    Ahead::open(folder.path()).unwrap().0
}

fn ends(ahead: &Ahead, search: &FinishedSearch) -> u64 {
    ahead.ends(&mut search.clone())
}

/// A search whose answer has this body.
fn with_body(seconds: i64, body: &[u8]) -> FinishedSearch {
    let answer = PackedAnswer { body: Some(Bytes::copy_from_slice(body)), ..packed(seconds) };
    let found = search(seconds, "with a body");
    FinishedSearch { answer: Some(AnswerRef { id: found.id, source: Arc::new(answer) }), ..found }
}

/// The bodies of what whoever starts next finds; none of a search that had only begun.
fn bodies(folder: &TempDir) -> Vec<Option<Bytes>> {
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    let body = |left: &Left| match left {
        Left::Begun(..) => None,
        Left::Ended(search, _) => search.answer.as_ref().and_then(|answer| answer.source.pack().body),
    };
    estate.left.iter().map(body).collect()
}

/// What whoever starts next finds: the queries, and whether each search had ended.
fn left(folder: &TempDir) -> Vec<(String, bool)> {
    let (next, estate) = Ahead::open(folder.path()).unwrap();
    let told = |left: &Left| match left {
        Left::Begun(_, running) => (running.query.clone(), false),
        Left::Ended(search, _) => (search.query.to_string(), true),
    };
    let told = estate.left.iter().map(told).collect();
    next.close();
    told
}

fn logs(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join(FOLDER)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|end| end == LOG)).collect()
}

/// Of each of its logs, in bytes.
fn lengths(ahead: &Ahead) -> Vec<u64> {
    ahead.logs.iter().map(|log| fs::metadata(&log.path).unwrap().len()).collect()
}

#[test]
fn what_began_or_ended_and_is_not_written_is_left_as_it_was_said_last() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let (first, second, third) = (search(1, "first"), search(2, "second"), search(3, "third"));
    for search in [&first, &second, &third] {
        ahead.begins(search.id, &running(&search.query));
    }
    ends(&ahead, &first);
    let number = ends(&ahead, &third);
    ahead.are_written(&[(third.id, number)]);
    drop(ahead);
    assert_eq!(left(&folder), [("second".to_owned(), false), ("first".to_owned(), true)]);
}

#[test]
fn an_answer_is_left_with_what_is_told_of_it_and_one_that_was_kept_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let made = search(1, "made");
    let served = FinishedSearch { cache_hit: true, id: search(2, "").id, ..made.clone() };
    ends(&ahead, &made);
    ends(&ahead, &served);
    drop(ahead);
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    let [Left::Ended(first, None), Left::Ended(second, Some(named))] = &estate.left[..] else {
        panic!("{:?}", estate.left)
    };
    let answer = first.answer.as_ref().unwrap();
    assert_eq!((answer.id, answer.source.pack()), (*named, packed(1)));
    assert_eq!((first.results_count, first.execution_time_ms, first.started_at), (29, 250, made.started_at));
    assert!(second.answer.is_none() && second.cache_hit);
}

#[test]
fn what_was_said_since_a_search_was_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let answered = search(1, "late sources came in");
    let number = ends(&ahead, &answered);
    ends(&ahead, &answered);
    ahead.are_written(&[(answered.id, number)]);
    ahead.gives_up(answered.id);
    drop(ahead);
    assert_eq!(left(&folder), [("late sources came in".to_owned(), true)]);
}

#[test]
fn when_everything_is_written_nothing_is_left_of_it_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let (one, other) = (search(1, "one"), search(2, "other"));
    ahead.begins(other.id, &running("other"));
    let number = ends(&ahead, &one);
    assert!(lengths(&ahead).iter().any(|length| *length > 0));
    ahead.are_written(&[(one.id, number)]);
    ahead.gives_up(other.id);
    assert_eq!(lengths(&ahead), [0; LOGS]);
    ahead.close();
    assert_eq!(logs(&folder), Vec::<PathBuf>::new());
}

#[test]
fn nobody_takes_what_a_living_process_has() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    ahead.begins(search(1, "").id, &running("alive"));
    assert!(left(&folder).is_empty());
    let (_, estate) = {
        drop(ahead);
        Ahead::open(folder.path()).unwrap()
    };
    assert_eq!(estate.left.len(), 1);
    assert!(left(&folder).is_empty(), "somebody else is about to take it");
    drop(estate);
    assert_eq!(left(&folder).len(), 1, "who died while taking it has not taken it");
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    estate.taken();
    assert!(left(&folder).is_empty());
}

#[test]
fn half_a_line_and_what_is_no_line_take_no_other_along() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    // All in one log.
    let [whole, after, torn] = [8, 16, 24].map(|seconds| search(seconds, "whole \u{202e} and \0"));
    let path = &ahead.log(whole.id).path;
    ends(&ahead, &whole);
    // A disk that was full in the midst of it.
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"\n{\"number\":3,\"sa").unwrap();
    ends(&ahead, &after);
    ends(&ahead, &torn);
    let (text, path) = (fs::read(path).unwrap(), path.clone());
    drop(ahead);
    fs::write(path, [b"\n\xff\xfe{\"number\":7}\n[]\n", &text[..text.len() - 20]].concat()).unwrap();
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    let [Left::Ended(first, None), Left::Ended(second, None)] = &estate.left[..] else { panic!("{:?}", estate.left) };
    assert_eq!((first.id, second.id, &first.query), (whole.id, after.id, &whole.query));
}

#[test]
fn a_body_is_left_whatever_it_looks_like() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let line = line::Line::written(9, Said::Over(vec![1, 2, 3, 4])).0;
    let looks = [&b""[..], b"\n", b"\n\n\xff\0", &line, &line.repeat(3_000)];
    // All in one log, and the last one once more, as when late sources came in.
    let searches: Vec<_> = looks.iter().zip(1..).map(|(look, n)| with_body(8 * n, look)).collect();
    for search in searches.iter().chain(searches.last()) {
        ends(&ahead, search);
    }
    drop(ahead);
    assert_eq!(bodies(&folder), looks.map(|look| Some(Bytes::copy_from_slice(look))));
}

#[test]
fn of_a_body_that_was_cut_off_or_altered_nothing_is_believed_and_a_search_that_began_is_run_again() {
    let body = b"\nhalf of it\n".repeat(500);
    let (began, other) = (with_body(8, &body), with_body(16, &body));
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let path = ahead.log(began.id).path.clone();
    ends(&ahead, &other);
    ahead.begins(began.id, &running("began"));
    ends(&ahead, &began);
    let log = fs::read(&path).unwrap();
    drop(ahead);
    for cut in [1, 2, body.len() - 1, body.len()] {
        fs::write(&path, &log[..log.len() - cut]).unwrap();
        assert_eq!(left(&folder), [("with a body".to_owned(), true), ("began".to_owned(), false)], "{cut}");
    }
    // Within the first body: the search did not begin here, and what is told of its answer is better than nothing.
    let mut altered = log.clone();
    let place = altered.windows(8).position(|bytes| bytes == b"\nhalf of").unwrap();
    altered[place + 1] = b'H';
    fs::write(&path, &altered).unwrap();
    assert_eq!(bodies(&folder), [None, Some(body.into())]);
}

#[test]
fn a_log_of_before_there_were_bodies_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let answered = search(8, "answered");
    let path = ahead.log(answered.id).path.clone();
    drop(ahead);
    let said = serde_json::json!({"ended": [answered, [answered.id, packed(8)]]});
    fs::write(&path, format!("\n{}", serde_json::json!({"number": 1, "said": said}))).unwrap();
    assert_eq!((left(&folder), bodies(&folder)), (vec![("answered".to_owned(), true)], vec![None]));
}

#[test]
fn a_long_log_is_written_anew_with_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    ahead.begins(search(0, "").id, &running("under way for long"));
    let mut longest = 0;
    // All in one log.
    for n in (8..12_000).step_by(8) {
        let search = search(n, "answered and written");
        let number = ends(&ahead, &search);
        ahead.are_written(&[(search.id, number)]);
        longest = longest.max(lengths(&ahead)[0]);
    }
    assert!(longest > LONG && longest < LONG + (16 << 10), "{longest}");
    assert!(lengths(&ahead)[0] < LONG);
    ends(&ahead, &search(9_001, "answered"));
    drop(ahead);
    assert_eq!(left(&folder), [("under way for long".to_owned(), false), ("answered".to_owned(), true)]);
}

#[test]
fn what_many_say_at_once_is_left_whole_while_the_logs_are_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let says = |writer: u32| {
        for n in (writer * 4_000)..(writer * 4_000 + 4_000) {
            let search = search(n.into(), &n.to_string());
            ahead.begins(search.id, &running(&search.query));
            let number = ends(&ahead, &search);
            if n % 100 > 0 {
                ahead.are_written(&[(search.id, number)]);
            }
        }
    };
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let says = &says;
            scope.spawn(move || says(writer));
        }
    });
    assert!(lengths(&ahead).iter().all(|length| *length < 2 * LONG), "they were never written anew");
    drop(ahead);
    let mut left: Vec<u32> = left(&folder).into_iter().map(|(query, _)| query.parse().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..160).map(|n| n * 100).collect::<Vec<_>>());
}
