//! Running a PAKE in production: a new release takes the place of the old one, and no request is lost on the way.
//!
//! Nothing here knows of requests, SQL or searches: what runs is reached as a
//! container, over HTTP and by files.

pub mod deploy_id;
pub mod desk;
pub mod journal;
pub mod lock;
pub mod plan;
pub mod progress;
pub mod release;
pub mod step;
pub mod transition;
pub mod whole_file;
pub mod world;
