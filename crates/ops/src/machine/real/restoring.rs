//! The data of before: looked at, and put in the place of those of now. The release that is live knows both, and does it.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Real;
use crate::{
    machine::Data,
    plan::{Lost, Plan, Restore, Survey},
};

/// What `pake maintenance put-back --json` says of a backup.
#[derive(Debug, Deserialize)]
struct Backup {
    taken_at: DateTime<Utc>,
    lost: Lost,
}

impl Real {
    /// What would be lost with this backup, which is read to its last byte.
    pub async fn restorable(&self, survey: &Survey, file: String) -> anyhow::Result<Restore> {
        let said = self.by_the_live_release(survey, &["maintenance", "put-back", &file, "--json"]).await?;
        let Backup { taken_at, lost } =
            serde_json::from_str(&said).context("the live release does not say what is lost")?;
        Ok(Restore { file, taken_at, lost, was_shut: self.is_shut().await? })
    }

    pub(super) async fn put_back(&self, plan: &Plan, data: Data) -> anyhow::Result<()> {
        let backups = &self.site.backups;
        let file = match data {
            Data::Before => plan.restore.as_ref().map(|restore| restore.file.clone()),
            Data::Now => {
                // From here on it is not certain which are there.
                backups.restored(plan.deploy, false)?;
                backups.file_of(plan.deploy)?
            }
        };
        let file = file.context("there is no backup to put back")?;
        self.by_the_live_release(&plan.survey, &["maintenance", "put-back", &file, "--yes", "--json"]).await?;
        if data == Data::Before { backups.restored(plan.deploy, true) } else { Ok(()) }
    }

    async fn by_the_live_release(&self, survey: &Survey, command: &[&str]) -> anyhow::Result<String> {
        let live = survey.live.as_ref().zip(survey.active);
        let (live, colour) = live.context("nothing is live: nobody knows the database")?;
        let definition = self.definition(colour).await?;
        self.once(&definition, &live.content.digest, "put-back", command).await
    }
}
