//! Several processes with one Redis, and a Redis that is lost in the middle.

use std::time::{Duration, Instant};

use engine::{clock::FixedClock, source::SourceId};
use secrecy::SecretString;

use super::*;
use crate::{
    app::SharedApp,
    cache::{RemoteState, testing::redis_url},
    db::Db,
    health,
    store::finished::SearchStatus,
    testing::{
        app_on, now,
        proxy::Proxy,
        upstream::{Act, Upstream},
    },
};

const SOURCES: [SourceId; 2] = [SourceId::Crossref, SourceId::Openalex];

/// A process with this Redis, and a database of its own.
async fn process(upstream: &Upstream, redis: &str) -> SharedApp {
    let mut config = upstream.config(&SOURCES);
    config.redis.url = Some(SecretString::from(redis));
    let db = Db::open("sqlite::memory:", &config.database.options()).await.unwrap();
    app_on(db, config, FixedClock::at(now()))
}

/// A question that nobody has asked this Redis yet.
fn question() -> Question {
    Question {
        query: format!("lamps {}", Uuid::new_v4().simple()),
        sources: Vec::new(),
        limit: None,
        refresh: false,
        anonymous: false,
    }
}

async fn asked(app: &SharedApp, question: &Question) -> Arc<Search> {
    start(app, Scope::local(), question).await.unwrap()
}

async fn answer(search: &Search) -> Arc<Answer> {
    wait(search, tokio::time::Instant::now() + Duration::from_secs(30)).await.unwrap()
}

#[tokio::test]
async fn the_same_question_to_two_processes_at_once_is_asked_once() {
    let Some(url) = redis_url() else { return };
    let upstream = Upstream::start().await;
    upstream.hold(SourceId::Openalex);
    let (one, other) = (process(&upstream, &url).await, process(&upstream, &url).await);
    let question = question();
    let first = asked(&one, &question).await;
    upstream.until_waiting(1).await;
    let second = asked(&other, &question).await;
    assert_eq!(second.status(), SearchStatus::Running);
    upstream.release();
    let (first, second) = (answer(&first).await, answer(&second).await);
    assert_eq!(
        (first.works().len(), upstream.asked(SourceId::Openalex), upstream.asked(SourceId::Crossref)),
        (2, 1, 1)
    );
    assert_eq!(second.works(), first.works());
    // And whoever comes later finds it kept, in a third process too.
    let third = asked(&process(&upstream, &url).await, &question).await;
    assert!(matches!(&third.origin, Origin::Kept(kept) if kept.works() == first.works()));
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_worth_keeping_is_handed_over_all_the_same() {
    let Some(url) = redis_url() else { return };
    let upstream = Upstream::start().await;
    upstream.set(SourceId::Crossref, Act::Status(403));
    upstream.hold(SourceId::Openalex);
    let (one, other) = (process(&upstream, &url).await, process(&upstream, &url).await);
    let question = question();
    let first = asked(&one, &question).await;
    upstream.until_waiting(1).await;
    let second = asked(&other, &question).await;
    upstream.release();
    assert_eq!(answer(&first).await.status(), SearchStatus::Partial);
    assert_eq!(answer(&second).await.status(), SearchStatus::Partial);
    assert_eq!(upstream.asked(SourceId::Openalex), 1);
}

#[tokio::test]
async fn searches_go_on_while_redis_is_lost_and_use_it_again_when_it_is_back() {
    let Some(url) = redis_url() else { return };
    let target = url.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(target).await;
    let upstream = Upstream::start().await;
    let app = process(&upstream, &format!("redis://{}/0", proxy.address)).await;
    let told = async |app: &SharedApp| {
        let health = serde_json::to_value(health::of(app).await).unwrap();
        health["components"]["redis"]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer(&*asked(&app, &question()).await).await.works().len(), 2);
    assert_eq!(told(&app).await, "healthy");
    upstream.hold(SourceId::Openalex);
    let under_way = asked(&app, &question()).await;
    upstream.until_waiting(1).await;
    proxy.cut();
    upstream.release();
    assert_eq!(answer(&under_way).await.works().len(), 2, "one that was under way");
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(answer(&*asked(&app, &question()).await).await.status(), SearchStatus::Completed);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(told(&app).await, "degraded");
    proxy.mend();
    while app.cache.remote.ping().await != RemoteState::Up {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let question = question();
    answer(&*asked(&app, &question).await).await;
    app.lifecycle.stop();
    app.lifecycle.ended().await;
    let other = asked(&process(&upstream, &url).await, &question).await;
    assert!(matches!(&other.origin, Origin::Kept(_)), "it is shared again");
}

#[tokio::test]
async fn a_process_that_dies_with_its_claim_holds_nobody_for_ever() {
    let Some(url) = redis_url() else { return };
    let upstream = Upstream::start().await;
    let app = process(&upstream, &url).await;
    let question = question();
    let prepared = app.engine().prepare(Query::parse(&question.query).unwrap(), &[], app.config.search.page_size);
    let claim = format!("pake:flight:{}", kept::key(&prepared, Scope::local(), &engine::work::Splits::default()));
    assert!(app.cache.remote.claim(&claim, "a process that is gone", Duration::from_millis(300)).await.unwrap());
    assert_eq!(answer(&*asked(&app, &question).await).await.works().len(), 2);
}

#[tokio::test]
async fn there_is_an_end_to_how_much_is_asked_at_once() {
    let upstream = Upstream::start().await;
    let app = app_on(
        Db::open("sqlite::memory:", &crate::db::DbOptions::default()).await.unwrap(),
        upstream.config(&SOURCES),
        FixedClock::at(now()),
    );
    let jobs: Vec<_> = (0..UNDER_WAY_MOST).map(|n| app.searches.join_or_create(&n.to_string(), false)).collect();
    let refused = start(&app, Scope::local(), &question()).await.unwrap_err();
    assert!(matches!(refused, Error::TooMany { .. }), "{refused}");
    drop(jobs);
}
