//! What can be had of an answer: its works in the forms of other programs, its records, its numbers; and its merges undone.

use e2e::serving::Serving;
use serde_json::{Value, json};

use crate::{Stage, list, report, stage, text};

const FORMATS: [(&str, &str); 5] = [
    ("bibtex", "application/x-bibtex"),
    ("ris", "application/x-research-info-systems"),
    ("csl-json", "application/vnd.citationstyles.csl+json"),
    ("csv", "text/csv"),
    ("json", "application/json"),
];

#[test]
fn the_works_can_be_taken_away_in_every_form() {
    let Stage { server, .. } = stage();
    let answer = server.answer("lamps").unwrap();
    let (id, works) = (text(&answer["id"]), list(&answer["works"]).len());
    for (format, kind) in FORMATS {
        let reply = server.get(&format!("/api/v1/searches/{id}/export?format={format}")).unwrap();
        assert_eq!(reply.status, 200, "{format}: {}", reply.text());
        assert!(
            reply.header("content-type").unwrap().starts_with(kind),
            "{format}: {:?}",
            reply.header("content-type")
        );
        let disposition = reply.header("content-disposition").unwrap();
        assert!(disposition.starts_with(&format!("attachment; filename=\"pake-{id}.")), "{disposition}");
        let text = reply.text();
        let count = match format {
            "bibtex" => text.matches("\n@").count() + usize::from(text.starts_with('@')),
            "ris" => text.lines().filter(|line| line.starts_with("TY  - ")).count(),
            // Titles and abstracts hold no line breaks, so each work is a line below the headings.
            "csv" => text.trim_end().lines().count() - 1,
            _ => list(&reply.json()).len(),
        };
        assert_eq!(count, works, "{format}: {text}");
    }
    for (query, parameter) in [("?format=docx", "format"), ("", "query string")] {
        let reply = server.get(&format!("/api/v1/searches/{id}/export{query}")).unwrap();
        assert_eq!((reply.status, &reply.json()["details"]["parameter"]), (400, &json!(parameter)));
    }
}

#[test]
fn the_numbers_of_the_record_add_up() {
    let Stage { server, .. } = stage();
    let answer = server.answer("lamps open:true").unwrap();
    let record = server.get(&format!("/api/v1/searches/{}/record", text(&answer["id"]))).unwrap().json();
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number: {value}"));
    let flow = &record["flow"];
    let (identified, screened) = (number(&flow["identified"]), number(&flow["to_screen"]));
    let (filtered, duplicates) = (number(&flow["removed_by_filters"]), number(&flow["removed_as_duplicates"]));
    assert_eq!(identified - filtered - duplicates, screened, "{flow}");
    assert!(duplicates > 0 && filtered > 0, "{flow}");
    assert_eq!(screened, list(&answer["works"]).len() as u64);
    let sum =
        |key: &str| list(&record["databases"]).iter().map(|report| report[key].as_u64().unwrap_or(0)).sum::<u64>();
    assert_eq!((sum("retrieved"), sum("filtered"), sum("reported")), (identified, filtered, number(&flow["reported"])));
    assert_eq!(sum("malformed"), number(&flow["unreadable"]));
    for database in list(&record["databases"]) {
        assert!(database["query"].as_str().is_some_and(|query| query.contains("lamps")), "{database}");
        assert!(database["asked_at"].is_string());
    }
    assert_eq!(record["query"], answer["query"]);
}

#[test]
fn no_record_is_lost_in_merging() {
    let Stage { server, .. } = stage();
    let answer = server.answer("lamps").unwrap();
    let records = server.get(&format!("/api/v1/searches/{}/records", text(&answer["id"]))).unwrap().json();
    let name = |record: &Value| format!("{}:{}", text(&record["source"]), text(&record["source_id"]));
    let mut whole: Vec<_> = list(&records).iter().map(name).collect();
    let works = list(&answer["works"]).iter();
    let versions = works.flat_map(|work| list(&work["versions"]));
    let mut named: Vec<_> = versions.flat_map(|version| list(&version["records"])).map(name).collect();
    whole.sort();
    named.sort();
    assert_eq!(whole, named);
    assert_eq!(whole.len() as u64, answer["counts"]["retrieved"].as_u64().unwrap());
    let of_crossref = whole.iter().filter(|name| name.starts_with("crossref:")).count() as u64;
    assert_eq!(of_crossref, report(&answer, "crossref")["retrieved"].as_u64().unwrap());
}

/// The work that holds a record of Crossref beside others, and the name of that record.
fn merged(answer: &Value) -> (String, String) {
    for work in list(&answer["works"]) {
        let records: Vec<_> = list(&work["versions"]).iter().flat_map(|version| list(&version["records"])).collect();
        let of_crossref = records.iter().find(|record| record["source"] == "crossref");
        if let Some(record) = of_crossref.filter(|_| records.len() > 1) {
            return (text(&work["id"]), format!("crossref:{}", text(&record["source_id"])));
        }
    }
    panic!("no work has a record of Crossref and another: {answer:#}");
}

fn works(server: &Serving, query: &str) -> usize {
    list(&server.answer(query).unwrap()["works"]).len()
}

#[test]
fn a_merge_that_is_undone_stays_undone_until_it_is_taken_back() {
    let Stage { server, pake, .. } = stage();
    let answer = server.answer("lamps").unwrap();
    let before = list(&answer["works"]).len();
    let (work, record) = merged(&answer);
    let path = format!("/api/v1/searches/{}/splits", text(&answer["id"]));
    let nonsense = server.post(&path, &json!({"work": work, "records": ["arxiv:nowhere"]})).unwrap();
    assert_eq!(nonsense.status, 400, "{}", nonsense.text());
    let split = server.post(&path, &json!({"work": work, "records": [record]})).unwrap();
    assert_eq!(split.status, 204, "{}", split.text());
    assert!(works(&server, "lamps") > before, "the next search knows");
    assert!(works(&server, "lamps AND light") > before, "and so does another one");
    server.stop().unwrap();

    let server = pake.serve().unwrap();
    assert!(works(&server, "lamps") > before, "it outlives a restart");
    let splits = server.get("/api/v1/splits").unwrap().json();
    for pair in list(&splits["splits"]) {
        let headers = [("Content-Type", "application/json")];
        let taken = server.request("DELETE", "/api/v1/splits", &headers, pair.to_string().as_bytes()).unwrap();
        assert_eq!(taken.status, 204, "{}", taken.text());
    }
    assert_eq!(works(&server, "lamps"), before);
}
