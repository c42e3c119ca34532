//! The record of a search that a systematic review needs: what was asked of whom, when, and how many came of it.
//! Numbers as in the PRISMA 2020 flow diagram (Page et al., BMJ 2021;372:n71), box "Identification".

use chrono::{DateTime, Utc};
use engine::event::SourceReport;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{answer::Answer, register::Search};

/// The record of one search.
#[derive(Debug, Serialize, ToSchema)]
pub struct Prisma {
    /// Names the search.
    pub id: Uuid,
    /// The query as it was understood.
    pub query: String,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// When the answer was made; earlier than `started_at` for a kept one.
    pub answered_at: DateTime<Utc>,
    /// Version of PAKE that made it.
    pub version: &'static str,
    /// The exact query per source, and how it went.
    pub databases: Vec<SourceReport>,
    /// The numbers of the diagram.
    pub flow: Flow,
}

/// The numbers of the diagram.
#[derive(Debug, Serialize, ToSchema)]
pub struct Flow {
    /// How many records the sources say they have, where they say it.
    pub reported: u64,
    /// Records identified: those that the sources sent.
    pub identified: u32,
    /// Records left out because a condition that the source could not apply did not hold.
    pub removed_by_filters: u32,
    /// Records that told of a work already there.
    pub removed_as_duplicates: u32,
    /// Records that could not be read.
    pub unreadable: u32,
    /// Works left to screen.
    pub to_screen: u32,
}

impl Prisma {
    /// The record of `search`, whose answer is `answer`.
    pub fn of(search: &Search, answer: &Answer) -> Self {
        let summary = &answer.summary;
        let counts = summary.counts;
        Self {
            id: search.id,
            query: search.query.clone(),
            started_at: search.started_at,
            answered_at: summary.made_at,
            version: crate::VERSION,
            databases: summary.sources.clone(),
            flow: Flow {
                reported: counts.reported,
                identified: counts.retrieved,
                removed_by_filters: counts.filtered,
                removed_as_duplicates: counts.duplicates,
                unreadable: summary.sources.iter().map(|report| report.malformed).sum(),
                to_screen: counts.works,
            },
        }
    }
}
