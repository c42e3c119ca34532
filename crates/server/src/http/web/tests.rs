use std::fs;

use axum::{Router, extract::Request};
use flate2::read::GzDecoder;
use http::Method;
use tempfile::TempDir;

use crate::{
    config::Config,
    http::{encoding::Encoding, router},
    testing::{Answer, app_with, ask, config, get, serving::Serving},
};

const NAVIGATION: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
/// Long enough to be worth compressing.
fn script() -> String {
    "export const words = 'one question, every source, live';\n".repeat(40)
}

/// A built app in a folder, and a configuration that serves it.
fn built() -> (TempDir, Config) {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    let page = r#"<!doctype html><script src="/scheme.js"></script><link rel="stylesheet" href="/assets/a-12345678.css">
        <script type="module" src="/assets/index-12345678.js"></script><p>assets/</p>"#;
    write("index.html", page.as_bytes());
    write("scheme.js", b"'light'");
    write("sw.js", b"self.skipWaiting()");
    write("manifest.webmanifest", br#"{"name":"PAKE"}"#);
    write("icon.svg", b"<svg/>");
    let script = script();
    write("assets/index-12345678.js", script.as_bytes());
    write("assets/index-12345678.js.gz", &Encoding::Gzip.compress(script.as_bytes()).unwrap());
    for name in ["index", "packed"] {
        write(&format!("assets/{name}-12345678.js.br"), &Encoding::Brotli.compress(script.as_bytes()).unwrap());
    }
    write(".vite/manifest.json", b"{}");
    let mut config = config();
    config.web.directory = Some(folder.path().to_owned());
    (folder, config)
}

async fn app(config: Config) -> Router {
    router(app_with(config).await)
}

fn is_page(answer: &Answer) -> bool {
    answer.status == 200
        && answer.text().contains("<!doctype html>")
        && answer.header("content-type").starts_with("text/html")
}

#[tokio::test]
async fn whoever_goes_to_an_address_of_the_app_gets_its_page_and_whoever_asks_as_a_program_does_not() {
    let (_folder, config) = built();
    let app = app(config).await;
    for path in ["/", "/join", "/history", "/admin/dashboard?tab=jobs", "/index.html", "/search/of/nothing", "/authors"]
    {
        let answer = ask(&app, get(path, &[NAVIGATION])).await;
        assert!(is_page(&answer), "{path}: {answer:?}");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert!(answer.header("content-security-policy").contains("script-src 'self'; style-src 'self';"));
    }
    for path in ["/api", "/api/v1/nothing", "/auth/nothing", "/assets/gone-12345678.js", "/ws/nothing"] {
        let answer = ask(&app, get(path, &[NAVIGATION])).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (404, "application/problem+json"),
            "{path}"
        );
    }
    for accept in [&[][..], &[("accept", "application/json")], &[("accept", "image/*,*/*;q=0.8")]] {
        assert_eq!(ask(&app, get("/history", accept)).await.status, 404, "{accept:?}");
    }
    let posted = Request::builder().method(Method::POST).uri("/history").header(NAVIGATION.0, NAVIGATION.1);
    assert_eq!(ask(&app, posted.body(axum::body::Body::empty()).unwrap()).await.status, 404);
}

