//! What is done, line by line, when it goes well and when it does not.

use super::*;

/// The transcript of one deployer, with what it says of turns and ends.
fn told(plan: Plan, luck: Luck) -> (Ended, String) {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let machine = Unlucky::new(luck);
    let tell = |event: &Event<'_>| {
        if !matches!(event, Event::Done { .. } | Event::Begun(_)) {
            machine.rehearsal.note(&format!("# {event}"));
        }
    };
    let deployer = Deployer { machine: &machine, desk: &desk, tell: &tell, is_interrupted: &AtomicBool::new(false) };
    let ended = until_death(deployer.deploy(plan)).unwrap().unwrap();
    let is_over = ended.ending != Ending::Halted;
    assert_eq!(desk.take_up().unwrap().is_none(), is_over);
    (ended, machine.rehearsal.transcript())
}

#[test]
fn success() {
    let (ended, text) = told(plan(), Luck::default());
    assert_eq!(ended, Ended { ending: Ending::Committed, reason: None });
    insta::assert_snapshot!(text);
}

#[test]
fn a_rollback() {
    let plan = Plan { kind: Kind::Rollback, policy: Policy::ROLLBACK, ..plan() };
    let (ended, text) = told(plan, Luck::default());
    assert_eq!(ended.ending, Ending::Committed);
    insta::assert_snapshot!(text);
}

#[test]
fn a_canary_that_does_well() {
    let (ended, text) = told(with_canary(), Luck::default());
    assert_eq!(ended, Ended { ending: Ending::Committed, reason: None });
    insta::assert_snapshot!(text);
}

