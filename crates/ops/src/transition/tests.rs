//! The transition function against a model of a machine: faults in every step, a crash at every moment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::Value;

use self::model::{Asked, Died, Fate, Model, NEW, OLD, STEPS, container, moments};
use super::*;
use crate::{
    deploy_id::DeployId,
    journal::{Phase, Record},
    plan::{Live, Migrations, Policy, Survey},
    progress::{because, of_share, resumed},
    release::{Content, Settings},
    step::{Mark, State},
    world::{Canary, Colour},
};

mod model;

#[test]
fn a_deployment_goes_through_all_states_and_a_rollback_through_fewer() {
    let done = |mut model: Model| {
        model.run();
        let done = model.told.iter().filter(|line| line.contains(" Done"));
        done.map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        done(Model::new(Kind::Deploy, Fate::default())),
        "planned preflight image_ready backed_up expanded started ready switched baked drained stopped committed pruned finished"
    );
    assert_eq!(
        done(Model::new(Kind::Rollback, Fate::default())),
        "planned preflight image_ready started ready switched baked drained stopped committed pruned finished"
    );
    assert_eq!(
        done(Model::with_canary(Fate::default())),
        "planned preflight image_ready backed_up expanded started ready canaried canaried canaried switched baked drained \
         stopped committed pruned finished"
    );
}

#[test]
fn a_deployer_that_dies_at_any_moment_is_resumed_or_undone() {
    let models: [fn(Fate) -> Model; 3] =
        [|fate| Model::new(Kind::Deploy, fate), |fate| Model::new(Kind::Rollback, fate), Model::with_canary];
    for model in models {
        for moment in 1..=moments(model(Fate::default())) {
            for asked in [Some(Asked::Resume), Some(Asked::Abort), None] {
                let fate = Fate { crashes: BTreeMap::from([(moment, asked)]), ..Fate::default() };
                let mut model = model(fate);
                let ending = model.run();
                model.is_tidy(ending, false);
                if asked == Some(Asked::Resume) {
                    assert_eq!(ending, Ending::Committed, "{:#?}", model.told);
                }
            }
        }
    }
}

#[test]
fn every_step_that_fails_before_the_old_release_is_drained_puts_back_what_was() {
    for step in STEPS {
        let mut model = Model::with_canary(Fate { failing: BTreeMap::from([(step, 1)]), ..Fate::default() });
        let ending = model.run();
        match step {
            Step::Drained | Step::Pruned | Step::SwitchedBack | Step::Removed => assert_eq!(ending, Ending::Committed),
            // What cannot be removed is left, and said; the next deployment removes it.
            Step::Stopped => {
                assert_eq!(ending, Ending::Committed);
                assert!(model.seen.world.blue.is_some());
                continue;
            }
            Step::Committed => {
                assert_eq!(ending, Ending::Halted);
                model.take_up(Some(Asked::Resume));
                assert!(matches!(model.sitting(), Ok(Ending::Committed)));
                continue;
            }
            _ => assert_eq!(ending, Ending::RolledBack, "{step:?}: {:#?}", model.told),
        }
        model.is_tidy(ending, false);
    }
}

#[test]
fn a_rollback_to_what_is_ill_is_not_done() {
    let last = moments(Model::new(Kind::Deploy, Fate::default()));
    for ill_at in 1..last {
        let fate = Fate { failing: BTreeMap::from([(Step::Baked, 1)]), old_ill_at: Some(ill_at), ..Fate::default() };
        let mut model = Model::new(Kind::Deploy, fate);
        let ending = model.run();
        if ending == Ending::Halted {
            assert!(model.seen.world.blue.is_some() && model.seen.world.green.is_some(), "nothing is taken away");
            let is_after_the_switch = model.seen.world.active == Some(Colour::Green);
            let said = if is_after_the_switch { "it is not switched to" } else { "neither is taken away" };
            assert!(model.progress.reason.as_ref().unwrap().contains(said), "{:?}", model.progress);
            // Nothing by itself, and again the same while the old one is ill.
            assert_eq!(unasked(&model.plan, &model.progress, &model.seen), None);
            model.take_up(Some(Asked::Abort));
            assert!(matches!(model.sitting(), Ok(Ending::Halted)));
            // Once it is well, it goes back.
            model.fate.old_ill_at = None;
            *model.seen.world.place_of(Colour::Blue) = Some(container(OLD));
            model.take_up(Some(Asked::Abort));
            assert!(matches!(model.sitting(), Ok(Ending::RolledBack)));
            model.is_tidy(Ending::RolledBack, false);
        }
    }
}

