//! `pake doctor`: is everything set up well?

use server::doctor::{Finding, Verdict, examine};

use super::Context;
use crate::{
    cli::Doctor,
    printer::{Printer, Style},
    table::{Cell, Column, lines},
};

const COLUMNS: [Column; 3] = [Column::fixed("result"), Column::fixed("what"), Column::flexible("seen", 1)];

/// Runs `pake doctor`.
pub async fn run(context: &Context, arguments: &Doctor) -> anyhow::Result<()> {
    let found = found(context).await;
    if arguments.json {
        context.printer.data(serde_json::to_string_pretty(&found)?)?;
    } else {
        print(&context.printer, &found)?;
    }
    match found.iter().filter(|finding| finding.result == Verdict::Bad).count() {
        0 => Ok(()),
        bad => anyhow::bail!("{bad} of {} are not as they should be", found.len()),
    }
}

async fn found(context: &Context) -> Vec<Finding> {
    // An application that does not open is what people call a doctor for.
    let app = match context.application().await {
        Ok(app) => app,
        Err(error) => return vec![Finding::bad("start", format!("{error:#}"))],
    };
    let mut found = vec![Finding::good("start", "the configuration is valid, and everything opens")];
    found.extend(examine(&app).await);
    app.lifecycle.stop();
    server::close(&app).await;
    found
}

fn print(printer: &Printer, found: &[Finding]) -> anyhow::Result<()> {
    let rows: Vec<Vec<Cell>> = found.iter().map(row).collect();
    lines(&COLUMNS, &rows, printer.out).iter().try_for_each(|line| printer.data(line))?;
    Ok(())
}

fn row(finding: &Finding) -> Vec<Cell> {
    let (word, style) = match finding.result {
        Verdict::Good => ("good", Style::Green),
        Verdict::Advice => ("advice", Style::Yellow),
        Verdict::Bad => ("bad", Style::Red),
    };
    vec![Cell::new(word).styled(style), finding.what.into(), finding.said.as_str().into()]
}
