//! `pake releases`: what ran, what runs, and what can be gone back to.

use ops::{plan::Policy, release::Release};
use serde_json::json;

use super::{Context, production::desk};
use crate::{
    cli::Releases,
    printer::plain,
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 5] = [
    Column::fixed(""),
    Column::fixed("release"),
    Column::fixed("since (UTC)"),
    Column::flexible("image", 1),
    Column::fixed("digest").only_from(120),
];

/// Runs `pake releases`.
pub fn run(context: &Context, arguments: &Releases) -> anyhow::Result<()> {
    let releases = desk(&arguments.place)?.releases;
    let all = releases.all()?;
    let set = releases.rollback_set(Policy::DEPLOY.keep)?;
    let is_current = |release: &Release| set.first().is_some_and(|current| current.deploy == release.deploy);
    let is_way_back = |release: &Release| set.iter().skip(1).any(|it| it.deploy == release.deploy);
    if arguments.json {
        let told = all.iter().map(|release| {
            json!({
                "release": release.deploy, "image": release.content.image, "digest": release.content.digest,
                "settings": release.content.settings.keys().collect::<Vec<_>>(), "committed_at": release.committed_at,
                "before": release.before, "is_current": is_current(release), "is_way_back": is_way_back(release),
            })
        });
        return Ok(context.printer.data(serde_json::to_string_pretty(&told.collect::<Vec<_>>())?)?);
    }
    let rows: Vec<Vec<Cell>> = all
        .iter()
        .map(|release| {
            let sign = match release {
                release if is_current(release) => "→",
                release if is_way_back(release) => "*",
                _ => "",
            };
            vec![
                sign.into(),
                release.deploy.to_string().into(),
                release.committed_at.format("%Y-%m-%d %H:%M").to_string().into(),
                plain(&release.content.image).into(),
                release.content.digest.chars().take(19).collect::<String>().into(),
            ]
        })
        .collect();
    lines(&COLUMNS, &rows, context.printer.out).iter().try_for_each(|line| context.printer.data(line))?;
    Ok(())
}
