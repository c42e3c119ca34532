//! A second try beside the first, when the first takes longer than nearly all others did.

use std::{pin::pin, sync::atomic::Ordering, time::Duration};

use http::Method;
use tokio::{select, time::sleep};

use super::{
    Reply,
    errand::Errand,
    verdict::{Verdict, verdict},
    wire::Trouble,
};

/// No hedge before this: what is that fast needs none, and a busy machine alone can take as long.
const SOONEST: Duration = Duration::from_millis(250);

/// Sends the errand's call and, when there is no answer after the time that 95 % of the answers took, sends it a second
/// time; the first good answer counts and the other try is dropped. A connection that hangs so costs one usual answer more
/// and not the whole time-out.
///
/// Only for GETs that cost nothing, to sources that may be asked twice at once, that have attempts to spare and a turn free
/// this moment; and for a fifth of the calls at most.
pub(super) async fn hedged(errand: &Errand<'_>) -> Result<Reply, Trouble> {
    let mut first = pin!(exchange(errand));
    let Some(patience) = patience(errand) else { return first.await };
    errand.lane.hedges.earn();
    select! {
        biased;
        answer = &mut first => return answer,
        () = sleep(patience) => {}
    }
    let Some(_turn) = errand.route.limiter.turn_now().filter(|_| errand.lane.hedges.spend()) else {
        return first.await;
    };
    // Not pinned here: it would make every call's future twice as large.
    let mut second = Box::pin(exchange(errand));
    select! {
        answer = &mut first => if is_good(&answer) { answer } else { better(answer, second.await) },
        answer = &mut second => if is_good(&answer) { answer } else { first.await },
    }
}

/// How long the first try is waited for; `None` when there is to be no second.
fn patience(errand: &Errand<'_>) -> Option<Duration> {
    let settings = &errand.lane.settings;
    let allowed = errand.call.method == Method::GET
        && errand.call.cost_micros == 0
        && settings.attempts > 1
        && settings.concurrency != 1;
    if !allowed {
        return None;
    }
    Some(errand.lane.requests_took.quantiles()?.p95.max(SOONEST))
}

async fn exchange(errand: &Errand<'_>) -> Result<Reply, Trouble> {
    errand.lane.requests.fetch_add(1, Ordering::Relaxed);
    let answer = errand.wire.exchange(errand.call, errand.began(), &errand.route.large).await;
    let (source, url) = (errand.lane.source, &errand.call.url);
    match &answer {
        Ok(reply) => tracing::debug!(
            %source,
            host = url.host_str(),
            path = url.path(),
            status = reply.status.as_u16(),
            bytes = reply.body.len(),
            took_ms = reply.took.as_secs_f64() * 1e3,
            "answer"
        ),
        Err(trouble) => {
            tracing::debug!(%source, host = url.host_str(), path = url.path(), error = %trouble.error, "no answer");
        }
    }
    answer
}

fn is_good(answer: &Result<Reply, Trouble>) -> bool {
    answer.as_ref().is_ok_and(|reply| verdict(reply) == Verdict::Read)
}

/// The second answer if it is any good, else what the first said.
fn better(first: Result<Reply, Trouble>, second: Result<Reply, Trouble>) -> Result<Reply, Trouble> {
    if is_good(&second) { second } else { first }
}
