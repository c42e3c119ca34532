//! What each source's answers looked like when its connector was written: the recordings, as something to compare live
//! answers with.

use crate::source::SourceId;

/// A recorded answer to one call.
#[derive(Debug)]
pub struct Recorded {
    /// How the path of the call's address ends; empty where a source has one call.
    pub call: &'static str,
    /// The body.
    pub body: &'static [u8],
    /// Fields without which the connector makes no records, or records that say too little: who, what and when. Only such
    /// as a page of records on a common subject has in one of them at least.
    pub required: &'static [&'static str],
    /// Fields inside of which names are data or markup.
    pub opaque: &'static [&'static str],
}

const ARXIV: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/arxiv/page.xml"),
    required: &[
        "feed.totalResults",
        "feed.entry.id",
        "feed.entry.title",
        "feed.entry.summary",
        "feed.entry.published",
        "feed.entry.author.name",
        "feed.entry.category@term",
    ],
    opaque: &[],
}];

const PUBMED: &[Recorded] = &[
    Recorded {
        call: "esearch.fcgi",
        body: include_bytes!("../../recordings/pubmed/esearch.json"),
        required: &["esearchresult.count", "esearchresult.idlist[]"],
        opaque: &["esearchresult.translationset"],
    },
    Recorded {
        call: "efetch.fcgi",
        body: include_bytes!("../../recordings/pubmed/efetch.xml"),
        required: &[
            "PubmedArticleSet.PubmedArticle.MedlineCitation.PMID",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.ArticleTitle",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.Abstract.AbstractText",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.AuthorList.Author.LastName",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.Journal.Title",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.Journal.JournalIssue.PubDate",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.PublicationTypeList.PublicationType",
            "PubmedArticleSet.PubmedArticle.PubmedData.ArticleIdList.ArticleId@IdType",
        ],
        opaque: &[
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.ArticleTitle",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.VernacularTitle",
            "PubmedArticleSet.PubmedArticle.MedlineCitation.Article.Abstract.AbstractText",
            "PubmedArticleSet.PubmedBookArticle.BookDocument.ArticleTitle",
            "PubmedArticleSet.PubmedBookArticle.BookDocument.Book.BookTitle",
            "PubmedArticleSet.PubmedBookArticle.BookDocument.Abstract.AbstractText",
        ],
    },
];

const EUROPEPMC: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/europepmc/page.json"),
    required: &[
        "hitCount",
        "resultList.result[].id",
        "resultList.result[].source",
        "resultList.result[].title",
        "resultList.result[].authorList.author[].fullName",
        "resultList.result[].abstractText",
        "resultList.result[].firstPublicationDate",
        "resultList.result[].journalInfo.journal.title",
    ],
    opaque: &["request"],
}];

const OPENALEX: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/openalex/page.json"),
    required: &[
        "meta.count",
        "results[].id",
        "results[].title",
        "results[].doi",
        "results[].publication_date",
        "results[].authorships[].author.display_name",
        "results[].abstract_inverted_index",
        "results[].primary_location.source.display_name",
    ],
    opaque: &["results[].abstract_inverted_index"],
}];

const CROSSREF: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/crossref/page.json"),
    required: &[
        "message.total-results",
        "message.items[].DOI",
        "message.items[].title[]",
        "message.items[].type",
        "message.items[].author[].family",
        "message.items[].published.date-parts[][]",
        "message.items[].container-title[]",
    ],
    opaque: &["message.facets"],
}];

const SEMANTIC_SCHOLAR: &[Recorded] = &[Recorded {
    call: "paper/search",
    body: include_bytes!("../../recordings/semantic_scholar/page.json"),
    required: &[
        "total",
        "data[].paperId",
        "data[].externalIds.DOI",
        "data[].title",
        "data[].abstract",
        "data[].year",
        "data[].authors[].name",
        "data[].venue",
    ],
    opaque: &[],
}];

