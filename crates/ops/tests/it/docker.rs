//! The story on a real engine, with people who ask the edge all the while.

use std::{
    sync::{Mutex, atomic::AtomicBool},
    time::Duration,
};

use ops::{
    deploy::{Deployer, Event},
    machine::Machine as _,
    plan::{Plan, Policy},
    progress::{Direction, Ending},
    step::Step,
    world::Colour,
};

use crate::stage::{Crowd, Stage, in_this_process, lock};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn a_release_takes_the_place_of_another_and_nobody_notices() {
    let stage = Stage::up("story", 9731).await;
    let machine = stage.machine().await;
    let told = Mutex::new(Vec::new());
    let tell = |event: &Event<'_>| told.lock().unwrap().push(event.to_string());
    let deployer =
        Deployer { machine: &machine, desk: &stage.desk, tell: &tell, is_interrupted: &AtomicBool::new(false) };
    let crowd = Crowd::of(16, &stage);
    for (version, ready, ending, live) in [
        (2, 204, Ending::Committed, Colour::Green),
        (3, 503, Ending::RolledBack, Colour::Green),
        (4, 204, Ending::Committed, Colour::Blue),
    ] {
        let image = stage.build("story", version, ready);
        let plan = stage.plan(&machine, &image).await;
        let ended = Box::pin(deployer.deploy(plan.clone())).await.unwrap();
        assert_eq!(ended.ending, ending, "{:#?}", told.lock().unwrap());
        let world = stage.is_tidy(&machine, &plan).await;
        assert_eq!(world.active, Some(live));
    }
    let (asked, failed) = crowd.goes_home().await;
    println!("{asked} requests, {failed} failed\n{}", told.lock().unwrap().join("\n"));
    assert!(asked > 500, "{asked}");
    assert_eq!(failed, 0, "of {asked}: {:#?}", told.lock().unwrap());
    let said = told.lock().unwrap().join("\n");
    assert!(said.contains("was not ready 3 times in a row within 3 s; the last answer: 503 of release"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn a_canary_has_a_share_before_all_are_led_to_it() {
    let stage = Stage::up("canary", 9734).await;
    let machine = stage.machine().await;
    let told = Mutex::new(Vec::new());
    let seen = Mutex::new(Vec::new());
    let tell = |event: &Event<'_>| told.lock().unwrap().push(event.to_string());
    let deployer =
        Deployer { machine: &machine, desk: &stage.desk, tell: &tell, is_interrupted: &AtomicBool::new(false) };
    let crowd = Crowd::of(16, &stage);
    let image = stage.build("canary", 2, 204);
    let plan = stage.plan(&machine, &image).await;
    let plan = Plan { policy: Policy { canary: vec![5, 25, 50], ..plan.policy }, ..plan };
    let deployed = Box::pin(deployer.deploy(plan.clone()));
    let looked = async {
        loop {
            let world = machine.look(&plan).await.unwrap();
            seen.lock().unwrap().extend(world.canary.map(|canary| canary.percent));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let ended = tokio::select! { ended = deployed => ended.unwrap(), () = looked => unreachable!("it looks for ever") };
    assert_eq!(ended.ending, Ending::Committed, "{:#?}", told.lock().unwrap());
    let world = stage.is_tidy(&machine, &plan).await;
    assert_eq!((world.active, world.canary), (Some(Colour::Green), None));
    let mut shares = seen.into_inner().unwrap();
    shares.dedup();
    assert_eq!(shares, [5, 25, 50]);
    let (asked, failed) = crowd.goes_home().await;
    println!("{asked} requests, {failed} failed\n{}", told.lock().unwrap().join("\n"));
    assert_eq!(failed, 0, "of {asked}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn a_release_comes_back_with_its_data_or_everything_is_as_it_was() {
    let stage = Stage::up("data", 9735).await;
    let machine = stage.machine().await;
    let told = Mutex::new(Vec::new());
    let tell = |event: &Event<'_>| told.lock().unwrap().push(event.to_string());
    let deployer =
        Deployer { machine: &machine, desk: &stage.desk, tell: &tell, is_interrupted: &AtomicBool::new(false) };
    for version in [2, 3] {
        let plan = stage.plan(&machine, &stage.build("data", version, 204)).await;
        assert_eq!(Box::pin(deployer.deploy(plan)).await.unwrap().ending, Ending::Committed);
    }
    // The first one cannot start any more, the second one can.
    let broken = stage.build("data", 4, 503);
    for (image, ending) in [(broken.as_str(), Ending::RolledBack), ("pake-ops-data:2", Ending::Committed)] {
        let survey = machine.survey(image, &stage.desk.salt().unwrap()).await.unwrap();
        let before = stage.desk.releases.all().unwrap().pop().unwrap();
        let plan = stage.plan(&machine, image).await;
        let plan = Plan::back_to(&before, plan.deploy, plan.made_at, survey, plan.policy);
        let restore = machine.restorable(&plan.survey, "backups/pake.zip".to_owned()).await.unwrap();
        assert_eq!((restore.lost.audit, restore.was_shut), (2, false));
        let live = plan.survey.active;
        let plan = Plan { restore: Some(restore), ..plan };
        let ended = Box::pin(deployer.deploy(plan.clone())).await.unwrap();
        assert_eq!(ended.ending, ending, "{:#?}", told.lock().unwrap());
        let world = stage.is_tidy(&machine, &plan).await;
        assert_eq!((world.is_shut, world.is_restored), (false, ending == Ending::Committed));
        assert_eq!(world.active == live, ending == Ending::RolledBack);
    }
    println!("{}", told.lock().unwrap().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn whoever_comes_after_a_dead_deployer_ends_what_it_began() {
    let stage = Stage::up("deaths", 9732).await;
    let machine = stage.machine().await;
    let images = [stage.build("deaths", 2, 204), stage.build("deaths", 3, 204)];
    let crowd = Crowd::of(8, &stage);
    let steps = [
        Step::Expanded,
        Step::Started,
        Step::Ready,
        Step::Switched,
        Step::Baked,
        Step::Drained,
        Step::Stopped,
        Step::Committed,
    ];
    let mut died = 0;
    for (number, (step, direction)) in
        steps.into_iter().flat_map(|step| [(step, Direction::Forward), (step, Direction::Back)]).enumerate()
    {
        // The deployer is gone a moment after the line in which it says what it is about to do.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let sender = Mutex::new(Some(sender));
        let tell = |event: &Event<'_>| {
            if matches!(event, Event::Doing(doing) if *doing == step) {
                sender.lock().unwrap().take().map(|sender| sender.send(()));
            }
        };
        let is_interrupted = AtomicBool::new(false);
        let deployer = Deployer { machine: &machine, desk: &stage.desk, tell: &tell, is_interrupted: &is_interrupted };
        let plan = stage.plan(&machine, &images[number % 2]).await;
        let dies = async {
            receiver.await.unwrap();
            tokio::time::sleep(Duration::from_millis(40 * (number as u64 % 4))).await;
        };
        tokio::select! {
            // It was quicker than its death.
            ended = deployer.deploy(plan.clone()) => {
                assert_eq!(ended.unwrap().ending, Ending::Committed);
                continue;
            }
            () = dies => died += 1,
        }
        let taken = stage.desk.take_up().unwrap().unwrap();
        let direction = if direction == Direction::Forward { taken.progress.onward() } else { direction };
        let ended = Box::pin(deployer.take_up(taken, direction)).await.unwrap();
        assert_ne!(ended.ending, Ending::Halted, "{step:?} {direction:?}: {ended:?}");
        let world = stage.is_tidy(&machine, &plan).await;
        let is_new = world.active == Some(plan.colour);
        assert_eq!(is_new, ended.ending == Ending::Committed, "{step:?} {direction:?}: {ended:?}");
    }
    let (asked, failed) = crowd.goes_home().await;
    println!("{died} deaths, {asked} requests, {failed} failed");
    assert!(died >= 12, "{died}");
    assert_eq!(failed, 0, "of {asked}");
}

#[tokio::test]
#[ignore = "the deployer of another test, in a process of its own"]
async fn the_deployer_of_another_test() {
    let Some((machine, desk, plan)) = in_this_process().await else { return };
    let _lock = lock(&desk).await;
    let is_interrupted = AtomicBool::new(false);
    let deployer = Deployer { machine: &machine, desk: &desk, tell: &|_| {}, is_interrupted: &is_interrupted };
    Box::pin(deployer.deploy(plan)).await.unwrap();
}

/// Lines of the journal of a deployment in which nothing goes wrong, with an image that is here: the plan, eleven steps of two
/// lines, the end.
const LINES: usize = 24;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker engine"]
async fn a_deployer_that_is_killed_after_any_line_of_its_journal_is_followed() {
    let stage = Stage::up("killed", 9733).await;
    let machine = stage.machine().await;
    let images = [stage.build("killed", 2, 204), stage.build("killed", 3, 204)];
    let is_interrupted = AtomicBool::new(false);
    let follower = Deployer { machine: &machine, desk: &stage.desk, tell: &|_| {}, is_interrupted: &is_interrupted };
    let crowd = Crowd::of(8, &stage);
    let ways = [Direction::Forward, Direction::Back];
    for (number, (lines, way)) in (1..LINES).flat_map(|lines| ways.map(|way| (lines, way))).enumerate() {
        let plan = stage.plan(&machine, &images[number % 2]).await;
        let mut deployer = stage.deployer(&plan);
        let journal = ops::journal::path(&stage.desk_folder(), plan.deploy);
        let written = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
        while written() < lines && deployer.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        deployer.kill().unwrap();
        deployer.wait().unwrap();
        // Free by itself.
        let _lock = lock(&stage.desk).await;
        let Some(taken) = stage.desk.take_up().unwrap() else {
            assert!(lines + 1 >= LINES, "it was over with line {lines}");
            continue;
        };
        let last = taken.journal.records().last().cloned().unwrap();
        let direction = if way == Direction::Forward { taken.progress.onward() } else { way };
        let ended = Box::pin(follower.take_up(taken, direction)).await.unwrap();
        println!("killed after line {} ({} {:?}), {way:?}: {:?}", last.seq + 1, last.state, last.phase, ended.ending);
        let world = stage.is_tidy(&machine, &plan).await;
        assert_eq!(world.active == Some(plan.colour), ended.ending == Ending::Committed, "{ended:?}");
        assert!(way == Direction::Back || ended.ending == Ending::Committed, "{ended:?}");
    }
    let (asked, failed) = crowd.goes_home().await;
    println!("{asked} requests, {failed} failed");
    assert_eq!(failed, 0, "of {asked}");
}
