//! Asks one source on trial, and compares what it answers with what it answered when its connector was written.

use serde::Serialize;
use tokio::time::Instant;

use super::{Availability, Engine};
use crate::{
    connector::{Page, SourceRequest},
    fetch::Fetcher,
    item::Identifier,
    query::Query,
    shape::{Difference, Shape},
    source::{SourceError, SourceId},
    sources::recorded,
};

/// A word of which every source has more than a page.
pub const SUBJECT: &str = "cancer";
/// A DOI that is known wherever DOIs are, for those who only look one up.
const WORK: &str = "10.1038/nature12373";
/// Records asked for: what none of so many has is gone.
const RECORDS: usize = 25;

/// What a source answered on trial.
#[derive(Debug)]
pub struct Probe {
    /// Its records, or why there are none.
    pub result: Result<Page, SourceError>,
    /// How each of its answers differs from the recording; none of those that did not come.
    pub compared: Vec<Compared>,
}

/// How the answer to one call differs from the recording.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Which call, where the source has several.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub call: &'static str,
    /// What is different.
    #[serde(flatten)]
    pub difference: Difference,
}

impl Engine {
    /// Asks `source` for a common subject (or one that only looks up for a known work), past every cache, and compares the
    /// shape of its answers with the recordings. Limits, budget and circuit hold as in any search.
    pub async fn probe(&self, source: SourceId) -> Probe {
        let (fetcher, witness) = self.inner.fetcher.witnessed();
        let result = self.ask_on_trial(source, &fetcher).await;
        let seen = witness.seen();
        let compared = recorded::of(source).iter().filter_map(|recorded| {
            let came =
                |reply: &&crate::fetch::Reply| reply.status.is_success() && reply.url.path().ends_with(recorded.call);
            let reply = seen.iter().rev().find(came)?;
            // A page of HTML in place of JSON has no shape to compare, and the connector could not read it either.
            let is_xml = |body: &[u8]| body.trim_ascii_start().starts_with(b"<");
            if is_xml(&reply.body) != is_xml(recorded.body) {
                return None;
            }
            let live = Shape::of(&reply.body, recorded.opaque).ok()?;
            let known = Shape::of(recorded.body, recorded.opaque).ok()?;
            Some(Compared { call: recorded.call, difference: Difference::between(&known, &live, recorded.required) })
        });
        Probe { result, compared: compared.collect() }
    }

    async fn ask_on_trial(&self, source: SourceId, fetcher: &Fetcher) -> Result<Page, SourceError> {
        let seat = self.inner.seat(source);
        let connector = seat.connector()?;
        let deadline = Instant::now() + seat.timeout;
        if seat.availability == Availability::Lazy {
            let work = Identifier::Doi(WORK.to_owned());
            let found = connector.lookup(&work, deadline, fetcher).await?;
            return Ok(Page { records: found.into_iter().map(Into::into).collect(), ..Page::default() });
        }
        let query = Query::parse(SUBJECT).map_err(|error| SourceError::BadQuery { message: error.to_string() })?;
        let plan = seat.ask(&query, RECORDS)?.plan;
        let request = SourceRequest { plan: &plan, limit: RECORDS, deadline, now: self.inner.clock.now() };
        connector.search(&request, fetcher).await
    }
}
