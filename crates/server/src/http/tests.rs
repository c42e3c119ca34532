use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{Request, WebSocketUpgrade},
    response::{Html, IntoResponse, Response},
    routing::{get as on_get, post as on_post},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{
    encoding::Encoding,
    extract::{Json, Path, Query},
    layered, router,
    table::Table,
};
use crate::{
    app::SharedApp,
    error::{Error, Result},
    testing::{Answer, app, app_with, ask, config, get, post},
};

mod bodies;
mod document;
mod health;

#[derive(Debug, Deserialize, Serialize)]
struct Order {
    pages: u32,
    #[serde(default)]
    titles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Pages {
    pages: u32,
}

/// Handlers that do what handlers may do, good and bad.
fn samples() -> Router<SharedApp> {
    let text = || "one question, every source, live. ".repeat(400);
    Router::new()
        .route("/echo", on_post(async |Json(order): Json<Order>| Json(order)))
        .route("/pages", on_get(async |Query(pages): Query<Pages>| pages.pages.to_string()))
        .route("/pages/{number}", on_get(async |Path(number): Path<u32>| number.to_string()))
        .route("/panic", on_get(async || -> StatusCode { panic!("the password is swordfish") }))
        .route("/broken", on_get(async || -> Result<()> { Err(Error::internal("the password is swordfish")) }))
        .route(
            "/busy",
            on_get(async || -> Result<()> {
                Err(Error::TooMany {
                    message: "64 searches are under way".into(),
                    retry_after: Duration::from_millis(1500),
                })
            }),
        )
        .route("/slow", on_get(async || std::future::pending::<()>().await))
        .route("/text", on_get(async move || text()))
        .route("/large", on_get(async || Json(vec!["a title"; 100_000])))
        .route("/small", on_get(async || Json("little")))
        .route(
            "/random",
            on_get(async || {
                let noise = (0..100_u32).flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect::<Vec<u8>>();
                ([(header::CONTENT_TYPE, "application/json")], noise)
            }),
        )
        .route(
            "/packed",
            on_get(async || {
                let packed = Encoding::Gzip.compress(&b"packed already ".repeat(1000)).unwrap();
                // Random enough to be larger than what is worth compressing.
                ([(header::CONTENT_ENCODING, "gzip"), (header::CONTENT_TYPE, "application/json")], packed.repeat(100))
            }),
        )
        .route(
            "/stream",
            on_get(async || {
                let lines = stream::iter(vec!["a line of some length\n"; 1000]).map(Ok::<_, std::io::Error>);
                ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines))
            }),
        )
        .route("/page", on_get(async || Html("<p>Hello")))
        .route("/own-policy", on_get(async || ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'")], Html("<p>"))))
        .route("/tagged", on_get(tagged).post(tagged))
        .route("/ws", on_get(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(async |_| {})))
        .route("/brew", on_get(async || StatusCode::IM_A_TEAPOT))
        .route("/down", on_get(async || (StatusCode::BAD_GATEWAY, "the password is swordfish")))
}

async fn tagged() -> Response {
    ([(header::ETAG, "\"abc\"")], "content ".repeat(500)).into_response()
}

async fn sample(request: Request) -> Answer {
    ask(&layered(samples(), Table::open(), app().await), request).await
}

/// The status and the kind of a problem.
fn kind(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status.as_u16());
    assert_eq!(problem["success"], false);
    assert_eq!(problem["message"], problem["detail"]);
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    (answer.status.as_u16(), problem["error"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_unknown_address_is_a_problem_with_all_keys() {
    let answer = ask(&router(app().await), get("/nowhere/at/all?secret=1", &[])).await;
    assert_eq!(answer.status, 404);
    insta::assert_json_snapshot!(answer.json(), @r#"
    {
      "detail": "there is nothing at this address",
      "details": null,
      "error": "no_such_route",
      "instance": "/nowhere/at/all",
      "message": "there is nothing at this address",
      "request_id": "000000000000000000000001",
      "status": 404,
      "success": false,
      "timestamp": "2026-03-01T12:00:00.000Z",
      "title": "Nothing at this address",
      "type": "/api/docs#problem-no_such_route"
    }
    "#);
}

#[tokio::test]
async fn the_api_describes_itself_to_people() {
    assert_eq!(ask(&router(app().await), get("/api/docs", &[])).await.status, 200);
}

#[tokio::test]
async fn a_method_that_is_not_allowed_says_which_are() {
    let answer = sample(get("/echo", &[])).await;
    assert_eq!(kind(&answer), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), "POST");
    let traced = Request::builder().method(Method::TRACE).uri("/echo").body(Body::empty()).unwrap();
    assert_eq!(sample(traced).await.status, StatusCode::METHOD_NOT_ALLOWED, "nothing is sent back as it came");
}

#[tokio::test]
async fn other_origins_are_not_let_in() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/echo")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let answer = sample(request).await;
    assert_eq!(answer.status, 405);
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn parameters_that_cannot_be_read_are_named() {
    let answer = sample(get("/pages?pages=many", &[])).await;
    assert_eq!(kind(&answer), (400, "invalid_parameter".into()));
    assert_eq!(answer.json()["details"]["parameter"], "query string");
    let answer = sample(get("/pages/many", &[])).await;
    assert_eq!(kind(&answer), (400, "invalid_parameter".into()));
    assert_eq!(answer.json()["details"]["parameter"], "path");
    assert_eq!(sample(get("/pages?pages=7&pages=8", &[])).await.status, 400, "two of one name");
    assert_eq!(sample(get("/pages?pages=7", &[])).await.text(), "7");
    assert_eq!(sample(get("/pages/7", &[])).await.text(), "7");
}

#[tokio::test]
async fn our_faults_show_the_request_id_and_nothing_else() {
    for path in ["/panic", "/broken"] {
        let answer = sample(get(path, &[("x-request-id", "mine")])).await;
        assert_eq!(kind(&answer), (500, "internal".into()), "{path}");
        assert_eq!(answer.json()["request_id"], "mine");
        assert!(!answer.text().contains("swordfish"), "{path}: {}", answer.text());
    }
    let answer = sample(get("/down", &[])).await;
    assert_eq!(kind(&answer), (502, "internal".into()));
    assert!(!answer.text().contains("swordfish"));
}

#[tokio::test]
async fn whoever_asks_too_much_is_told_when_to_come_back() {
    let answer = sample(get("/busy", &[])).await;
    assert_eq!(kind(&answer), (429, "too_many".into()));
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(answer.json()["details"]["retry_after_seconds"], 1.5);
}

#[tokio::test]
async fn what_axum_refuses_is_a_problem_with_its_reason() {
    let answer = sample(get("/ws", &[])).await;
    assert_eq!(kind(&answer), (400, "bad_request".into()));
    assert_eq!(answer.json()["detail"], "Connection header did not include 'upgrade'");
    assert_eq!(kind(&sample(get("/brew", &[])).await), (418, "bad_request".into()));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let router = layered(samples(), Table::open(), app().await);
    // Only now: opening the database takes real time.
    tokio::time::pause();
    let answer = ask(&router, get("/slow", &[])).await;
    assert_eq!(kind(&answer), (504, "answer_timeout".into()));
    assert_eq!(answer.json()["detail"], "the answer was not ready within 60 s");
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_the_clients_fault() {
    let router = layered(samples(), Table::open(), app().await);
    tokio::time::pause();
    let never = stream::once(async { Ok::<_, std::io::Error>("{") }).chain(stream::pending());
    let answer = ask(&router, post("/echo", Body::from_stream(never))).await;
    assert_eq!(kind(&answer), (408, "request_timeout".into()));
}

#[tokio::test]
async fn a_sane_request_id_is_taken_over_and_any_other_replaced() {
    let longest = "x".repeat(128);
    for id in ["abc-123", "a/b~c", &longest] {
        assert_eq!(sample(get("/small", &[("x-request-id", id)])).await.header("x-request-id"), id);
    }
    let too_long = "x".repeat(129);
    for id in ["", "with space", "caf\u{e9}", "tab\there", &too_long] {
        let answer = sample(get("/small", &[("x-request-id", id)])).await;
        assert_eq!(answer.header("x-request-id"), "000000000000000000000001", "{id:?}");
    }
}

#[tokio::test]
async fn answers_are_compressed_as_the_client_wishes() {
    let plain = sample(get("/text", &[])).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    for (wish, encoding) in [("gzip", "gzip"), ("br, gzip", "br"), ("gzip, deflate, br, zstd", "zstd"), ("deflate", "")]
    {
        let answer = sample(get("/text", &[("accept-encoding", wish)])).await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.body.len() < plain.body.len() / 4, !encoding.is_empty(), "{wish}");
    }
}

#[tokio::test]
async fn a_large_answer_comes_out_whole() {
    let answer = sample(get("/large", &[("accept-encoding", "zstd")])).await;
    assert_eq!(answer.header("content-encoding"), "zstd");
    let titles: Vec<String> = serde_json::from_slice(&zstd::decode_all(&answer.body[..]).unwrap()).unwrap();
    assert_eq!(titles.len(), 100_000);
}

#[tokio::test]
async fn what_is_not_worth_it_is_not_compressed() {
    for path in ["/small", "/random", "/stream"] {
        let answer = sample(get(path, &[("accept-encoding", "zstd")])).await;
        assert_eq!(answer.header("content-encoding"), "", "{path}");
    }
    let plain = sample(get("/packed", &[])).await.body;
    let answer = sample(get("/packed", &[("accept-encoding", "zstd, gzip;q=0.5")])).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.body, plain);
}

#[tokio::test]
async fn a_client_that_knows_the_answer_is_told_so() {
    for known in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
        let answer = sample(get("/tagged", &[("if-none-match", known)])).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), "\"abc\"");
    }
    for unknown in ["\"abd\"", "abc", ""] {
        assert_eq!(sample(get("/tagged", &[("if-none-match", unknown)])).await.status, 200, "{unknown}");
    }
    let request = Request::post("/tagged").header("if-none-match", "*").body(Body::empty()).unwrap();
    assert_eq!(sample(request).await.status, 200);
}

