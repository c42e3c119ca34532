//! Works for a reference manager or a spreadsheet: one file a format, pure functions from works to text.

use std::str::FromStr;

use engine::work::Work;

use crate::json;

mod bibtex;
mod csl;
mod keys;
mod ris;
mod spreadsheet;
#[cfg(test)]
mod tests;

pub use self::spreadsheet::lines;

/// What works can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// BibTeX, for LaTeX and reference managers.
    Bibtex,
    /// RIS, for reference managers.
    Ris,
    /// CSL-JSON 1.0.2, for citation processors such as citeproc and pandoc.
    CslJson,
    /// Comma separated values, for spreadsheets.
    Csv,
    /// The works as the API gives them.
    Json,
}

/// There is no such format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`; the formats are: {list}", list = Format::ALL.map(Format::as_str).join(", "))]
pub struct UnknownFormat(pub String);

impl Format {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Bibtex, Self::Ris, Self::CslJson, Self::Csv, Self::Json];

    /// The word for it in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bibtex => "bibtex",
            Self::Ris => "ris",
            Self::CslJson => "csl-json",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// How the name of such a file ends, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Bibtex => "bib",
            Self::Ris => "ris",
            Self::CslJson | Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Bibtex => "application/x-bibtex; charset=utf-8",
            Self::Ris => "application/x-research-info-systems; charset=utf-8",
            Self::CslJson => "application/vnd.citationstyles.csl+json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json => "application/json",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// The works in their order as one text.
pub fn render(format: Format, works: &[Work]) -> String {
    match format {
        Format::Bibtex => bibtex::render(works),
        Format::Ris => ris::render(works),
        Format::CslJson => csl::render(works),
        Format::Csv => spreadsheet::render(works),
        // Strings and numbers always serialise; an empty list would still be JSON.
        Format::Json => {
            json::to_vec(works).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_else(|| "[]".to_owned())
        }
    }
}
