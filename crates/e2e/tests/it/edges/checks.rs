//! The list.

use super::*;

/// Each check as two tests: for `pake serve` alone, and behind nginx.
macro_rules! at_both {
    ($(fn $name:ident($edge:ident: from $from:literal $(, $settings:expr)?) $check:block)+) => {
        $(fn $name($edge: &Edge) $check)+

        mod own {
            use super::*;
            $(#[test] fn $name() { run(Kind::Own, stringify!($name), $from, &[NONE $(, $settings)?].concat(), super::$name); })+
        }

        mod nginx {
            use super::*;
            $(#[test] fn $name() { run(Kind::Nginx, stringify!($name), $from, &[NONE $(, $settings)?].concat(), super::$name); })+
        }
    };
}

/// Runs a check at one of the two.
fn run(kind: Kind, test: &str, governed_from: &str, settings: &[(&str, &str)], check: fn(&Edge)) {
    if let Some(edge) = Edge::of(kind, test, governed_from, settings) {
        check(&edge);
    }
}

/// No setting of PAKE.
const NONE: &[(&str, &str)] = &[];
/// What every answer says once, whoever answers.
const ALWAYS: [&str; 6] = [
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "cache-control",
    "strict-transport-security",
    "x-request-id",
];

/// What PAKE gives a request that it cannot wait for, in seconds: more than a search has.
const IMPATIENT: &[(&str, &str)] =
    &[("PAKE_SERVER__IDLE_TIMEOUT", "1"), ("PAKE_SERVER__REQUEST_TIMEOUT", "3"), ("PAKE_SEARCH__DEADLINE", "2")];
/// As few as nginx lets through.
const FEW: &[(&str, &str)] = &[("PAKE_LIMITS__SEARCH_BURST", "10"), ("PAKE_LIMITS__SIGN_IN_BURST", "5")];

#[track_caller]
fn has_each_once(answer: &Answer, names: &[&str]) {
    for name in names {
        assert_eq!(answer.all(name).len(), 1, "{name} of {answer:#?}");
    }
}

fn problem(answer: &Answer) -> Value {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:#?}");
    serde_json::from_str(&answer.body).unwrap()
}

at_both! {
    fn every_header_is_there_once_whoever_answers(edge: from "127.0.0.0/8") {
        let paths = ["/", "/api/v1/sources", "/api/v1/nothing", "/healthz", "/health", "/metrics", "/assets/none.js", "/assets/app-1a2b.js"];
        for path in paths.into_iter().chain(["/api/v1/admin/users", "/somewhere/else"]) {
            let answer = edge.curl.get(path).unwrap();
            assert_ne!(answer.status, 0, "{path}");
            has_each_once(&answer, &ALWAYS);
            assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"), "{path}");
            assert!(!answer.header("server").contains(|letter: char| letter.is_ascii_digit()), "{path}: no version");
        }
        let page = edge.curl.ask(&["-H", "Accept: text/html", &edge.curl.url("/")]).unwrap();
        has_each_once(&page, &["content-security-policy", "permissions-policy", "cross-origin-opener-policy"]);
    }

    fn plain_http_leads_to_tls_and_takes_nothing(edge: from "127.0.0.0/8") {
        let ask = |arguments: &[&str]| edge.curl.ask(&[arguments, &[&edge.curl.plain_url("/a?q=b")]].concat()).unwrap();
        for arguments in [&[][..], &["--head"]] {
            let led = ask(arguments);
            assert_eq!((led.status, led.header("location")), (308, edge.curl.url("/a?q=b").as_str()), "{led:#?}");
            assert_eq!(led.header("strict-transport-security"), "", "it means nothing without TLS");
        }
        let refused = ask(&["-d", "password=in+the+clear"]);
        assert_eq!((refused.status, refused.header("location")), (403, ""), "who sent a secret in the clear is not led on");
    }

    fn tls_is_of_today(edge: from "127.0.0.0/8") {
        let with = |arguments: &[&str]| edge.curl.ask(&[arguments, &[&edge.curl.url("/healthz")]].concat()).unwrap().status;
        assert_eq!(with(&["--tls-max", "1.2"]), 204);
        assert_eq!(with(&["--tlsv1.3"]), 204);
        assert_eq!(with(&["--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0"]), 0, "older versions are refused");
        assert_eq!(with(&["--tls-max", "1.2", "--ciphers", "AES128-SHA:AES256-SHA:@SECLEVEL=0"]), 0, "and weaker ciphers");
        let spoken = |arguments: &[&str]| {
            edge.curl.seen("%{http_version}", &[arguments, &[&edge.curl.url("/healthz")]].concat()).unwrap()
        };
        assert_eq!((spoken(&["--http2"]), spoken(&["--http1.1"])), ("2".to_owned(), "1.1".to_owned()));
    }

    fn what_is_too_large_is_refused(edge: from "127.0.0.0/8") {
        let large = edge.pake.folder().join("large");
        fs::write(&large, vec![b'a'; 2 << 20]).unwrap();
        let (body, url) = (format!("@{}", large.display()), edge.curl.url("/api/v1/searches"));
        let (who, kind) = (edge.signed_in(), "Content-Type: application/json");
        for version in ["--http1.1", "--http2"] {
            let asked = [version, "-H", "Expect:", "-H", kind, "-H", &who, "--data-binary", &body, &url];
            let refused = edge.curl.ask(&asked).unwrap();
            assert_eq!((refused.status, problem(&refused)["error"].as_str()), (413, Some("body_too_large")), "{version}");
        }
        let heads = ["One", "Other"].map(|name| format!("X-{name}: {}", "a".repeat(100 << 10)));
        let refused = edge.curl.ask(&["--http1.1", "-H", &heads[0], "-H", &heads[1], &edge.curl.url("/")]).unwrap();
        assert!(matches!(refused.status, 400 | 431), "{} {:?}", refused.status, refused.headers);
        assert_eq!(edge.curl.get("/healthz").unwrap().status, 204, "it goes on");
    }

    fn what_does_not_come_to_its_end_is_let_go(edge: from "127.0.0.0/8", IMPATIENT) {
        edge.is_let_go(edge.curl.http, b"GET / HTTP/1.1\r\nHost: pake.test\r\nX-Slow: ");
        // A handshake that is begun and never ended.
        edge.is_let_go(edge.curl.https, b"\x16\x03\x01");
        // A body of which the most is missing.
        let who = edge.signed_in();
        let arguments = ["--http1.1", "-H", "Content-Length: 1000", "-H", "Content-Type: application/json", "-H", &who];
        let url = edge.curl.url("/api/v1/searches");
        let began = Instant::now();
        let refused = edge.curl.ask(&[&arguments[..], &["-d", "{", &url]].concat()).unwrap();
        assert!(matches!(refused.status, 0 | 408), "{refused:#?}");
        assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    }

    fn who_asks_too_much_is_told_when_to_come_again(edge: from "127.0.0.0/8", FEW) {
        let who = edge.signed_in();
        for path in ["/api/v1/searches", "/auth/login"] {
            let asked = ["-X", "POST", "-H", "Content-Type: application/json", "-H", &who, "-d", "{}"];
            let many = edge.curl.url(&format!("{path}?n=[1-120]"));
            let statuses = edge.curl.statuses(&[&asked[..], &[&many]].concat()).unwrap();
            assert!(statuses.iter().filter(|status| **status == 429).count() > 60, "{path}: {statuses:?}");
            let again = || Some(edge.curl.ask(&[&asked[..], &[&edge.curl.url(path)]].concat()).unwrap());
            let told = eventually("it is refused", || again().filter(|answer| answer.status == 429)).unwrap();
            has_each_once(&told, &ALWAYS);
            has_each_once(&told, &["retry-after"]);
            assert!(told.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0), "{told:#?}");
            let problem = problem(&told);
            assert_eq!((text(&problem["error"]), &problem["status"]), ("too_many".to_owned(), &json!(429)));
            assert_eq!(text(&problem["request_id"]), told.header("x-request-id"));
        }
        // Whoever looks at pages is not counted with them.
        let statuses = edge.curl.statuses(&[&edge.curl.url("/icon.svg?n=[1-60]")]).unwrap();
        assert!(statuses.iter().all(|status| *status != 429), "{statuses:?}");
    }

    fn a_websocket_is_opened_and_events_come_as_they_happen(edge: from "127.0.0.0/8") {
        let upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
        let url = edge.curl.url("/ws");
        let mut arguments = vec!["--http1.1", "--max-time", "2", "-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
        arguments.extend(upgrade.iter().flat_map(|header| ["-H", *header]));
        let opened = edge.curl.ask(&[&arguments[..], &[&url]].concat()).unwrap();
        assert_eq!((opened.status, opened.header("upgrade")), (101, "websocket"), "{opened:#?}");
        let foreign = edge.curl.ask(&[&arguments[..], &["-H", "Origin: https://evil.test", &url]].concat()).unwrap();
        assert_eq!(foreign.status, 403, "a page from elsewhere opens none");
        // Sources that do not answer: what has come by then must be through all the same.
        edge.upstream.hold_all();
        let who = edge.signed_in();
        let begun = edge.post("/api/v1/searches", &json!({ "query": "lamps" }), &[&who]);
        let begun: Value = serde_json::from_str(&begun.body).unwrap();
        let events = edge.curl.url(&format!("/api/v1/searches/{}/events", text(&begun["id"])));
        for version in ["--http1.1", "--http2"] {
            let seen = edge.curl.ask(&[version, "--no-buffer", "--max-time", "2", "-H", &who, &events]).unwrap();
            assert!(seen.body.contains("event: search_started"), "{version}: {seen:#?}");
            assert!(seen.header("content-type").starts_with("text/event-stream"), "{seen:#?}");
            assert!(edge.kind == Kind::Own || seen.header("x-accel-buffering").is_empty(), "said to nginx alone");
        }
        edge.upstream.release_all();
    }

    fn answers_are_compressed_once_and_files_are_kept_for_a_year(edge: from "127.0.0.0/8") {
        let who = edge.signed_in();
        for encoding in ["br", "zstd", "gzip"] {
            let accept = format!("Accept-Encoding: {encoding}");
            let answer = edge.curl.ask(&["-H", &accept, "-H", &who, &edge.curl.url("/api/v1/sources")]).unwrap();
            assert_eq!((answer.status, answer.all("content-encoding")), (200, vec![encoding]), "{answer:#?}");
            assert!(answer.all("vary").contains(&"accept-encoding"), "{answer:#?}");
        }
        let ask = |headers: &[&str]| edge.curl.ask(&[headers, &[&edge.curl.url("/assets/app-1a2b.js")]].concat()).unwrap();
        let plain = ask(&[]);
        assert_eq!((plain.status, plain.body.as_str()), (200, SCRIPT), "{plain:#?}");
        assert_eq!(plain.all("cache-control"), ["public, max-age=31536000, immutable"]);
        assert!(plain.header("content-type").contains("javascript"), "{plain:#?}");
        has_each_once(&plain, &["etag"]);
        let packed = ask(&["-H", "Accept-Encoding: gzip"]);
        assert_eq!((packed.header("content-encoding"), packed.body.as_str()), ("gzip", PACKED));
        let known = format!("If-None-Match: {}", plain.header("etag"));
        assert_eq!(ask(&["-H", &known]).status, 304);
        let none = edge.curl.get("/assets/none-9.js").unwrap();
        assert_eq!((none.status, none.header("cache-control")), (404, "no-store"), "{none:#?}");
        assert_eq!(edge.curl.get("/").unwrap().header("cache-control"), "no-cache", "pages are asked about each time");
    }

    fn pake_is_governed_from_the_networks_that_are_named(edge: from "127.0.0.0/8") {
        let who = edge.signed_in();
        for path in ["/api/v1/admin/users", "/api/v1/admin/system/health"] {
            let near = edge.curl.ask(&["-H", &who, &edge.curl.url(path)]).unwrap();
            assert_eq!(near.status, 200, "{path}: {near:#?}");
        }
    }

    fn from_elsewhere_pake_is_not_governed_and_its_inside_not_seen(edge: from "10.9.0.0/16") {
        let who = edge.signed_in();
        for path in ["/api/v1/admin/users", "/api/v1/admin/system/health"] {
            let far = edge.far_away(path, &[&who]);
            assert_eq!((far.status, problem(&far)["error"].as_str()), (403, Some("forbidden")), "{path}");
        }
        for path in ["/health", "/metrics"] {
            let far = edge.far_away(path, &[&who]);
            assert_eq!((far.status, problem(&far)["error"].as_str()), (404, Some("no_such_route")), "{path}");
        }
        assert_eq!(edge.far_away("/healthz", &[]).status, 204, "whether it is there everybody may ask");
    }

    fn every_request_has_one_name(edge: from "127.0.0.0/8") {
        let answer = edge.curl.ask(&["-H", "X-Request-Id: two words", &edge.curl.url("/api/v1/nothing?q=secret+lamps")]).unwrap();
        let id = answer.header("x-request-id");
        assert_eq!(text(&problem(&answer)["request_id"]), id);
        assert!(id.len() >= 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        if let Some((nginx, _)) = &edge.nginx {
            let line = || nginx.log().ok()?.lines().find(|line| line.contains(id)).map(str::to_owned);
            assert!(!eventually("it is logged", line).unwrap().contains("secret"), "what is searched for is in no log");
        }
    }
}