#[test]
fn the_only_release_that_is_well_is_not_taken_away() {
    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(NEW));
    model.ill(Colour::Blue);
    model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Back));
    assert!(matches!(model.sitting(), Ok(Ending::Halted)));
    assert!(model.seen.world.green.is_some());
    model.take_up(Some(Asked::Resume));
    assert!(matches!(model.sitting(), Ok(Ending::Committed)));
    model.is_tidy(Ending::Committed, false);
}

#[test]
fn whoever_was_led_to_a_release_that_falls_ill_is_led_back_at_once() {
    let well = moments(Model::with_canary(Fate::default()));
    for ill_at in 1..well {
        let mut model = Model::with_canary(Fate { new_ill_at: Some(ill_at), ..Fate::default() });
        model.run();
        let led_at = model.told.iter().rposition(|line| line.contains("canaried Done"));
        let back_at = model.told.iter().position(|line| line.contains("switched_back Done"));
        if let Some(led_at) = led_at.filter(|_| model.progress.ending == Some(Ending::RolledBack)) {
            assert!(back_at.is_some_and(|back_at| back_at > led_at), "{:#?}", model.told);
            model.is_tidy(Ending::RolledBack, false);
        }
    }
}

#[test]
fn a_deployer_that_takes_up_a_canary_goes_on_with_the_share_that_it_sees() {
    let mut model = Model::with_canary(Fate::default());
    model.seen.world.green = Some(container(NEW));
    model.seen.world.canary = Some(Canary { colour: Colour::Green, percent: 25 });
    model.take(State::Mark(Mark::Resumed), Phase::Done, resumed(Direction::Forward));
    assert!(matches!(model.sitting(), Ok(Ending::Committed)));
    let shares: Vec<&String> = model.told.iter().filter(|line| line.contains("canaried Done")).collect();
    assert_eq!(shares.len(), 2, "25 and 50: {:#?}", model.told);
    model.is_tidy(Ending::Committed, false);
}

#[test]
fn a_container_of_somebody_else_in_the_place_of_the_new_release_is_not_taken_for_it() {
    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(OLD));
    assert_eq!(model.run(), Ending::Committed);
    model.is_tidy(Ending::Committed, false);

    let mut model = Model::new(Kind::Deploy, Fate::default());
    model.seen.world.green = Some(container(OLD));
    model.seen.world.active = Some(Colour::Green);
    assert_eq!(model.run(), Ending::Halted);
    assert_eq!(model.seen.world.active, Some(Colour::Green));
}

fn fates() -> impl Strategy<Value = Fate> {
    let asked = prop_oneof![Just(Some(Asked::Resume)), Just(Some(Asked::Abort)), Just(None)];
    let failing = prop::collection::btree_map(prop::sample::select(STEPS.to_vec()), 1..3_u8, 0..4);
    let crashes = prop::collection::btree_map(1..70_usize, asked, 0..6);
    let ill = || prop::option::weighted(0.2, 1..60_usize);
    (failing, crashes, ill(), ill()).prop_map(|(failing, crashes, old_ill_at, new_ill_at)| Fate {
        failing,
        crashes,
        old_ill_at,
        new_ill_at,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Faults, illness and crashes in any order: whoever is served is served, what must not be done is not done (both are
    /// looked at at every moment), and it ends tidily, or stands still where it has reason to.
    #[test]
    fn whatever_happens_there_is_one_release_that_is_live(fate in fates(), which in 0..3) {
        let may_stand_still = fate.old_ill_at.is_some()
            || fate.new_ill_at.is_some()
            || [Step::Committed, Step::SwitchedBack, Step::Removed].iter().any(|step| fate.failing.contains_key(step));
        let may_leave_old = fate.failing.contains_key(&Step::Stopped);
        let mut model = match which {
            0 => Model::new(Kind::Deploy, fate),
            1 => Model::new(Kind::Rollback, fate),
            _ => Model::with_canary(fate),
        };
        let mut ending = model.run();
        if ending == Ending::Halted {
            prop_assert!(may_stand_still, "{:#?}", model.told);
            // A person makes both well and says where to.
            let asks: BTreeSet<bool> = [true, false].into();
            for is_resumed in asks {
                (model.fate.old_ill_at, model.fate.new_ill_at) = (None, None);
                model.fate.failing.clear();
                for colour in [Colour::Blue, Colour::Green] {
                    let at = model.seen.world.place_of(colour);
                    *at = at.take().map(|it| Container { is_well: it.is_running, ..it });
                }
                model.take_up(Some(if is_resumed { Asked::Resume } else { Asked::Abort }));
                ending = model.run_on();
                if ending != Ending::Halted {
                    break;
                }
            }
        }
        model.is_tidy(ending, may_leave_old);
    }
}

impl Model {
    /// On from a halt, without deaths.
    fn run_on(&mut self) -> Ending {
        self.fate.crashes.clear();
        match self.sitting() {
            Ok(ending) => ending,
            Err(Died) => unreachable!("nobody dies any more"),
        }
    }
}
