use std::sync::Arc;

use engine::{others::Agreed as _, source::SourceId};
use tokio::sync::mpsc;

use super::*;
use crate::{cache::testing::redis_url, testing::now};

/// Replicas of one installation of their own, on the Redis of the tests.
fn two() -> Option<[Arc<Replicas>; 2]> {
    let config = RedisConfig { url: Some(redis_url()?.into()), ..RedisConfig::default() };
    let name = Uuid::new_v4().simple().to_string();
    Some([(); 2].map(|()| {
        let replicas = Replicas::new(&config).unwrap();
        replicas.named(name.clone());
        Arc::new(replicas)
    }))
}

#[test]
fn a_letter_is_read_as_it_was_written_and_others_are_not_read() {
    let from = Uuid::from_u128(7);
    let letter = Letter::Entry {
        search: Uuid::nil(),
        before: 1,
        seq: 2,
        frame: FrameType::SearchProgress,
        at: now(),
        message_id: Uuid::nil(),
    };
    let mut text = serde_json::to_vec(&Envelope { from, letter: &letter }).unwrap();
    text.extend_from_slice(b"\n{\n\xff");
    let heard = read(&text.into()).unwrap();
    assert_eq!((heard.from, heard.letter, &heard.enclosed[..]), (from, letter, &b"{\n\xff"[..]));
    for text in ["", "\n", "{}\n", "no letter", r#"{"from":"x","letter":"beat"}"#, "{\"letter\":\"of tomorrow\"}\n"] {
        assert!(read(&text.into()).is_none(), "{text}");
    }
}

#[tokio::test]
async fn what_one_tells_the_others_hear_and_no_other_installation() {
    let (Some([one, other]), Some([stranger, _])) = (two(), two()) else { return };
    let ((sender, mut heard), (own, mut echo), (strange, mut overheard)) =
        (mpsc::channel::<Heard>(9), mpsc::channel::<Heard>(9), mpsc::channel::<Heard>(9));
    let letter = Letter::Departed { person: Uuid::from_u128(1) };
    let telling = async {
        // Until both listen.
        while one.tell(To::All, &letter, b"enclosed").await < Some(2) || stranger.are_heard().is_none() {
            tokio::task::yield_now().await;
        }
        let came: Heard = heard.recv().await.unwrap();
        assert_eq!((came.from, came.letter, &came.enclosed[..]), (one.id, letter.clone(), &b"enclosed"[..]));
        assert_eq!(one.tell(To::One(other.id), &Letter::Beat, b"").await, Some(1));
        while heard.recv().await.unwrap().letter != Letter::Beat {}
        assert!(echo.try_recv().is_err(), "nobody hears themselves");
        assert!(overheard.try_recv().is_err());
        assert_eq!((one.are_heard(), other.are_heard()), (Some(true), Some(true)));
    };
    tokio::select! {
        () = telling => {}
        () = other.listen(sender) => panic!("it ended"),
        () = one.listen(own) => panic!("it ended"),
        () = stranger.listen(strange) => panic!("it ended"),
    }
}

#[tokio::test]
async fn who_left_is_known_to_the_others_from_then_on() {
    let Some([one, other]) = two() else { return };
    let person = Uuid::from_u128(1);
    assert!(!other.has_departed(person, now()).await);
    one.note_departure(person, now()).await;
    assert!(other.has_departed(person, now() - TimeDelta::minutes(1)).await);
    assert!(!other.has_departed(person, now() + TimeDelta::minutes(1)).await, "they have come in again since");
    assert!(!other.has_departed(Uuid::from_u128(2), now()).await);
}

