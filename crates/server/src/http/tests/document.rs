//! The OpenAPI document: whole, true, and what it promises.

use serde_json::Value;

use super::kind;
use crate::{
    http::{openapi, problem, router},
    testing::{app, ask, get, post},
};

/// Bodies that others have defined: whoever sends them may say more than PAKE looks at.
const DEFINED_ELSEWHERE: [&str; 4] = ["/api/v1/auth/token", "/auth/token", "/quick", "/search"];

#[tokio::test]
async fn a_body_with_members_that_nobody_knows_is_refused() {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let mut looked_at = 0;
    for (path, method, operation) in operations() {
        let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
        for described in content.values() {
            let name = described["schema"]["$ref"].as_str().unwrap_or_else(|| panic!("{method} {path} has a name"));
            let schema = document.pointer(name.trim_start_matches('#')).unwrap();
            let is_closed = schema["additionalProperties"] == false;
            assert_eq!(is_closed, !DEFINED_ELSEWHERE.contains(&path.as_str()), "{method} {path}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 30, "{looked_at}");
    let refused = ask(&router(app().await), post("/api/v1/searches", r#"{"query": "lamps", "is_admin": true}"#)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("is_admin"), "{}", refused.text());
}

#[tokio::test]
async fn every_kind_of_problem_is_in_the_reference_once() {
    let mut codes = problem::KINDS.map(|kind| kind.code);
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    assert_eq!(document["x-problems"].as_array().unwrap().len(), codes.len());
}

#[tokio::test]
async fn the_api_describes_itself() {
    let router = router(app().await);
    let answer = ask(&router, get("/api/openapi.json", &[("accept-encoding", "br")])).await;
    assert_eq!((answer.header("content-encoding"), answer.header("content-type")), ("br", "application/json"));
    let tag = answer.header("etag").to_owned();
    assert_eq!(ask(&router, get("/api/openapi.json", &[("if-none-match", &tag)])).await.status, 304);
    let document = ask(&router, get("/api/openapi.json", &[])).await.json();
    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    assert_eq!(document["info"]["version"], crate::VERSION);
    assert!(document["paths"]["/api/v1/sources/{id}"]["get"].is_object());
    assert!(document["components"]["schemas"]["Problem"].is_object());
}

#[tokio::test]
async fn every_reference_within_the_description_leads_somewhere() {
    let text = openapi();
    let document: Value = serde_json::from_str(&text).unwrap();
    for part in text.split("\"$ref\": \"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// All operations, as their path, method and description.
fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let of = |(path, item): (String, Value)| {
        let operations = item.as_object().unwrap().clone();
        operations.into_iter().map(move |(method, operation)| (path.clone(), method, operation))
    };
    paths.into_iter().flat_map(of).collect()
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_known_tag() {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = std::collections::BTreeSet::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{method} {path}: there is another operation `{name}`");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.ends_with('.')), "{method} {path}");
        assert!(tags.contains(&&operation["tags"][0]), "{method} {path}");
    }
}

#[test]
fn every_answer_is_described() {
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path} {status}");
        }
    }
}

#[test]
fn two_types_of_one_name_do_not_hide_each_other() {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    // Both are called `Health` in Rust.
    assert!(document.pointer("/components/schemas/Health/properties/next_attempt").is_some());
    assert!(document.pointer("/components/schemas/SystemHealth/properties/components").is_some());
}

#[tokio::test]
async fn the_page_loads_only_from_here() {
    let router = router(app().await);
    let page = ask(&router, get("/api/docs", &[])).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(!page.text().contains("http://") && !page.text().contains("https://"));
    assert!(!page.text().contains("<style") && !page.text().contains("onclick"));
    for asset in ["docs.js", "docs.css"] {
        assert!(page.text().contains(&format!("\"/api/docs/{asset}\"")));
        assert_eq!(ask(&router, get(&format!("/api/docs/{asset}"), &[])).await.status, 200);
    }
    assert_eq!(kind(&ask(&router, get("/api/docs/..%2f..%2fpasswd", &[])).await), (404, "not_found".into()));
}
