use std::io::Write as _;

use tempfile::TempDir;

use super::{log::LONG, *};
use crate::{
    store::{
        Scope,
        finished::PackAnswer as _,
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
    ahead.ends(&first);
    let number = ahead.ends(&third);
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
    ahead.ends(&made);
    ahead.ends(&served);
    drop(ahead);
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    let [Left::Ended(first, None), Left::Ended(second, Some(named))] = &estate.left[..] else {
        panic!("{:?}", estate.left)
    };
    let answer = first.answer.as_ref().unwrap();
    assert_eq!((answer.id, answer.source.pack()), (*named, packed(1).head()));
    assert_eq!((first.results_count, first.execution_time_ms, first.started_at), (29, 250, made.started_at));
    assert!(second.answer.is_none() && second.cache_hit);
}

#[test]
fn what_was_said_since_a_search_was_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = open(&folder);
    let answered = search(1, "late sources came in");
    let number = ahead.ends(&answered);
    ahead.ends(&answered);
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
    let number = ahead.ends(&one);
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
    ahead.ends(&whole);
    // A disk that was full in the midst of it.
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"\n{\"number\":3,\"sa").unwrap();
    ahead.ends(&after);
    ahead.ends(&torn);
    let (text, path) = (fs::read(path).unwrap(), path.clone());
    drop(ahead);
    fs::write(path, [b"\n\xff\xfe{\"number\":7}\n[]\n", &text[..text.len() - 9]].concat()).unwrap();
    let (_, estate) = Ahead::open(folder.path()).unwrap();
    let [Left::Ended(first, None), Left::Ended(second, None)] = &estate.left[..] else { panic!("{:?}", estate.left) };
    assert_eq!((first.id, second.id, &first.query), (whole.id, after.id, &whole.query));
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
        let number = ahead.ends(&search);
        ahead.are_written(&[(search.id, number)]);
        longest = longest.max(lengths(&ahead)[0]);
    }
    assert!(longest > LONG && longest < LONG + (16 << 10), "{longest}");
    assert!(lengths(&ahead)[0] < LONG);
    ahead.ends(&search(9_001, "answered"));
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
            let number = ahead.ends(&search);
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