#[tokio::test]
async fn a_tag_promises_no_bytes_once_they_are_compressed() {
    let answer = sample(get("/tagged", &[("accept-encoding", "gzip")])).await;
    assert_eq!((answer.header("etag"), answer.header("content-encoding")), ("W/\"abc\"", "gzip"));
}

#[tokio::test]
async fn every_answer_is_kept_from_being_misread() {
    for path in ["/small", "/page", "/nowhere", "/panic"] {
        let answer = sample(get(path, &[])).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    assert_eq!(sample(get("/tagged", &[])).await.header("cache-control"), "private, no-cache");
    let policy = sample(get("/page", &[])).await.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(sample(get("/own-policy", &[])).await.header("content-security-policy"), "default-src 'none'");
    assert_eq!(sample(get("/small", &[])).await.header("content-security-policy"), "");
}

#[tokio::test]
async fn pages_from_elsewhere_get_nothing_and_ours_use_nothing_of_the_machine() {
    for path in ["/small", "/page", "/nowhere"] {
        let answer = sample(get(path, &[("origin", "https://evil.example")])).await;
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{path}");
    }
    let preflight = Request::options("/echo")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let answer = sample(preflight).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{:?}", answer.headers);
    let page = sample(get("/page", &[])).await;
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert!(page.header("permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn browsers_are_kept_to_tls_where_they_came_over_it() {
    let behind = |url: &str| {
        let mut config = config();
        config.server.base_url = Some(url.parse().unwrap());
        app_with(config)
    };
    for (url, policy) in
        [("https://pake.example.org", "max-age=31536000; includeSubDomains"), ("http://pake.example.org", "")]
    {
        let answer = ask(&router(behind(url).await), get("/health/live", &[])).await;
        assert_eq!(answer.header("strict-transport-security"), policy, "{url}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    for (path, status) in [("/text", 200), ("/nowhere", 404), ("/panic", 500)] {
        let request = Request::head(path).body(Body::empty()).unwrap();
        let answer = sample(request).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (status, 0), "{path}");
    }
}

#[tokio::test]
async fn requests_are_timed_by_route_never_by_address() {
    let app = app().await;
    let router = layered(samples(), Table::open(), SharedApp::clone(&app));
    ask(&router, get("/pages/7", &[])).await;
    ask(&router, get("/pages/8?name=secret", &[])).await;
    ask(&router, get("/someone/secret", &[])).await;
    let odd = Request::builder().method("BREW").uri("/pages/7").body(Body::empty()).unwrap();
    ask(&router, odd).await;
    let text = app.metrics.render();
    let count = |method: &str, route: &str, status: u16| {
        text.contains(&format!(
            "http_server_request_duration_seconds_count{{http_request_method=\"{method}\",http_route=\"{route}\",\
             http_response_status_code=\"{status}\"}} "
        ))
    };
    assert!(count("GET", "/pages/{number}", 200), "{text}");
    assert!(count("GET", "_OTHER", 404));
    assert!(count("_OTHER", "/pages/{number}", 405));
    assert!(!text.contains("secret"));
    assert_eq!(app.metrics.http_active.get(), 0);
}

#[tokio::test]
async fn a_request_that_is_given_up_is_not_under_way_any_more() {
    let app = app().await;
    let router = layered(samples(), Table::open(), SharedApp::clone(&app));
    let mut asking = Box::pin(ask(&router, get("/slow", &[])));
    assert!(futures_util::poll!(asking.as_mut()).is_pending());
    assert_eq!(app.metrics.http_active.get(), 1);
    drop(asking);
    assert_eq!(app.metrics.http_active.get(), 0);
}

#[tokio::test]
async fn the_sources_are_listed_with_their_state() {
    let router = router(app().await);
    let answer = ask(&router, get("/api/v1/sources", &[])).await;
    let sources = answer.json()["sources"].clone();
    assert_eq!(sources.as_array().unwrap().len(), 14);
    assert_eq!(sources[0]["id"], "arxiv");
    assert_eq!(sources[0]["availability"], "off");
    assert!(sources[0]["hint"].as_str().unwrap().contains("sources.arxiv.enabled = true"));
    assert_eq!(sources[0]["health"]["state"], "closed");
    let tag = answer.header("etag");
    assert_eq!(ask(&router, get("/api/v1/sources", &[("if-none-match", tag)])).await.status, 304);
}

#[tokio::test]
async fn one_source_is_found_by_its_name() {
    let router = router(app().await);
    let brave = ask(&router, get("/api/v1/sources/brave", &[])).await.json();
    assert_eq!((brave["id"].as_str(), brave["label"].as_str()), (Some("brave"), Some("Brave")));
    for name in ["altavista", "ARXIV", "%00", "%F0%9F%94%AD"] {
        let answer = ask(&router, get(&format!("/api/v1/sources/{name}"), &[])).await;
        assert_eq!(kind(&answer), (404, "not_found".into()), "{name}");
    }
    assert_eq!(kind(&ask(&router, get("/api/v1/sources/%ff", &[])).await), (400, "invalid_parameter".into()));
}
