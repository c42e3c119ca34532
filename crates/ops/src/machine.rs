//! What a deployment does to a machine and asks of it. Nothing is decided here.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    deploy_id::DeployId,
    plan::Plan,
    world::{Canary, Colour, World},
};

mod real;
mod rehearsal;

pub use self::{
    real::{Edge, Logs, Real, Service, Site},
    rehearsal::Rehearsal,
};

/// A machine, or the rehearsal of one. Whatever is done bears being done again, also where it was done in part.
pub trait Machine: Sync {
    /// The time of day.
    fn now(&self) -> DateTime<Utc>;

    /// Lets time go by.
    fn pause(&self, how_long: Duration) -> impl Future<Output = ()> + Send;

    /// Removes what an earlier deployer had at work when it died. Nothing that serves is touched.
    fn tidy(&self) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What stands there now.
    fn look(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<World>> + Send;

    /// What is not fit for this deployment, each with its remedy: room, memory, certificate, clock, database.
    fn examine(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send;

    /// Brings the image here, by its digest.
    fn fetch(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Copies the database, and checks the copy before it counts as one.
    fn back_up(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What the new release finds that is not as it should be, each with its remedy. Before anybody is led to it, and before it
    /// is started; with the database as it was, or as it needs it.
    fn diagnose(&self, plan: &Plan, database: Database) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send;

    /// Applies the steps of the database that only add.
    fn expand(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Starts the new release at its own socket. What else stands in its place is removed.
    fn start(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Sends a GET and gives the answer, whatever its status.
    fn ask(&self, door: Door, path: &str) -> impl Future<Output = anyhow::Result<Answer>> + Send;

    /// Has somebody do with the new release what people do: sign in, ask, see the answer come.
    fn try_out(&self, plan: &Plan) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// The last lines of what a release has logged.
    fn log(&self, colour: Colour, lines: usize) -> impl Future<Output = anyhow::Result<Vec<String>>> + Send;

    /// Leads the edge to a colour.
    fn point(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Leads a share of the requests to a colour beside the live one; none: all go to the live one.
    fn lead(&self, canary: Option<Canary>) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Lets everybody in, or nobody.
    fn let_in(&self, is_open: bool) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Puts data in the place of those that are there, all of them or nothing.
    fn restore(&self, plan: &Plan, data: Data) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Starts the container of a colour again, and waits until it takes requests.
    fn rouse(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Ends a release, by force where it has to be. Its container stays.
    fn halt(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Tells a release to end: it takes nothing new, and what is under way comes to its end.
    fn end(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Removes the container of a colour, whatever it does.
    fn remove(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Has a release started again after the machine was.
    fn keep(&self, colour: Colour) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Removes backups that deployments took, but the newest.
    fn drop_backups(&self, keep: usize) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Removes images.
    fn prune(&self, digests: &[String]) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How the database is when the new release looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// As it was.
    Unexpanded,
    /// As the new release needs it.
    Expanded,
}

/// Which data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// Those of before, as the plan says.
    Before,
    /// Those of now, as they were copied for this plan.
    Now,
}

/// Through which PAKE is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// The socket of a colour.
    Socket(Colour),
    /// The edge, as everybody comes in: over TLS and by its name.
    Edge,
    /// The edge, as one of many people: each is led to one release, and not all to the same one while a canary is tried.
    Person(u16),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The release that gives it, where it says so.
    pub release: Option<DeployId>,
    /// The beginning of its body.
    pub body: String,
}

impl Answer {
    /// Whether it says that all is well, and comes from this release, where one is named.
    pub fn is_good(&self, release: Option<DeployId>) -> bool {
        (200..300).contains(&self.status) && (release.is_none() || self.release == release)
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        match self.release {
            Some(release) => write!(f, " of release {release}")?,
            None => f.write_str(" of a release that does not say which it is")?,
        }
        if self.body.is_empty() { Ok(()) } else { write!(f, ": {}", self.body.trim()) }
    }
}

impl std::fmt::Display for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(colour) => colour.fmt(f),
            Self::Edge => f.write_str("the edge"),
            Self::Person(_) => f.write_str("the edge as somebody"),
        }
    }
}
