//! Running a PAKE in production: a new release takes the place of the old one, and no request is lost on the way.
//!
//! The way of a deployment: a [`plan`] says what would be done and is made on what was seen, the [`desk`] keeps the [`lock`], the
//! [`journal`] of every step and the [`release`]s, [`transition`] says purely what comes next, and [`deploy`] does it on a
//! [`machine`] and passes the [`gate`]s. Nothing here knows of requests, SQL or searches: what runs is reached as a
//! container, over HTTP and by files. Who is to hear of it is told by [`notify`].

pub mod backup;
pub mod deploy;
pub mod deploy_id;
pub mod desk;
pub mod destination;
pub mod gate;
pub mod history;
pub mod journal;
pub mod lock;
pub mod machine;
pub mod meter;
pub mod notify;
pub mod plan;
pub mod progress;
pub mod published;
pub mod release;
pub mod remote;
pub mod request;
pub mod runbook;
pub mod step;
pub mod transition;
pub mod whole_file;
pub mod world;
