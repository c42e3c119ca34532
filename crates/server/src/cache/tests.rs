//! Both tiers, the shared one on a real Redis.

use bytes::Bytes;
use chrono::TimeZone;
use engine::item::Record;
use secrecy::SecretString;

use super::{testing::redis_url, *};

fn cache(redis: Option<String>) -> Cache {
    let url = redis.map(SecretString::from);
    Cache::new(&CacheConfig::default(), &RedisConfig { url, ..RedisConfig::default() }).unwrap()
}

fn at(hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, hour, 0, 0).unwrap()
}

fn page(titles: &[&str]) -> Arc<Page> {
    let record = |title: &&str| Arc::new(Record { title: (*title).to_owned(), ..Record::default() });
    Arc::new(Page { records: titles.iter().map(record).collect(), ..Page::default() })
}

fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4())
}

#[tokio::test]
async fn a_page_is_fresh_then_stale_then_gone_as_its_source_allows() {
    let cache = cache(None);
    let question = [(SourceId::SemanticScholar, "key".to_owned())];
    cache.keep_page(SourceId::SemanticScholar, "key".to_owned(), page(&["a"]), at(0)).await;
    let found = async |now| cache.pages(&question, now).await.pop().map(|(_, known)| known.fresh);
    assert_eq!(found(at(23)).await, Some(true));
    assert_eq!(found(at(0) + chrono::Duration::days(6)).await, Some(false));
    assert_eq!(found(at(0) + chrono::Duration::days(7)).await, None);
    assert_eq!(found(at(0) - chrono::Duration::days(2)).await, Some(true), "a clock that was put back");
}

#[test]
fn what_was_kept_last_is_there_however_often_the_rest_was_wanted() {
    let memory = Memory::new(200_000);
    let keep = |key: u32| memory.put(key.to_string(), Arc::new(key), 20_000, Duration::from_mins(1));
    for key in 0..50 {
        keep(key);
        for wanted in key.saturating_sub(5)..=key {
            assert_eq!(memory.get(&wanted.to_string()).as_deref(), Some(&wanted));
        }
    }
    assert!(memory.get("0").is_none() && memory.bytes() <= 200_000);
}

#[tokio::test]
async fn an_empty_page_is_believed_for_ten_minutes() {
    let cache = cache(None);
    let question = [(SourceId::Arxiv, "empty".to_owned())];
    cache.keep_page(SourceId::Arxiv, "empty".to_owned(), page(&[]), at(0)).await;
    assert_eq!(cache.pages(&question, at(0) + chrono::Duration::minutes(9)).await.len(), 1);
    assert!(cache.pages(&question, at(0) + chrono::Duration::minutes(10)).await.is_empty());
}

#[tokio::test]
async fn a_page_kept_by_one_replica_is_found_by_another() {
    let Some(url) = redis_url() else { return };
    let (one, other) = (cache(Some(url.clone())), cache(Some(url)));
    let key = unique("shared");
    one.keep_page(SourceId::Crossref, key.clone(), page(&["a", "b"]), at(0)).await;
    let found = other.pages(&[(SourceId::Crossref, key)], at(1)).await;
    assert_eq!(found[0].1.page, page(&["a", "b"]));
    assert_eq!(found[0].1.fetched_at, at(0));
}

#[tokio::test]
async fn what_must_not_be_stored_stays_in_memory() {
    let Some(url) = redis_url() else { return };
    let (one, other) = (cache(Some(url.clone())), cache(Some(url)));
    let key = unique("brave");
    one.keep_page(SourceId::Brave, key.clone(), page(&["a"]), at(0)).await;
    let question = [(SourceId::Brave, key)];
    assert_eq!(one.pages(&question, at(0)).await.len(), 1);
    assert!(other.pages(&question, at(0)).await.is_empty());
}

#[tokio::test]
async fn what_is_forgotten_is_gone_for_every_replica_and_nothing_else_is() {
    let Some(url) = redis_url() else { return };
    let (one, other) = (cache(Some(url.clone())), cache(Some(url)));
    let names = [unique("gone"), unique("gone"), unique("stays")];
    for name in &names {
        one.remote.put(name.clone(), Bytes::from_static(b"x"), Duration::from_secs(30)).await.unwrap();
    }
    other.remote.forget(&names[..2]).await.unwrap();
    assert_eq!(one.remote.get(&names).await.unwrap(), [None, None, Some(Bytes::from_static(b"x"))]);
}

#[tokio::test]
async fn it_says_what_it_runs_on() {
    let Some(url) = redis_url() else { return };
    let versions = cache(Some(url)).remote.versions().await.unwrap();
    let is_known = |version: &String| version.starts_with("Redis ") || version.starts_with("Valkey ");
    assert!(versions.len() == 1 && versions.iter().all(is_known), "{versions:?}");
    assert_eq!(cache(None).remote.versions().await, Ok(vec![]));
}

#[tokio::test]
async fn one_of_two_replicas_holds_a_claim_and_only_it_gives_it_back() {
    let Some(url) = redis_url() else { return };
    let (one, other) = (cache(Some(url.clone())), cache(Some(url)));
    let name = unique("claim");
    let life = Duration::from_secs(30);
    assert_eq!(one.remote.claim(&name, "one", life).await, Ok(true));
    assert_eq!(other.remote.claim(&name, "other", life).await, Ok(false));
    other.remote.release(&name, "other").await.unwrap();
    assert_eq!(other.remote.claim(&name, "other", life).await, Ok(false), "it was not the other's to give back");
    one.remote.release(&name, "one").await.unwrap();
    assert_eq!(other.remote.claim(&name, "other", life).await, Ok(true));
}

#[tokio::test]
async fn a_redis_that_is_away_is_said_and_costs_nothing_but_what_it_kept() {
    // A port of this machine where nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let cache = cache(Some(format!("redis://{address}")));
    assert_eq!(cache.remote.ping().await, RemoteState::Down);
    cache.keep_page(SourceId::Arxiv, "key".to_owned(), page(&["a"]), at(0)).await;
    assert_eq!(cache.pages(&[(SourceId::Arxiv, "key".to_owned())], at(1)).await.len(), 1);
}

#[tokio::test]
async fn bytes_that_are_not_ours_are_no_page() {
    let Some(url) = redis_url() else { return };
    let cache = cache(Some(url));
    let key = unique("garbage");
    cache
        .remote
        .put(page_name(&key), Bytes::from_static(b"\x28\xb5\x2f\xfdgarbage"), Duration::from_secs(30))
        .await
        .unwrap();
    assert!(cache.pages(&[(SourceId::Arxiv, key)], at(0)).await.is_empty());
}

#[tokio::test]
async fn an_answer_that_made_room_is_not_held_by_the_way_in_which_it_was_asked_for() {
    let config = CacheConfig { memory_mb: 1, ..CacheConfig::default() };
    let cache = Cache::new(&config, &RedisConfig::default()).unwrap();
    let outcome = engine::event::Outcome {
        works: vec![],
        records: vec![],
        sources: vec![],
        counts: engine::event::Counts::default(),
        took_ms: 1,
    };
    let life = Duration::from_mins(1);
    for number in 0..100 {
        let key = format!("key {number}");
        let answer = Arc::new(Answer::new(uuid::Uuid::nil(), &key, "lamps", 10, &outcome, at(0)));
        cache.answers.put(key.clone(), answer, 50 << 10, life);
        cache.understood(format!("typed {number}"), &key, life);
    }
    let found = (0..100).filter(|number| cache.answer_as_typed(&format!("typed {number}")).is_some()).count();
    assert!((1..20).contains(&found), "{found} found");
}
