//! The deployer dies at every moment: before and after each act, and so after every line of the journal.

use super::*;

/// A deployer that died, and the one that came after it.
struct Followed {
    /// The last line of the first one, and what the second one did.
    did: String,
    ended: Option<Ended>,
    machine: Unlucky,
    desk: Desk,
    _folder: tempfile::TempDir,
}

/// Dies at a moment, and is followed by another one; none when there is no such moment.
fn died_and_followed(plan: Plan, luck: Luck, moment: usize, asked: Asked) -> Option<Followed> {
    let folder = folder();
    let desk = desk(folder.path());
    let mut machine = Unlucky::new(luck);
    machine.dies_at = Some(moment);
    let tell = |_: &Event<'_>| {};
    let is_interrupted = AtomicBool::new(false);
    let deployer = Deployer { machine: &machine, desk: &desk, tell: &tell, is_interrupted: &is_interrupted };
    if until_death(with_lock(&desk, deployer.deploy(plan))).is_some() {
        return None;
    }
    let died = desk.ledger().unwrap().deployments.last().unwrap().records.last().unwrap().clone();
    let at = format!("{} {:?}", died.state, died.phase).to_lowercase();
    machine.dies_at = None;
    let done = Mutex::new(Vec::new());
    let tell = |event: &Event<'_>| {
        if let Event::Doing(step) = event {
            done.lock().unwrap().push(State::Step(*step).to_string());
        }
    };
    let deployer = Deployer { machine: &machine, desk: &desk, tell: &tell, is_interrupted: &is_interrupted };
    let ended = until_death(with_lock(&desk, taken_up(&deployer, asked))).unwrap().map(Result::unwrap);
    let done = done.into_inner().unwrap().join(" ");
    Some(Followed { did: format!("{at} → {done}"), ended, machine, desk, _folder: folder })
}

impl Followed {
    /// One release is live and well, nothing is left over, the lock is free, and the journal says so.
    fn is_tidy(&self) -> Colour {
        let Self { did, ended, machine, desk, .. } = self;
        let world = machine.rehearsal.world();
        let current = desk.releases.current().unwrap().unwrap().deploy;
        let (live, gone, release) = match ended.as_ref().map(|ended| ended.ending) {
            Some(Ending::Committed) => (Colour::Green, Colour::Blue, id(NEW)),
            Some(Ending::RolledBack) => (Colour::Blue, Colour::Green, id(OLD)),
            other => panic!("{other:?}: {did}"),
        };
        assert_eq!((world.active, current), (Some(live), release), "{did}");
        assert!(world.of(live).is_some_and(|it| it.is_running && it.is_well), "{did}");
        assert!(world.of(gone).is_none(), "something is left over: {did}");
        assert_eq!(world.canary, None, "some are led elsewhere: {did}");
        assert!(!world.is_shut, "nobody is let in: {did}");
        assert_eq!(Lock::holder(&desk.lock()).unwrap(), None, "the lock is not free: {did}");
        assert!(desk.take_up().unwrap().is_none(), "{did}");
        assert!(Progress::of(&desk.ledger().unwrap().deployments[0].records).is_over());
        live
    }
}

#[test]
fn whoever_comes_after_a_dead_deployer_ends_what_it_began() {
    for plan in [plan(), Plan { kind: Kind::Rollback, ..plan() }, with_canary(), with_data()] {
        for asked in ASKED {
            let mut moments = 0;
            while let Some(followed) = died_and_followed(plan.clone(), Luck::default(), moments, asked) {
                moments += 1;
                let live = followed.is_tidy();
                assert!(asked != Asked::Resume || live == Colour::Green, "{}", followed.did);
            }
            assert!(moments > 40, "{moments} moments");
        }
    }
}

#[test]
fn whoever_comes_after_a_deployer_that_died_on_its_way_back_ends_that() {
    let answers =
        |path, from| Luck { statuses: vec![(Door::Socket(Colour::Green), path, from..9_999, 503)], ..Luck::default() };
    let lucks: [&dyn Fn() -> Luck; 3] = [&|| answers("/readyz", 0), &|| answers("/", 0), &|| Luck {
        lost_with: Some(Colour::Green),
        ..Luck::default()
    }];
    let falls_ill: &dyn Fn() -> Luck = &|| answers("/readyz", 30);
    for plan in [plan(), with_canary(), with_data()] {
        // With data there is nothing to watch: nobody is let in.
        let lucks = lucks.into_iter().chain(plan.restore.is_none().then_some(falls_ill));
        for (luck, asked) in lucks.flat_map(|luck| ASKED.map(|asked| (luck, asked))) {
            let mut moments = 0;
            while let Some(followed) = died_and_followed(plan.clone(), luck(), moments, asked) {
                moments += 1;
                assert_eq!(followed.is_tidy(), Colour::Blue, "{}", followed.did);
            }
            assert!(moments > 20, "{moments} moments");
        }
    }
}

/// What a deployer did that died at each moment, and what the next one did.
fn deaths(plan: &Plan) -> String {
    let mut text = Vec::new();
    for asked in ASKED {
        text.push(format!("{asked:?}"));
        for moment in 0.. {
            let followed = died_and_followed(plan.clone(), Luck::default(), moment, asked);
            let Some(Followed { did, .. }) = followed else { break };
            text.push(format!("  {did}").trim_end().to_owned());
        }
    }
    text.dedup();
    text.join("\n")
}

#[test]
fn what_follows_on_a_death_in_each_state() {
    insta::assert_snapshot!(deaths(&plan()));
}

#[test]
fn what_follows_on_a_death_while_a_canary_is_tried() {
    let all = deaths(&with_canary());
    let canary: Vec<&str> = all.lines().filter(|line| !line.starts_with(' ') || line.contains("canaried")).collect();
    insta::assert_snapshot!(canary.join("\n"));
}
