//! A plan as people read it.

use std::fmt;

use super::{Kind, Plan};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = &self.survey.target;
        let what = match self.kind {
            Kind::Deploy => "deploy",
            Kind::Rollback => "go back to",
            Kind::Restart => "start anew",
        };
        let beside =
            self.survey.active.map_or_else(|| "; nothing is live".to_owned(), |live| format!(", beside {live}"));
        writeln!(f, "{what} {} as {}{beside}", target.image, self.colour)?;
        let mut row = |name: &str, text: &str| writeln!(f, "  {name:<11} {text}");
        match &self.survey.live {
            Some(live) if live.content.digest == target.digest => row("image", "the same")?,
            Some(live) => row("image", &format!("{} → {}", short(&live.content.digest), short(&target.digest)))?,
            None => row("image", short(&target.digest))?,
        }
        let changed = self.changed_settings();
        row("settings", &if changed.is_empty() { "the same".to_owned() } else { changed.join(" ") })?;
        let steps = &self.survey.migrations;
        match self.kind {
            Kind::Rollback if let Some(restore) = &self.restore => {
                let taken_at = restore.taken_at.format("%Y-%m-%d %H:%M:%S UTC");
                row("database", &format!("as it was at {taken_at} ({})", restore.file))?;
                row("lost", &restore.to_string())?;
                row("", "nobody is let in meanwhile")?;
            }
            Kind::Rollback | Kind::Restart => row("database", "stays as it is; what was written to it stays")?,
            Kind::Deploy if steps.expand.is_empty() => row("database", "backed up, else as it is")?,
            Kind::Deploy => row("database", &format!("backed up, then expanded: {}", steps.expand.join(", ")))?,
        }
        if !steps.contract.is_empty() {
            let names = steps.contract.join(", ");
            row("", &format!("{names}: left for `pake migrate contract`, once no older release is needed"))?;
        }
        if self.kind == Kind::Deploy {
            row(
                "backups",
                &format!("the newest {} that deployments took stay, older ones go", self.policy.keep_backups),
            )?;
        }
        if !self.policy.canary.is_empty() {
            let shares: Vec<String> = self.policy.canary.iter().map(ToString::to_string).collect();
            row(
                "canary",
                &format!("{} % of the requests, each for {} s", shares.join(", "), self.policy.canary_seconds),
            )?;
        }
        let (least, most) = self.seconds();
        row("time", &format!("{least} to {most} s, beside what fetching and copying take"))?;
        let undone = match self.restore {
            Some(_) => {
                "by itself when a step fails, and with --abort, from a copy of now, until the release is the current one"
            }
            None => "by itself when a gate fails, and with --abort, until the old release is drained",
        };
        row("undone", undone)?;
        row("", &self.afterwards())
    }
}

impl Plan {
    /// Where `pake rollback` leads when this is done.
    fn afterwards(&self) -> String {
        match self.before {
            Some(before) => format!("afterwards `pake rollback` leads to {before}"),
            // What compose started gets its name as a release when the plan is carried out.
            None if self.kind == Kind::Deploy && self.survey.live.is_some() => {
                "afterwards `pake rollback` leads to what is live now".to_owned()
            }
            None => "afterwards there is no release to go back to".to_owned(),
        }
    }
}

/// The digest as far as it is told apart by people.
fn short(digest: &str) -> &str {
    digest.get(.."sha256:".len() + 12).filter(|short| short.starts_with("sha256:")).unwrap_or(digest)
}
