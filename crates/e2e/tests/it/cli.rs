//! The command line: what each command writes where, and the status it ends with.

use e2e::{mask::masked, pake::Pake, process::Finished, upstream::Upstream};

mod config;
mod deploy;
mod doctor;
mod env;
mod govern;
mod health;
mod help;
mod history;
mod migrate;
mod search;
mod sources;
mod terminal;

/// Nothing set, nobody asked.
fn alone() -> Pake {
    Pake::new().unwrap()
}

/// Every source led to the stand-in.
fn asking() -> (Upstream, Pake) {
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap();
    (upstream, pake)
}

/// The whole run as a snapshot shows it.
fn shown(finished: &Finished) -> String {
    masked(&finished.to_string())
}

/// Runs it; it must be content.
#[track_caller]
fn done(pake: &Pake, arguments: &[&str]) -> String {
    let finished = pake.run(arguments).unwrap();
    assert_eq!(finished.status, 0, "{finished}");
    finished.stdout
}

/// Runs it; it must refuse, with this exit status and without data. What it said, masked.
#[track_caller]
fn refused(pake: &Pake, status: i32, arguments: &[&str]) -> String {
    let finished = pake.run(arguments).unwrap();
    assert_eq!((finished.status, finished.stdout.as_str()), (status, ""), "{finished}");
    masked(&finished.stderr)
}
