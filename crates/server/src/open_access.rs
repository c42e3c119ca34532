//! Where a work can be read for free: looked up at Unpaywall when somebody wants to know, one DOI at a time.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::{
    connector::Page,
    item::{Identifier, OaStatus, Record},
    search::KnownPage,
    source::{SourceError, SourceId},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    error::{Error, Result},
};

/// The source that knows.
const SOURCE: SourceId = SourceId::Unpaywall;

/// Where a DOI can be read for free.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OpenAccess {
    /// The DOI, in its key form.
    pub doi: String,
    /// Title of the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it can be read without paying.
    pub is_open: bool,
    /// In which way.
    pub status: OaStatus,
    /// The best place to read it; missing when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Place>,
    /// Who says so.
    pub source: SourceId,
    /// When that source was asked.
    pub fetched_at: DateTime<Utc>,
    /// It was to be asked anew and did not answer; this is what it said before.
    pub stale: bool,
}

/// A place where it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// The page.
    pub url: String,
    /// The text itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdf_url: Option<String>,
    /// Under which licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whose place it is, and which version of the text is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Where the work with this DOI can be read for free.
pub async fn of_doi(app: &App, doi: &str) -> Result<OpenAccess> {
    match Identifier::of_doi(doi) {
        Some(Identifier::Doi(doi)) => of(app, doi).await,
        Some(Identifier::Arxiv(id)) => Ok(at_arxiv(&id, app.clock.now())),
        _ => Err(Error::invalid("doi", "is no DOI; a DOI looks like 10.1000/182")),
    }
}

async fn of(app: &App, doi: String) -> Result<OpenAccess> {
    let name = format!("lookup:{SOURCE}:{}", &blake3::hash(doi.as_bytes()).to_hex()[..32]);
    let now = app.clock.now();
    let known = app.cache.pages(&[(SOURCE, name.clone())], now).await.pop().map(|(_, known)| known);
    if let Some(known) = known.as_ref().filter(|known| known.fresh) {
        return told(&doi, known, false);
    }
    match app.engine().lookup(SOURCE, &Identifier::Doi(doi.clone())).await {
        Ok(record) => {
            let page = Arc::new(Page { records: record.map(Arc::new).into_iter().collect(), ..Page::default() });
            app.cache.keep_page(SOURCE, name, Arc::clone(&page), now).await;
            told(&doi, &KnownPage { page, fetched_at: now, fresh: true }, false)
        }
        Err(error) => match known {
            Some(known) => told(&doi, &known, true),
            None => Err(refused(error)),
        },
    }
}

fn told(doi: &str, known: &KnownPage, stale: bool) -> Result<OpenAccess> {
    let record =
        known.page.records.first().ok_or_else(|| Error::not_found("work known to Unpaywall with the DOI", doi))?;
    let status = record.oa_status.unwrap_or(OaStatus::Closed);
    Ok(OpenAccess {
        doi: doi.to_owned(),
        title: Some(record.title.clone()),
        is_open: status.is_open(),
        status,
        location: status.is_open().then(|| place(record)).flatten(),
        source: SOURCE,
        fetched_at: known.fetched_at,
        stale,
    })
}

fn place(record: &Record) -> Option<Place> {
    Some(Place {
        url: record.url.clone().or_else(|| record.pdf_url.clone())?,
        pdf_url: record.pdf_url.clone(),
        licence: record.licence.clone(),
        host: record.via.clone(),
    })
}

/// What is at arXiv is open: nobody has to be asked.
fn at_arxiv(id: &str, now: DateTime<Utc>) -> OpenAccess {
    OpenAccess {
        doi: format!("10.48550/arxiv.{id}"),
        title: None,
        is_open: true,
        status: OaStatus::Green,
        location: Some(Place {
            url: format!("https://arxiv.org/abs/{id}"),
            pdf_url: Some(format!("https://arxiv.org/pdf/{id}")),
            licence: None,
            host: Some("arXiv".to_owned()),
        }),
        source: SourceId::Arxiv,
        fetched_at: now,
        stale: false,
    }
}

fn refused(error: SourceError) -> Error {
    match error {
        // It is switched off, or has no address to give: the reason says what an operator does.
        SourceError::Unsupported { reason } => Error::Conflict { message: format!("Unpaywall is not asked: {reason}") },
        error => Error::SourceFailed { source_id: SOURCE, error },
    }
}