#[test]
fn a_canary_that_does_not() {
    let luck = Luck { statuses: vec![(Door::Socket(Colour::Green), "/readyz", 90..9_999, 503)], ..Luck::default() };
    let (ended, text) = told(with_canary(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(!text.contains("turn active.sock to green.sock"), "not all were led to it:\n{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_edge_that_knows_no_canary_is_found_out() {
    let (ended, text) = told(with_canary(), Luck { knows_no_canary: true, ..Luck::default() });
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(ended.reason.unwrap().contains("is its configuration older than this PAKE?"), "{text}");
}

#[test]
fn a_canary_beside_nothing_is_none() {
    let survey = Survey { active: None, live: None, ..plan().survey };
    let plan = Plan::new(id(NEW), began(), survey, Policy { canary: vec![50], ..Policy::DEPLOY });
    assert!(plan.policy.canary.is_empty());
}

#[test]
fn a_rollback_with_the_data_of_before() {
    let (ended, text) = told(with_data(), Luck::default());
    assert_eq!(ended, Ended { ending: Ending::Committed, reason: None });
    insta::assert_snapshot!(text);
}

#[test]
fn a_rollback_with_data_that_fails_puts_the_data_of_now_back() {
    let luck = Luck { statuses: vec![(Door::Socket(Colour::Green), "/", 0..9_999, 500)], ..Luck::default() };
    let (ended, text) = told(with_data(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn data_that_cannot_be_put_in_place_leave_those_of_now() {
    for failing in ["putting before", "backing up", "the door"] {
        let (ended, text) = told(with_data(), Luck { failing: vec![failing], ..Luck::default() });
        let is_well = ended.ending == Ending::RolledBack;
        assert!(is_well && !text.contains("pake-1.zip"), "{failing}: {text}");
    }
    let (ended, text) = told(with_data(), Luck { failing: vec!["starting", "putting back"], ..Luck::default() });
    assert_eq!(ended.ending, Ending::Halted);
    assert!(!text.contains("let everybody in"), "nobody works with the wrong data: {text}");
}

#[test]
fn a_disk_without_room_is_found_before_anything_is_done() {
    let (ended, text) = told(plan(), Luck { failing: vec!["room"], ..Luck::default() });
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn a_migration_that_fails_leaves_the_old_release_as_it_was() {
    let (ended, text) = told(plan(), Luck { failing: vec!["expanding"], ..Luck::default() });
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn what_the_doctor_finds_is_found_before_the_database_is_changed() {
    let (ended, text) = told(plan(), Luck { failing: vec!["the doctor"], ..Luck::default() });
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(!text.contains("expand the database with"), "{text}");
    assert!(text.contains("nobody listens at mail.example.org:587"), "{text}");
}

#[test]
fn the_gate_does_not_open() {
    let luck = Luck { statuses: vec![(Door::Socket(Colour::Green), "/readyz", 0..9_999, 503)], ..Luck::default() };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn health_that_comes_and_goes_opens_the_gate_when_it_stays() {
    let flapping = |from: i64| (Door::Socket(Colour::Green), "/readyz", from..from + 1, 503);
    let luck = Luck { statuses: vec![flapping(0), flapping(4), flapping(7)], ..Luck::default() };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::Committed);
    assert!(
        text.contains("ask green /readyz: 204  ×13"),
        "three that were in vain, eight good ones before the last:\n{text}"
    );
}

#[test]
fn a_release_that_is_ready_and_serves_nothing_is_not_switched_to() {
    let luck = Luck { statuses: vec![(Door::Socket(Colour::Green), "/", 0..9_999, 500)], ..Luck::default() };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(!text.contains("turn active.sock"), "{text}");
    assert!(text.contains("/ is to be 200, and is: 500"), "{text}");
}

#[test]
fn a_release_that_is_started_again_and_again_is_not_switched_to() {
    let restarts = |world: &mut World| {
        let green = world.place_of(Colour::Green);
        *green = green.take().map(|it| Container { restarts: 2, ..it });
    };
    let (ended, text) = told(plan(), Luck { happens: vec![(2, restarts)], ..Luck::default() });
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(text.contains("green ended and was started anew, 2 times"), "{text}");
}

#[test]
fn the_edge_does_not_follow() {
    let luck = Luck { lost_with: Some(Colour::Green), ..Luck::default() };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn the_new_release_does_not_stand_its_time() {
    let luck = Luck { statuses: vec![(Door::Socket(Colour::Green), "/readyz", 30..9_999, 503)], ..Luck::default() };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::RolledBack);
    insta::assert_snapshot!(text);
}

#[test]
fn what_was_is_ill_too_and_is_not_gone_back_to() {
    let ill = |world: &mut World| {
        let blue = world.place_of(Colour::Blue);
        *blue = blue.take().map(|it| Container { is_well: false, ..it });
    };
    let luck = Luck {
        statuses: vec![(Door::Socket(Colour::Green), "/readyz", 30..9_999, 503)],
        happens: vec![(20, ill)],
        ..Luck::default()
    };
    let (ended, text) = told(plan(), luck);
    assert_eq!(ended.ending, Ending::Halted);
    insta::assert_snapshot!(text);
}

#[test]
fn what_was_is_gone_while_the_new_release_stands_its_time() {
    let gone = |world: &mut World| *world.place_of(Colour::Blue) = None;
    let (ended, _) = told(plan(), Luck { happens: vec![(20, gone)], ..Luck::default() });
    assert_eq!(ended, Ended { ending: Ending::Committed, reason: None });
}

#[test]
fn the_old_release_does_not_end() {
    let (ended, text) = told(plan(), Luck { lingers: true, ..Luck::default() });
    assert_eq!(ended.ending, Ending::Committed);
    insta::assert_snapshot!(text);
}

#[test]
fn what_fails_after_the_switch_is_a_warning() {
    for failing in ["pruning", "removing"] {
        let (ended, text) = told(plan(), Luck { failing: vec![failing], ..Luck::default() });
        assert_eq!(ended.ending, Ending::Committed);
        assert!(text.contains(&format!("{failing} does not work")), "{text}");
    }
}

#[test]
fn few_requests_are_too_few_for_who_is_strict() {
    let mut plan = plan();
    plan.policy.is_strict = true;
    let (ended, _) = told(plan, Luck::default());
    assert_eq!(ended.ending, Ending::RolledBack);
    assert!(ended.reason.unwrap().starts_with("0 requests came in 120 s"));
}

#[test]
fn whoever_interrupts_it_before_the_switch_has_it_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let machine = Unlucky::new(Luck::default());
    let is_interrupted = AtomicBool::new(false);
    for (during, ending) in [(Step::Started, Ending::RolledBack), (Step::Baked, Ending::Committed)] {
        let tell = |event: &Event<'_>| {
            if matches!(event, Event::Doing(step) if *step == during) {
                is_interrupted.store(true, Ordering::Relaxed);
            }
        };
        let deployer = Deployer { machine: &machine, desk: &desk, tell: &tell, is_interrupted: &is_interrupted };
        let plan = Plan { deploy: DeployId::after(desk.ledger().unwrap().last(), began()), ..plan() };
        let ended = until_death(deployer.deploy(plan)).unwrap().unwrap();
        assert_eq!(ended.ending, ending);
        is_interrupted.store(false, Ordering::Relaxed);
    }
}
