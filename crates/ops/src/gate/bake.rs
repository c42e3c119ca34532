//! The new release under everybody's requests, held against what the old one did.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::{READY, Told, after, is_good, runs, some};
use crate::{
    machine::{Door, Machine},
    meter::Meter,
    plan::Plan,
    world::Colour,
};

/// How often it is looked at.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// So many looks in a row may find it not ready: one may be an accident.
const ACCIDENTS: usize = 2;

/// Fewer requests say nothing about a ratio.
const ENOUGH: f64 = 50.0;

/// With few requests, half of so many that fail are enough.
const FEW: f64 = 5.0;

/// So many may fail whatever the old release did.
const FAILING: f64 = 0.01;

/// Whatever takes less is quick, whatever the old release took. In seconds.
const QUICK: f64 = 0.1;

/// What the old release does, to hold the new one against.
struct Old {
    colour: Colour,
    /// What it had done before.
    before: Meter,
    /// Whether it is still asked, beside the new one.
    is_asked: bool,
}

impl Old {
    async fn of<M: Machine>(machine: &M, plan: &Plan, is_asked: bool) -> Self {
        let colour = plan.colour.other();
        Self { colour, before: read(machine, colour).await.unwrap_or_default(), is_asked }
    }

    async fn meter<M: Machine>(&self, machine: &M) -> Meter {
        if !self.is_asked {
            return self.before.clone();
        }
        let now = read(machine, self.colour).await.unwrap_or_default();
        let meanwhile = now.since(&self.before);
        // What slows both down is not held against the new one.
        if meanwhile.requests >= ENOUGH { meanwhile } else { now }
    }
}

/// Watches the new release under everybody's requests as long as the plan says.
pub async fn bake<M: Machine>(machine: &M, plan: &Plan) -> anyhow::Result<()> {
    let old = Old::of(machine, plan, false).await;
    watched(machine, plan, plan.policy.bake_seconds, &old).await
}

/// Watches the new release under a share of the requests, beside the old one that has the others.
pub async fn canary<M: Machine>(machine: &M, plan: &Plan, percent: u8) -> anyhow::Result<()> {
    let with = || format!("with {percent} % of the requests");
    some(machine, plan.deploy).await.with_context(with)?;
    let old = Old::of(machine, plan, true).await;
    watched(machine, plan, plan.policy.canary_seconds, &old).await.with_context(with)
}

/// Watches the new release, and holds it against the old one.
async fn watched<M: Machine>(machine: &M, plan: &Plan, seconds: u64, old: &Old) -> anyhow::Result<()> {
    let until = after(machine.now(), seconds);
    let before = read(machine, plan.colour).await.unwrap_or_default();
    let mut not_ready = 0;
    let mut done = Meter::default();
    while machine.now() < until {
        machine.pause(LOOKED_EVERY).await;
        runs(machine, plan).await?;
        let answer = machine.ask(Door::Socket(plan.colour), READY).await;
        not_ready = if is_good(&answer, Some(plan.deploy)) { 0 } else { not_ready + 1 };
        ensure!(not_ready <= ACCIDENTS, "{} is not ready any more; the last answer: {}", plan.colour, Told(&answer));
        if let Some(now) = read(machine, plan.colour).await {
            done = now.since(&before);
            judge(&done, &old.meter(machine).await)?;
        }
    }
    let requests = done.requests;
    ensure!(
        !plan.policy.is_strict || requests >= ENOUGH,
        "{requests} requests came in {seconds} s, too few to judge by; without --strict that is taken for good"
    );
    Ok(())
}

async fn read<M: Machine>(machine: &M, colour: Colour) -> Option<Meter> {
    let answer = machine.ask(Door::Socket(colour), "/metrics").await.ok()?;
    (answer.status == 200).then(|| Meter::read(&answer.body))
}

/// Whether what the new release does is as good as what the old one did.
fn judge(new: &Meter, old: &Meter) -> anyhow::Result<()> {
    let failing = new.failing();
    if new.requests < ENOUGH {
        ensure!(
            new.requests < FEW || failing < 0.5,
            "{} of the first {} requests failed through PAKE's own fault",
            new.failures,
            new.requests
        );
        return Ok(());
    }
    let allowed = FAILING.max(2.0 * old.failing());
    if failing > allowed {
        bail!(
            "{:.1} % of {} requests failed through PAKE's own fault, {:.1} % are allowed (of the old release {:.1} % did)",
            failing * 100.0,
            new.requests,
            allowed * 100.0,
            old.failing() * 100.0
        );
    }
    let (Some(took), Some(took_before)) = (new.p95(), old.p95().filter(|_| old.requests >= ENOUGH)) else {
        return Ok(());
    };
    let allowed = QUICK.max(2.0 * took_before);
    ensure!(
        took <= allowed,
        "95 of 100 requests took up to {took:.3} s, {allowed:.3} s are allowed (with the old release {took_before:.3} s)"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(requests: f64, failures: f64, p95: f64) -> Meter {
        Meter { requests, failures, buckets: vec![(0.0, 0.0), (p95 / 0.95, requests)] }
    }

    #[test]
    fn what_fails_more_often_than_before_is_not_good() {
        let old = meter(10_000.0, 100.0, 0.2);
        judge(&meter(100.0, 2.0, 0.2), &old).unwrap();
        let error = judge(&meter(100.0, 3.0, 0.2), &old).unwrap_err().to_string();
        assert_eq!(
            error,
            "3.0 % of 100 requests failed through PAKE's own fault, 2.0 % are allowed (of the old release 1.0 % did)"
        );
        judge(&meter(100.0, 1.0, 0.2), &Meter::default()).unwrap();
        judge(&meter(100.0, 2.0, 0.2), &Meter::default()).unwrap_err();
    }

    #[test]
    fn few_requests_say_something_only_when_half_of_them_fail() {
        let nothing = Meter::default();
        judge(&nothing, &nothing).unwrap();
        judge(&meter(4.0, 4.0, 0.2), &nothing).unwrap();
        judge(&meter(49.0, 24.0, 9.0), &nothing).unwrap();
        let error = judge(&meter(6.0, 3.0, 0.2), &nothing).unwrap_err().to_string();
        assert_eq!(error, "3 of the first 6 requests failed through PAKE's own fault");
    }

    #[test]
    fn what_takes_twice_as_long_is_not_good_unless_it_is_quick() {
        judge(&meter(100.0, 0.0, 0.39), &meter(100.0, 0.0, 0.2)).unwrap();
        let error = judge(&meter(100.0, 0.0, 0.41), &meter(100.0, 0.0, 0.2)).unwrap_err().to_string();
        assert_eq!(error, "95 of 100 requests took up to 0.410 s, 0.400 s are allowed (with the old release 0.200 s)");
        judge(&meter(100.0, 0.0, 0.09), &meter(100.0, 0.0, 0.01)).unwrap();
        judge(&meter(100.0, 0.0, 9.0), &meter(10.0, 0.0, 0.01)).unwrap();
    }
}