const DATACITE: &[Recorded] = &[Recorded {
    call: "dois",
    body: include_bytes!("../../recordings/datacite/page.json"),
    required: &[
        "meta.total",
        "data[].attributes.doi",
        "data[].attributes.titles[].title",
        "data[].attributes.creators[].name",
        "data[].attributes.publicationYear",
        "data[].attributes.publisher",
        "data[].attributes.types.resourceTypeGeneral",
    ],
    opaque: &[],
}];

const UNPAYWALL: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/unpaywall/page.json"),
    required: &["doi", "title", "is_oa", "oa_status", "oa_locations", "z_authors[].raw_author_name"],
    opaque: &[],
}];

const WIKIPEDIA: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/wikipedia/page.json"),
    required: &[
        "query.pages[].pageid",
        "query.pages[].title",
        "query.pages[].index",
        "query.pages[].extract",
        "query.pages[].fullurl",
    ],
    // A page can have any property.
    opaque: &["query.pages[].pageprops"],
}];

const GITHUB: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/github/page.json"),
    required: &[
        "total_count",
        "items[].full_name",
        "items[].html_url",
        "items[].description",
        "items[].owner.login",
        "items[].created_at",
    ],
    opaque: &[],
}];

const SEARXNG: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/searxng/page.json"),
    required: &["results[].url", "results[].title", "results[].content", "results[].engines[]", "unresponsive_engines"],
    opaque: &["answers", "infoboxes"],
}];

const BRAVE: &[Recorded] = &[Recorded {
    call: "",
    body: include_bytes!("../../recordings/brave/page.json"),
    required: &["type", "query", "web.results[].url", "web.results[].title", "web.results[].description"],
    opaque: &["mixed"],
}];

const FIRECRAWL: &[Recorded] = &[
    Recorded {
        call: "v2/search",
        body: include_bytes!("../../recordings/firecrawl/page.json"),
        required: &["success", "data.web[].url", "data.web[].title", "data.web[].description"],
        opaque: &[],
    },
    Recorded {
        call: "v1/search",
        body: include_bytes!("../../recordings/firecrawl/page_v1.json"),
        required: &["success", "data[].url", "data[].title"],
        opaque: &[],
    },
];

/// The recordings of a source; none of feeds, of which each has a shape of its own.
pub const fn of(source: SourceId) -> &'static [Recorded] {
    match source {
        SourceId::Arxiv => ARXIV,
        SourceId::Pubmed => PUBMED,
        SourceId::Europepmc => EUROPEPMC,
        SourceId::Openalex => OPENALEX,
        SourceId::Crossref => CROSSREF,
        SourceId::SemanticScholar => SEMANTIC_SCHOLAR,
        SourceId::Datacite => DATACITE,
        SourceId::Unpaywall => UNPAYWALL,
        SourceId::Wikipedia => WIKIPEDIA,
        SourceId::Github => GITHUB,
        SourceId::Searxng => SEARXNG,
        SourceId::Brave => BRAVE,
        SourceId::Firecrawl => FIRECRAWL,
        SourceId::Feeds => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Difference, Shape};

    fn all() -> impl Iterator<Item = (SourceId, &'static Recorded)> {
        SourceId::ALL.into_iter().flat_map(|source| of(source).iter().map(move |recorded| (source, recorded)))
    }

    #[test]
    fn a_recording_differs_in_nothing_from_itself_and_has_what_is_required() {
        for (source, recorded) in all() {
            let shape = Shape::of(recorded.body, recorded.opaque).unwrap();
            let difference = Difference::between(&shape, &shape, recorded.required);
            assert_eq!(difference, Difference::default(), "{source}");
            for path in recorded.required {
                assert!(shape.kinds(path).is_some(), "{source} has no {path}");
            }
        }
    }

    #[test]
    fn what_is_not_looked_into_is_there() {
        for (source, recorded) in all() {
            let shape = Shape::of(recorded.body, recorded.opaque).unwrap();
            for path in recorded.opaque {
                assert!(shape.kinds(path).is_some(), "{source} has no {path}");
            }
        }
    }
}
