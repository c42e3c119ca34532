use std::{pin::pin, sync::Arc};

use futures_util::{
    FutureExt,
    future::{join_all, poll_immediate},
};
use proptest::prelude::*;
use tokio::{
    sync::mpsc,
    time::{advance, sleep},
};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

fn in_(seconds: f64) -> Instant {
    Instant::now() + Duration::from_secs_f64(seconds)
}

fn millis_since(start: Instant) -> u128 {
    // The limiter's windows are no whole number of milliseconds, tokio's timers are.
    (Instant::now() - start).as_millis()
}

#[tokio::test(start_paused = true)]
async fn as_many_as_the_rate_go_at_once_and_the_next_waits_for_the_window() {
    let limiter = Limiter::new(2.0, 0);
    let start = Instant::now();
    let mut times = Vec::new();
    for _ in 0..5 {
        limiter.turn(in_(60.0)).await.unwrap();
        times.push(millis_since(start));
    }
    assert_eq!(times, [0, 0, 1000, 1000, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_is_asked_once_in_three_seconds() {
    let limiter = Limiter::new(0.33, 1);
    let start = Instant::now();
    for _ in 0..3 {
        limiter.turn(in_(60.0)).await.unwrap();
    }
    assert!((6060..6065).contains(&millis_since(start)), "{}", millis_since(start));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_served_in_time_is_told_at_once_when_he_could_be() {
    let limiter = Limiter::new(1.0, 0);
    let start = Instant::now();
    limiter.turn(in_(0.0)).await.unwrap();
    let refused = limiter.turn(in_(0.5)).await.unwrap_err();
    assert_eq!(refused - start, Duration::from_secs(1));
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_counted_when_a_turn_is_promised() {
    let limiter = Limiter::new(1.0, 0);
    let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(limiter.turn(in_(60.0)))).collect();
    for turn in &mut waiting {
        let _ = poll_immediate(turn).await;
    }
    // One went at once, three wait: the fifth would go after four seconds.
    assert_eq!(limiter.waiting(), 3);
    assert_eq!(limiter.expected_wait(), Duration::from_secs(4));
    assert_eq!(limiter.turn(in_(3.5)).await.unwrap_err() - Instant::now(), Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served() {
    let limiter = Arc::new(Limiter::new(1.0, 2));
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for number in 0..6 {
        let (limiter, tell) = (Arc::clone(&limiter), tell.clone());
        tasks.push(tokio::spawn(async move {
            let permit = limiter.turn(Instant::now() + HOUR).await.unwrap();
            tell.send(number).unwrap();
            sleep(Duration::from_millis(1500)).await;
            drop(permit);
        }));
        // Lets it take its place in the queue.
        tokio::task::yield_now().await;
    }
    join_all(tasks).await;
    drop(tell);
    let mut order = Vec::new();
    while let Some(number) = told.recv().await {
        order.push(number);
    }
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_frees_his_place() {
    let limiter = Limiter::new(1.0, 0);
    let start = Instant::now();
    limiter.turn(in_(60.0)).await.unwrap();
    let mut first = Box::pin(limiter.turn(in_(60.0)));
    let mut second = Box::pin(limiter.turn(in_(60.0)));
    assert!(poll_immediate(&mut first).await.is_none());
    assert!(poll_immediate(&mut second).await.is_none());
    drop(first);
    assert_eq!(limiter.waiting(), 1);
    second.await.unwrap();
    assert_eq!(millis_since(start), 1000);
    assert_eq!(limiter.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_are_under_way_at_once() {
    let limiter = Limiter::new(100.0, 2);
    let one = limiter.turn(in_(60.0)).await.unwrap();
    let _two = limiter.turn(in_(60.0)).await.unwrap();
    let mut third = pin!(limiter.turn(in_(60.0)));
    assert!(poll_immediate(&mut third).await.is_none());
    assert!(limiter.turn_now().is_none());
    drop(one);
    assert!(third.now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_one_under_way_gives_up_at_his_deadline() {
    let limiter = Limiter::new(100.0, 1);
    let _under_way = limiter.turn(in_(60.0)).await.unwrap();
    let start = Instant::now();
    assert!(limiter.turn(in_(0.2)).await.is_err());
    assert_eq!(millis_since(start), 200);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_even_without_a_limit_of_ours() {
    for rate in [0.0, 5.0] {
        let limiter = Limiter::new(rate, 0);
        let start = Instant::now();
        limiter.pause(Duration::from_secs(3));
        limiter.pause(Duration::from_secs(1));
        assert!(limiter.turn_now().is_none());
        assert_eq!(limiter.turn(in_(2.0)).await.unwrap_err() - start, Duration::from_secs(3));
        let turns = join_all((0..3).map(|_| limiter.turn(in_(60.0)))).await;
        assert!(turns.iter().all(Result::is_ok));
        assert_eq!(millis_since(start), 3000);
        assert_eq!(limiter.paused_until(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_comes_while_one_waits_makes_him_wait_longer() {
    let limiter = Limiter::new(1.0, 0);
    let start = Instant::now();
    limiter.turn(in_(60.0)).await.unwrap();
    let mut next = pin!(limiter.turn(in_(60.0)));
    assert!(poll_immediate(&mut next).await.is_none());
    limiter.pause(Duration::from_secs(5));
    next.await.unwrap();
    assert_eq!(millis_since(start), 5000);
}

#[tokio::test(start_paused = true)]
async fn headers_set_the_rate_and_the_number_under_way() {
    let limiter = Limiter::new(100.0, 4);
    let under_way = join_all((0..4).map(|_| limiter.turn(in_(60.0)))).await;
    limiter.obey(Pace { rate: Rate::new(1, Duration::from_secs(10)), concurrency: Some(1), pause: None });
    assert_eq!(limiter.concurrency(), Some(1));
    drop(under_way);
    let start = Instant::now();
    let one = limiter.turn(in_(60.0)).await.unwrap();
    assert_eq!(millis_since(start), 11_000, "a window of ten seconds and a tenth");
    // Of the four permits three are gone.
    advance(Duration::from_mins(1)).await;
    assert!(limiter.turn_now().is_none());
    limiter.obey(Pace { rate: Rate::new(50, Duration::from_secs(1)), concurrency: Some(3), pause: None });
    let more: Vec<_> = (0..3).map_while(|_| limiter.turn_now()).collect();
    assert_eq!(more.len(), 2);
    drop((one, more));
    assert_eq!((0..9).map_while(|_| limiter.turn_now()).collect::<Vec<_>>().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn raising_the_number_under_way_while_too_many_are_keeps_count() {
    let limiter = Limiter::new(1000.0, 3);
    let under_way = join_all((0..3).map(|_| limiter.turn(in_(60.0)))).await;
    let allow = |number| limiter.obey(Pace { rate: None, concurrency: Some(number), pause: None });
    allow(1);
    allow(2);
    drop(under_way);
    assert_eq!((0..9).map_while(|_| limiter.turn_now()).collect::<Vec<_>>().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_of_ours_headers_change_nothing() {
    let limiter = Limiter::new(0.0, 0);
    limiter.obey(Pace {
        rate: Rate::new(1, Duration::from_mins(1)),
        concurrency: Some(1),
        pause: Some(Duration::from_secs(9)),
    });
    let all = join_all((0..100).map(|_| limiter.turn(in_(0.0)))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((limiter.rate(), limiter.concurrency()), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_window_ever_sees_more_than_the_rate_and_every_promise_is_kept(
        per_second in 0.2_f64..20.0,
        gaps in proptest::collection::vec(0_u64..800, 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (starts, promises) = runtime.block_on(async {
            let limiter = Arc::new(Limiter::new(per_second, 0));
            let mut tasks = Vec::new();
            for gap in gaps {
                sleep(Duration::from_millis(gap)).await;
                let promise = Instant::now() + limiter.expected_wait();
                let limiter = Arc::clone(&limiter);
                tasks.push(tokio::spawn(async move {
                    limiter.turn(Instant::now() + HOUR).await.unwrap();
                    (Instant::now(), promise)
                }));
                tokio::task::yield_now().await;
            }
            join_all(tasks).await.into_iter().map(Result::unwrap).unzip::<_, _, Vec<_>, Vec<_>>()
        });
        let rate = Rate::per_second(per_second).unwrap();
        for pair in starts.windows(rate.requests as usize + 1) {
            let (first, last) = (pair[0], pair[pair.len() - 1]);
            prop_assert!(last - first >= rate.window, "{} requests in {:?}", pair.len(), last - first);
        }
        for (start, promise) in starts.iter().zip(&promises) {
            // A timer of tokio may be up to a millisecond late, and that adds up along the queue.
            prop_assert!(*start + Duration::from_millis(1) >= *promise);
            prop_assert!(*start <= *promise + Duration::from_millis(2 * starts.len() as u64));
        }
    }
}