#[tokio::test]
async fn a_search_is_found_as_long_as_it_runs() {
    let Some([one, other]) = two() else { return };
    let running = Running {
        scope: Scope::local(),
        query: "lamps".to_owned(),
        sources: vec![SourceId::Arxiv],
        limit: 25,
        refresh: false,
        is_recorded: true,
        started_at: now(),
        deaths: 0,
    };
    let id = Uuid::from_u128(3);
    assert_eq!(other.runner_of(id).await.unwrap(), None);
    one.runs(id, &running);
    let looking = async {
        while other.runner_of(id).await.unwrap().is_none() {}
        assert_eq!(other.runner_of(id).await.unwrap(), Some((one.id, running.clone())));
        one.ended(id);
        while other.runner_of(id).await.unwrap().is_some() {}
    };
    tokio::select! {
        () = looking => {}
        () = one.keep_ledger(|| true, |_, _| panic!("nobody died")) => panic!("it ended"),
    }
}

#[tokio::test]
async fn whoever_leaves_crosses_out_what_has_ended_there_and_nothing_else() {
    let Some([one, other]) = two() else { return };
    let running = Running {
        scope: Scope::local(),
        query: "lamps".to_owned(),
        sources: Vec::new(),
        limit: 25,
        refresh: false,
        is_recorded: true,
        started_at: now(),
        deaths: 0,
    };
    let [ended, cut] = [Uuid::from_u128(5), Uuid::from_u128(6)];
    one.leave().await;
    let leaving = async {
        for id in [ended, cut] {
            one.runs(id, &running);
            while other.runner_of(id).await.unwrap().is_none() {}
        }
        one.ended(ended);
        one.leave().await;
        assert_eq!(other.runner_of(ended).await.unwrap(), None, "at once, and not at the next beat but one");
        assert!(other.runner_of(cut).await.unwrap().is_some(), "somebody has to run it again");
    };
    tokio::select! {
        () = leaving => {}
        () = one.keep_ledger(|| true, |_, _| panic!("nobody died")) => panic!("it ended"),
    }
}

#[tokio::test]
async fn turns_at_a_slow_host_are_those_of_all_together() {
    let Some([one, other]) = two() else { return };
    let [one, other] = [one, other].map(Turns);
    let (interval, most) = (Duration::from_mins(1), Duration::from_secs(90));
    let wait = async |turns: &Turns| turns.turn("slow.test", interval, most).await.unwrap();
    let is_about = |wait: Duration, seconds: u64| (seconds.saturating_sub(5)..=seconds).contains(&wait.as_secs());
    assert_eq!(wait(&one).await, Duration::ZERO);
    assert!(is_about(wait(&other).await, 60));
    assert!(is_about(wait(&one).await, 120), "too far away: nobody takes it");
    assert!(is_about(wait(&other).await, 120));
    assert_eq!(one.turn("other.test", interval, most).await, Some(Duration::ZERO));
    one.rests(SourceId::Arxiv, "tired.test", Duration::from_mins(10));
    // Turns of a millisecond: until the rest is heard of they are near, though not always now.
    while other.turn("tired.test", Duration::from_millis(1), most).await.unwrap() < Duration::from_mins(1) {
        tokio::task::yield_now().await;
    }
    assert!(is_about(wait_at(&other, "tired.test").await, 600));
}

async fn wait_at(turns: &Turns, host: &str) -> Duration {
    turns.turn(host, Duration::ZERO, Duration::ZERO).await.unwrap()
}

#[tokio::test]
async fn without_redis_there_is_nobody() {
    let alone = Arc::new(Replicas::new(&RedisConfig::default()).unwrap());
    assert!(!alone.are_reachable());
    assert_eq!(alone.tell(To::All, &Letter::Beat, b"").await, Some(0));
    assert!(!alone.are_there_others());
    assert!(!alone.has_departed(Uuid::nil(), now()).await);
    assert_eq!(alone.runner_of(Uuid::nil()).await, Ok(None));
    alone.leave().await;
    alone.keep_ledger(|| true, |_, _| panic!("nobody died")).await;
    assert_eq!(Turns(alone).turn("slow.test", Duration::from_secs(1), Duration::from_secs(1)).await, None);
}
