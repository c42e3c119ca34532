//! What to read when something happened: pages of docs/runbooks, which messages lead to.

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runbook {
    /// A deployment went back.
    FailedDeploy,
    /// A deployment stands still.
    HaltedDeploy,
    /// What was before is to run again.
    Rollback,
}

impl Runbook {
    /// All that messages lead to.
    pub const ALL: [Self; 3] = [Self::FailedDeploy, Self::HaltedDeploy, Self::Rollback];

    /// Where they are, when nobody says otherwise.
    pub const PLACE: &str = "https://github.com/pake/pake/blob/main/docs/runbooks/";

    /// The name of the file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::FailedDeploy => "failed-deploy.md",
            Self::HaltedDeploy => "halted-deploy.md",
            Self::Rollback => "rollback.md",
        }
    }

    /// Where the page is, in the folder at `place`.
    pub fn link(self, place: &str) -> String {
        format!("{}/{}", place.trim_end_matches('/'), self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_that_messages_lead_to_is_there() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/runbooks");
        for page in Runbook::ALL {
            assert!(folder.join(page.file()).is_file(), "{}", page.file());
            let link = format!("{}{}", Runbook::PLACE, page.file());
            assert_eq!(page.link(Runbook::PLACE), link);
        }
    }
}
