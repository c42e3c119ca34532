use std::{fs, os::unix::fs::PermissionsExt as _};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::step::{Mark, Step};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A journal of four lines, and whose it is.
fn written(folder: &Path) -> DeployId {
    let deploy = DeployId::after(None, now());
    let mut journal = Journal::begin(folder, deploy, BEGINNING.to_owned()).unwrap();
    journal.write(now(), State::Mark(Mark::Planned), Phase::Done, json!({ "image": "pake:2" })).unwrap();
    journal.write(now(), State::Step(Step::Preflight), Phase::Intent, Value::Null).unwrap();
    journal.write(now(), State::Step(Step::Preflight), Phase::Done, Value::Null).unwrap();
    journal.write(now(), State::Step(Step::ImageReady), Phase::Failed, json!({ "why": "no\nspace" })).unwrap();
    deploy
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let deploy = written(folder.path());
    let path = path(folder.path(), deploy);
    let read = read(&path, deploy, BEGINNING).unwrap();
    assert_eq!(read.records.len(), 4);
    assert_eq!(read.records[3].data["why"], "no\nspace");
    assert_eq!(read.torn, None);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains(r#""state":"preflight","phase":"intent","prev_sha256""#), "{}", lines[1]);
    assert!(lines[2].contains(&sha256(lines[1].as_bytes())), "what sha256sum says of a line stands in the next");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_journal_is_begun_once() {
    let folder = tempfile::tempdir().unwrap();
    let deploy = written(folder.path());
    let error = Journal::begin(folder.path(), deploy, BEGINNING.to_owned()).unwrap_err();
    assert!(error.to_string().starts_with("cannot begin the journal"), "{error:#}");
}

#[test]
fn a_line_that_was_cut_off_is_taken_away_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let deploy = written(folder.path());
    let path = path(folder.path(), deploy);
    let whole = fs::read(&path).unwrap();
    let third = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0 + 1;
    // Wherever the last line was cut off.
    for end in third..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let (mut journal, torn) = Journal::take_up(folder.path(), deploy, BEGINNING).unwrap();
        assert_eq!(torn.is_some(), end > third);
        assert_eq!(journal.records().len(), 3);
        journal.write(now(), State::Mark(Mark::Resumed), Phase::Done, Value::Null).unwrap();
        let read = read(&path, deploy, BEGINNING).unwrap();
        assert_eq!((read.records.len(), read.torn), (4, None));
    }
}

#[test]
fn a_journal_of_which_nothing_was_written_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let deploy = DeployId::after(None, now());
    drop(Journal::begin(folder.path(), deploy, BEGINNING.to_owned()).unwrap());
    fs::write(path(folder.path(), deploy), "\0\0\0\0").unwrap();
    let (journal, torn) = Journal::take_up(folder.path(), deploy, BEGINNING).unwrap();
    assert!(journal.records().is_empty() && torn.is_some());
}

#[test]
fn a_line_that_is_missing_or_from_elsewhere_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let deploy = written(folder.path());
    let path = path(folder.path(), deploy);
    let text = fs::read_to_string(&path).unwrap();
    let without = |gone: usize| {
        let kept = text.split_inclusive('\n').enumerate().filter(|(at, _)| *at != gone);
        kept.map(|(_, line)| line).collect::<String>()
    };
    for (gone, said) in [(0, "line 1 of"), (1, "line 2 of"), (2, "line 3 of")] {
        fs::write(&path, without(gone)).unwrap();
        let error = read(&path, deploy, BEGINNING).unwrap_err().to_string();
        assert!(error.starts_with(said) && error.contains("does not follow the line before it"), "{error}");
        assert!(error.contains("Put back the copy"), "{error}");
    }
    fs::write(&path, &text).unwrap();
    let error = read(&path, deploy, &sha256(b"another")).unwrap_err().to_string();
    assert!(error.starts_with("line 1 of"), "the journal before is another one: {error}");
    let other = DeployId::after(Some(deploy), now());
    let error = read(&path, other, BEGINNING).unwrap_err().to_string();
    assert!(error.contains("is not in its place"), "{error}");
}

proptest! {
    /// Whatever single byte of a line that has another after it is changed, the chain shows it.
    #[test]
    fn no_byte_can_be_changed_unseen(at in 0_usize..100_000, to in any::<u8>()) {
        let folder = tempfile::tempdir().unwrap();
        let deploy = written(folder.path());
        let path = path(folder.path(), deploy);
        let mut text = fs::read(&path).unwrap();
        let last = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        let at = at % last;
        prop_assume!(text[at] != to);
        text[at] = to;
        fs::write(&path, &text).unwrap();
        prop_assert!(read(&path, deploy, BEGINNING).is_err());
        prop_assert!(Journal::take_up(folder.path(), deploy, BEGINNING).is_err());
    }
}