#[tokio::test]
async fn at_the_beginning_programs_find_the_api_and_everybody_else_the_app() {
    let (_folder, mut config) = built();
    let served = app(config.clone()).await;
    assert!(is_page(&ask(&served, get("/", &[])).await));
    assert!(is_page(&ask(&served, get("/", &[("accept", "*/*")])).await));
    let program = ask(&served, get("/", &[("accept", "application/json")])).await;
    assert_eq!((program.status.as_u16(), program.header("location")), (307, "/api/docs"));
    config.web.enabled = false;
    let switched_off = app(config).await;
    let answer = ask(&switched_off, get("/", &[NAVIGATION])).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (307, "/api/docs"));
    for path in ["/history", "/assets/index-12345678.js", "/opensearch.xml", "/sw.js"] {
        assert_eq!(ask(&switched_off, get(path, &[NAVIGATION])).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn files_come_as_they_were_compressed_and_those_with_a_hash_are_kept_for_ever() {
    let (_folder, config) = built();
    let app = app(config).await;
    // In the binary there are scripts in one compressed form only.
    let paths = ["/assets/index-12345678.js", "/assets/packed-12345678.js"];
    let wishes = [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("identity", ""), ("br;q=0", "")];
    for (path, (wish, encoding)) in paths.into_iter().flat_map(|path| wishes.map(|wish| (path, wish))) {
        let answer = ask(&app, get(path, &[("accept-encoding", wish)])).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (200, encoding), "{wish}");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        match encoding {
            "" => assert_eq!(answer.text(), script()),
            "gzip" => assert_eq!(std::io::read_to_string(GzDecoder::new(&answer.body[..])).unwrap(), script()),
            _ => {}
        }
    }
    for (path, kind) in [
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer = ask(&app, get(path, &[])).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert_eq!(answer.header("cache-control"), "no-cache");
        let tag = answer.header("etag").to_owned();
        assert_eq!(ask(&app, get(path, &[("if-none-match", &tag)])).await.status, 304, "{path}");
    }
}

#[tokio::test]
async fn nothing_beside_the_app_is_read() {
    let (folder, config) = built();
    let secret = folder.path().join("../pake-secret.txt");
    fs::write(&secret, "swordfish").unwrap();
    let app = app(config).await;
    for path in [
        "/../pake-secret.txt",
        "/%2e%2e/pake-secret.txt",
        "/..%2fpake-secret.txt",
        "/assets/..%2f..%2fpake-secret.txt",
        "/.vite/manifest.json",
        "/assets/index-12345678.js.br",
        "/assets",
        "/assets/",
        "//etc/passwd",
    ] {
        assert_eq!(ask(&app, get(path, &[])).await.status, 404, "{path}");
    }
    fs::remove_file(secret).unwrap();
}

#[tokio::test]
async fn assets_that_a_cdn_has_are_loaded_from_there() {
    let (_folder, mut config) = built();
    config.web.base_url = Some("https://cdn.example.org/pake/".parse().unwrap());
    let app = app(config).await;
    let answer = ask(&app, get("/history", &[NAVIGATION])).await;
    let page = answer.text();
    assert!(page.contains(r#"href="https://cdn.example.org/pake/assets/a-12345678.css""#), "{page}");
    assert!(page.contains(r#"src="https://cdn.example.org/pake/assets/index-12345678.js""#), "{page}");
    assert!(page.contains(r#"src="/scheme.js""#) && page.contains("<p>assets/</p>"), "{page}");
    assert!(answer.header("content-security-policy").contains("script-src 'self' https://cdn.example.org;"));
    let copied = ask(&app, get("/assets/index-12345678.js", &[])).await;
    assert_eq!(copied.header("access-control-allow-origin"), "*");
    assert_eq!(copied.header("cross-origin-resource-policy"), "cross-origin");
}

#[tokio::test]
async fn a_folder_without_the_app_says_how_to_build_it() {
    let folder = TempDir::new().unwrap();
    let mut config = config();
    config.web.directory = Some(folder.path().to_owned());
    let answer = ask(&app(config).await, get("/history", &[NAVIGATION])).await;
    assert!(is_page(&answer));
    assert!(answer.text().contains("make run"), "{}", answer.text());
}

#[tokio::test]
async fn a_browser_learns_to_search_at_the_address_at_which_people_reach_pake() {
    let (_folder, mut config) = built();
    let here = ask(&app(config.clone()).await, get("/opensearch.xml", &[("host", "localhost:8000")])).await;
    assert_eq!(here.header("content-type"), "application/opensearchdescription+xml");
    assert!(here.text().contains(r#"template="http://localhost:8000/?q={searchTerms}""#), "{}", here.text());
    config.server.base_url = Some("https://pake.example.org/a&b/".parse().unwrap());
    let there = ask(&app(config).await, get("/opensearch.xml", &[("host", "localhost:8000")])).await;
    assert!(
        there.text().contains(r#"template="https://pake.example.org/a&amp;b/?q={searchTerms}""#),
        "{}",
        there.text()
    );
}

#[tokio::test]
async fn whoever_only_wants_the_head_gets_no_more() {
    let (_folder, config) = built();
    let serving = Serving::of(app_with(config).await).await;
    for path in ["/", "/history", "/sw.js", "/assets/index-12345678.js"] {
        let head = serving
            .raw(&format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n"))
            .await;
        let (head, body) = head.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK") && body.is_empty(), "{path}: {head}\n{body}");
        assert!(head.to_lowercase().contains("content-length: "), "{head}");
    }
}
