//! `pake sources check`: whether sources are set up, and with `--live` whether they answer as they did when their connectors
//! were written.

use std::fmt::Write as _;

use engine::{
    connector::Page,
    search::{Availability, Compared, Engine, Probe, SUBJECT, SourceState},
    source::SourceId,
};
use serde::Serialize;

use crate::{
    cli::SourcesCheck,
    commands::Context,
    printer::{Style, plain},
};

/// How many fields are named to a person; JSON has them all.
const NAMED: usize = 3;

/// Runs `pake sources check`. In this process, whatever server runs elsewhere: it is about these settings and this network.
pub async fn run(context: &Context, check: &SourcesCheck) -> anyhow::Result<()> {
    let engine = Context::engine(&context.load()?)?;
    let mut verdicts = Vec::new();
    for state in chosen(engine.states(), &check.sources) {
        verdicts.push(if check.live { live(&engine, state.id).await } else { Verdict::of_settings(&state) });
    }
    conclude(context, check, &verdicts)
}

/// Those that are named, or those that are on.
fn chosen(states: Vec<SourceState>, named: &[SourceId]) -> Vec<SourceState> {
    let is_on = |state: &SourceState| matches!(state.availability, Availability::Ready | Availability::Lazy);
    let is_chosen = |state: &SourceState| if named.is_empty() { is_on(state) } else { named.contains(&state.id) };
    states.into_iter().filter(is_chosen).collect()
}

async fn live(engine: &Engine, source: SourceId) -> Verdict {
    // Large, and only here.
    let Probe { result, compared } = Box::pin(engine.probe(source)).await;
    let mut verdict = Verdict { answers: compared, ..Verdict::blank(source) };
    match result {
        Ok(page) => verdict.read(page),
        Err(error) => verdict.problems.push(error.to_string()),
    }
    verdict.problems.extend(verdict.answers.iter().flat_map(|answer| answer.difference.problems()));
    verdict
}

/// What came out of checking a source.
#[derive(Debug, Serialize)]
struct Verdict {
    source: SourceId,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieved: Option<usize>,
    problems: Vec<String>,
    /// What the source itself warns of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// How its answers differ from the recordings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Compared>,
}

impl Verdict {
    const fn blank(source: SourceId) -> Self {
        Self { source, retrieved: None, problems: Vec::new(), warnings: Vec::new(), answers: Vec::new() }
    }

    fn of_settings(state: &SourceState) -> Self {
        Self { problems: state.hint.iter().cloned().collect(), ..Self::blank(state.id) }
    }

    fn read(&mut self, page: Page) {
        if page.malformed > 0 {
            self.problems.push(format!("{} of its records cannot be read", page.malformed));
        }
        // A feed has what it has.
        if page.records.is_empty() && self.source != SourceId::Feeds {
            self.problems.push(format!("it knows nothing of `{SUBJECT}`"));
        }
        self.retrieved = Some(page.records.len());
        self.warnings = page.warnings;
    }

    /// The verdict in a line.
    fn told(&self) -> String {
        let mut told = match (self.problems.as_slice(), self.retrieved) {
            ([], Some(records)) => format!("answers; {records} records read"),
            ([], None) => "is set up".to_owned(),
            (problems, _) => problems.join("; "),
        };
        let fields = |of: fn(&Compared) -> &Vec<String>| self.answers.iter().flat_map(of).collect::<Vec<_>>();
        name("in no record", &fields(|answer| &answer.difference.missing), &mut told);
        name("new", &fields(|answer| &answer.difference.new), &mut told);
        for warning in &self.warnings {
            // Writing into a string cannot fail.
            let _ = write!(told, "; it warns: {warning}");
        }
        told
    }
}

/// Names the first of some fields, and says how many more there are.
fn name(what: &str, fields: &[&String], told: &mut String) {
    if fields.is_empty() {
        return;
    }
    let named: Vec<&str> = fields.iter().take(NAMED).map(|field| field.as_str()).collect();
    let _ = write!(told, "; {what}: {}", named.join(", "));
    if let Some(more) = fields.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(told, " and {more} more");
    }
}

fn conclude(context: &Context, check: &SourcesCheck, verdicts: &[Verdict]) -> anyhow::Result<()> {
    let look = context.printer.out;
    if check.json {
        context.printer.data(serde_json::to_string_pretty(verdicts)?)?;
    } else {
        for verdict in verdicts {
            let sign = if verdict.problems.is_empty() {
                look.paint(Style::Green, "✓")
            } else {
                look.paint(Style::Red, "✗")
            };
            context.printer.data(format_args!("{sign} {:<17} {}", verdict.source.as_str(), plain(&verdict.told())))?;
        }
    }
    let wrong = verdicts.iter().filter(|verdict| !verdict.problems.is_empty()).count();
    if wrong > 0 {
        anyhow::bail!("{wrong} of {} sources are not as they should be", verdicts.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine::shape::Difference;

    use super::*;

    fn verdict(difference: Difference) -> Verdict {
        let answers = vec![Compared { call: "", difference }];
        Verdict { retrieved: Some(25), answers, ..Verdict::blank(SourceId::Crossref) }
    }

    #[test]
    fn what_is_missing_and_what_is_new_is_told_and_is_no_problem() {
        let fields = |from: usize, to: usize| (from..to).map(|number| format!("f{number}")).collect();
        let verdict = verdict(Difference { missing: fields(0, 7), new: fields(7, 8), ..Difference::default() });
        assert_eq!(verdict.told(), "answers; 25 records read; in no record: f0, f1, f2 and 4 more; new: f7");
        let json = serde_json::to_value(&verdict).unwrap();
        assert_eq!(json["answers"][0]["missing"].as_array().unwrap().len(), 7);
        assert_eq!((json["source"].as_str(), json["problems"].as_array().map(Vec::len)), (Some("crossref"), Some(0)));
    }

    #[test]
    fn a_page_without_records_or_with_unreadable_ones_is_a_problem_but_for_feeds() {
        let read = |source, page: Page| {
            let mut verdict = Verdict::blank(source);
            verdict.read(page);
            verdict.problems
        };
        assert_eq!(read(SourceId::Arxiv, Page::default()), ["it knows nothing of `cancer`"]);
        assert!(read(SourceId::Feeds, Page::default()).is_empty());
        let page = Page { malformed: 2, records: vec![std::sync::Arc::default()], ..Page::default() };
        assert_eq!(read(SourceId::Arxiv, page), ["2 of its records cannot be read"]);
    }

    #[test]
    fn what_the_source_warns_of_is_told() {
        let mut searxng = Verdict::blank(SourceId::Searxng);
        searxng.read(Page { warnings: vec!["google did not answer".to_owned()], ..Page::default() });
        assert_eq!(searxng.told(), "it knows nothing of `cancer`; it warns: google did not answer");
    }
}
