//! Who is to hear of a deployment: by a webhook as Slack has it, by one that is signed, by mail.
//!
//! Whoever deploys waits for nobody: what is to be told is put into a queue of each receiver, and sent beside the deployment. A
//! receiver that is away, slow or broken changes nothing of how a deployment goes or ends; at the end it is waited for a
//! few seconds, and what was not told is said. Docs: docs/notifications.md.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{deploy::Event, plan::Plan};

mod account;
mod mail;
mod notice;
mod post;
mod receiver;
mod settings;
mod signature;

use self::{account::Account, receiver::Refusal};
pub use self::{
    account::Herald,
    mail::MailTls,
    notice::{Notice, Occasion},
    receiver::Receiver,
    settings::{MailSettings, NotifySettings, Places, SlackSettings, WebhookSettings},
    signature::{SIGNATURE, signature},
};

/// Longest wait for the answer to one attempt.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long is waited after each attempt that failed; there is one attempt more than there are waits.
const AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// How long is waited at the end for what was not told yet.
const AT_THE_END: Duration = Duration::from_secs(10);

/// The time of day.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Tells of one deployment.
pub struct Notifier {
    account: Mutex<Account>,
    occasions: Vec<Occasion>,
    clock: Clock,
    lines: Vec<Line>,
    failures: Arc<Mutex<Vec<String>>>,
}

/// The way to one receiver.
struct Line {
    name: String,
    queue: mpsc::UnboundedSender<Notice>,
    task: JoinHandle<()>,
}

impl Notifier {
    /// Tells these receivers from now on, on the runtime that this is called in.
    pub fn begin(herald: Herald, occasions: Vec<Occasion>, receivers: Vec<Receiver>, clock: Clock) -> Self {
        let failures = Arc::new(Mutex::new(Vec::new()));
        let lines = receivers.into_iter().map(|receiver| {
            let (queue, notices) = mpsc::unbounded_channel();
            let name = receiver.name().to_owned();
            let task = tokio::spawn(carry(receiver, notices, Arc::clone(&clock), Arc::clone(&failures)));
            Line { name, queue, task }
        });
        let lines = lines.collect();
        Self { account: Mutex::new(Account::of(herald)), occasions, clock, lines, failures }
    }

    /// Which deployment it is about, where that is not heard: one that is taken up.
    pub fn about(&self, plan: &Plan) {
        self.account().about(plan);
    }

    /// Hears what goes on, and comes back at once.
    pub fn hear(&self, event: &Event<'_>) {
        let heard = self.account().hear(event, (self.clock)());
        self.tell(heard);
    }

    /// The deployer itself could not go on.
    pub fn broke_off(&self, error: &anyhow::Error) {
        let heard = self.account().broke_off(&format!("{error:#}"), (self.clock)());
        self.tell(heard);
    }

    fn tell(&self, notice: Option<Notice>) {
        let Some(notice) = notice.filter(|notice| self.occasions.contains(&notice.occasion)) else { return };
        for line in &self.lines {
            // A line whose task is gone has said why.
            _ = line.queue.send(notice.clone());
        }
    }

    /// Waits a few seconds for what was not told yet. What could not be told is given back, a line each. The lock of the
    /// deployer is let go before.
    pub async fn end(self) -> Vec<String> {
        let waits = self.lines.into_iter().map(|line| async move {
            drop(line.queue);
            let mut task = line.task;
            let ended = tokio::time::timeout(AT_THE_END, &mut task).await;
            task.abort();
            match ended {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(format!("{}: {error}", line.name)),
                Err(_) => Some(format!("{}: not all was told within {} s", line.name, AT_THE_END.as_secs())),
            }
        });
        let late: Vec<_> = join_all(waits).await.into_iter().flatten().collect();
        let mut failures = std::mem::take(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner));
        failures.extend(late);
        failures
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends one notice after the other, as long as there are any.
async fn carry(
    receiver: Receiver,
    mut notices: mpsc::UnboundedReceiver<Notice>,
    clock: Clock,
    failures: Arc<Mutex<Vec<String>>>,
) {
    while let Some(notice) = notices.recv().await {
        if let Err(why) = told(&receiver, &notice, &clock).await {
            let line = format!("{}: {} was not told: {why}", receiver.name(), notice.occasion);
            failures.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}

async fn told(receiver: &Receiver, notice: &Notice, clock: &Clock) -> Result<(), String> {
    let mut waits = AGAIN_AFTER.into_iter();
    let mut attempts = 1;
    loop {
        let attempt = tokio::time::timeout(PATIENCE, receiver.tell(notice, clock()));
        let refusal = match attempt.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(refusal)) => refusal,
            Err(_) => Refusal::NotNow(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        let (why, wait) = match refusal {
            Refusal::Never(why) => (why, None),
            Refusal::NotNow(why) => (why, waits.next()),
        };
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None if attempts > 1 => return Err(format!("{why} (the last of {attempts} attempts)")),
            None => return Err(why),
        }
        attempts += 1;
    }
}

#[cfg(test)]
mod tests;
