//! How PAKE is used: by whom, how much, how well, by day. Counted from what is in the database.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use engine::source::SourceId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    error::{Error, Result},
    store::usage::{self, Alike, DAY, Extent},
};

/// Most days that are counted.
pub const DAYS_MOST: u32 = 366;

/// How long searches took, in milliseconds; to two digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Latency {
    /// Half of them took no longer.
    pub p50: i64,
    /// 95 of 100 took no longer.
    pub p95: i64,
    /// 99 of 100 took no longer.
    pub p99: i64,
}

/// How searches went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Quality {
    /// Searches that were made.
    pub searches: u64,
    /// Share of them that had an answer, of those that were not withdrawn.
    pub success_rate: Option<f64>,
    /// Share of them that were answered from the cache.
    pub cache_hit_rate: Option<f64>,
    /// How long they took.
    pub latency_ms: Option<Latency>,
}

/// Requests that were counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Requests {
    /// By people who have signed in.
    pub by_session: u64,
    /// By programs with an API token.
    pub by_token: u64,
}

/// One day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = UsageDay)]
pub struct Day {
    /// The day (UTC).
    pub day: NaiveDate,
    /// People who searched.
    pub active_users: u64,
    /// How searches went.
    #[serde(flatten)]
    pub quality: Quality,
    /// Requests.
    pub requests: Requests,
}

/// How often a source was to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UsageSource)]
pub struct Source {
    /// The source.
    pub source: SourceId,
    /// Searches.
    pub searches: u64,
}

/// How PAKE is used.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Usage {
    /// From this time on.
    pub since: DateTime<Utc>,
    /// In this workspace; nothing: in all of them.
    pub tenant_id: Option<Uuid>,
    /// People who searched.
    pub active_users: u64,
    /// How searches went, all together.
    #[serde(flatten)]
    pub quality: Quality,
    /// The sources, the most asked first.
    pub popular_sources: Vec<Source>,
    /// How often what was used: requests by the class of their route, and what the audit log has.
    pub features: BTreeMap<String, u64>,
    /// Requests.
    pub requests: Requests,
    /// API tokens that were used.
    pub active_tokens: u64,
    /// Each day (UTC), the earliest first; days on which nothing happened are left out.
    pub days: Vec<Day>,
}

/// How PAKE was used in the last `days`, today included.
pub async fn of(app: &App, workspace: Option<Uuid>, days: u32) -> Result<Usage> {
    if !(1..=DAYS_MOST).contains(&days) {
        return Err(Error::invalid("days", format!("must be 1 to {DAYS_MOST}")));
    }
    let today = app.clock.now().date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    let since = today - TimeDelta::days(i64::from(days) - 1);
    let extent = Extent { since, workspace };
    let mut by_day: BTreeMap<i64, Day> = BTreeMap::new();
    // Side by side: of a million searches they take two seconds on PostgreSQL and four on SQLite.
    let (searches, people, active_users, popular_sources) = tokio::try_join!(
        usage::searches(&app.db, extent),
        usage::people(&app.db, extent),
        usage::people_at_all(&app.db, extent),
        usage::sources(&app.db, extent),
    )?;
    let mut each: BTreeMap<i64, Vec<&Alike>> = BTreeMap::new();
    for alike in &searches {
        each.entry(alike.day).or_default().push(alike);
    }
    for (day, alike) in each {
        of_day(&mut by_day, day).quality = quality(&alike);
    }
    for (day, people) in people {
        of_day(&mut by_day, day).active_users = positive(people);
    }
    let (mut features, mut requests) = (BTreeMap::new(), Requests::default());
    for (day, via, class, count) in usage::requests(&app.db, extent).await? {
        let count = positive(count);
        for requests in [&mut of_day(&mut by_day, day).requests, &mut requests] {
            *(if via == "token" { &mut requests.by_token } else { &mut requests.by_session }) += count;
        }
        *features.entry(format!("requests.{class}")).or_default() += count;
    }
    features.extend(usage::deeds(&app.db, extent).await?.into_iter().map(|(action, count)| (action, positive(count))));
    Ok(Usage {
        since,
        tenant_id: workspace,
        active_users: positive(active_users),
        quality: quality(&searches.iter().collect::<Vec<_>>()),
        popular_sources: ordered(popular_sources),
        features,
        requests,
        active_tokens: positive(usage::tokens(&app.db, extent).await?),
        days: by_day.into_values().collect(),
    })
}

/// The most asked first.
fn ordered(counts: BTreeMap<SourceId, u64>) -> Vec<Source> {
    let mut sources: Vec<_> = counts.into_iter().map(|(source, searches)| Source { source, searches }).collect();
    sources.sort_by_key(|source| std::cmp::Reverse(source.searches));
    sources
}

fn of_day(days: &mut BTreeMap<i64, Day>, day: i64) -> &mut Day {
    let date = DateTime::from_timestamp_millis(day * DAY).unwrap_or_default().date_naive();
    days.entry(day).or_insert_with(|| Day { day: date, ..Day::default() })
}

/// How these searches went.
fn quality(alike: &[&Alike]) -> Quality {
    let count = |which: &dyn Fn(&Alike) -> bool| -> u64 {
        alike.iter().filter(|alike| which(alike)).map(|alike| positive(alike.searches)).sum()
    };
    let searches = count(&|_| true);
    let (good, bad) = (count(&|it| matches!(&*it.status, "completed" | "partial")), count(&|it| it.status == "failed"));
    let mut times: BTreeMap<i64, u64> = BTreeMap::new();
    for alike in alike.iter().filter(|alike| matches!(&*alike.status, "completed" | "partial")) {
        *times.entry(alike.took_ms).or_default() += positive(alike.searches);
    }
    let percentile = |hundredths: u64| {
        let wanted = (good * hundredths).div_ceil(100).max(1);
        let mut passed = 0;
        let mut sorted = times.iter();
        sorted
            .find(|(_, count)| {
                passed += **count;
                passed >= wanted
            })
            .map_or(0, |(took, _)| *took)
    };
    let latency = || Latency { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
    Quality {
        searches,
        success_rate: share(good, good + bad),
        cache_hit_rate: share(count(&|it| it.cache_hit), searches),
        latency_ms: (good > 0).then(latency),
    }
}

/// A share of a whole, where there is one.
#[expect(clippy::cast_precision_loss, reason = "nobody makes 2^52 searches")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn positive(count: i64) -> u64 {
    count.try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests;
