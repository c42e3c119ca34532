//! The configuration of nginx (deploy/nginx), by requests through a real one before a real PAKE.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use e2e::{
    house::repository_root,
    nginx::{Nginx, missing},
    pake::Pake,
    patience::eventually,
    process::Running,
    upstream::Upstream,
};
use serde_json::Value;

use crate::{skipped, text};

mod connections;
mod stapled;

/// A PAKE of this colour, and nginx before it.
struct Stage {
    nginx: Nginx,
    blue: Running,
    pake: Pake,
    upstream: Upstream,
}

fn stage(test: &str, variables: &[(&str, &str)]) -> Option<Stage> {
    if let Some(program) = missing() {
        skipped(test, &format!("{program} is not installed"));
        return None;
    }
    let (pake, upstream) = pake_at();
    let blue = serving(&pake, "blue", &[]);
    let nginx = Nginx::before(pake.folder(), variables).unwrap();
    Some(Stage { nginx, blue, pake, upstream })
}

/// A PAKE that is told who asks, and its sources.
fn pake_at() -> (Pake, Upstream) {
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_SERVER__TRUSTED_PROXIES", "unix");
    (pake.with("PAKE_SERVER__BASE_URL", "https://pake.test").with("PAKE_ACCOUNTS__SIGN_IN", "off"), upstream)
}

fn serving(pake: &Pake, colour: &str, more: &[&str]) -> Running {
    let listen = format!("unix:{colour}.sock");
    let arguments = ["serve", "--listen", &listen, "--data-dir", colour];
    let running = pake.start(&[&arguments, more].concat()).unwrap();
    let ready = || pake.run(&["health", "--listen", &listen]).ok().filter(|run| run.status == 0);
    eventually(format!("{colour} is ready"), ready).unwrap();
    running
}

#[test]
fn what_it_says_of_a_problem_is_a_page_like_the_others() {
    let Some(stage) = stage("the problem page of nginx", &[]) else { return };
    let Stage { nginx, pake, .. } = &stage;
    // Nothing that nginx says about a problem is less protected, and its one style is the one that is allowed.
    let problem = nginx.curl.ask(&["-H", "Accept: text/html", &nginx.curl.url("/metrics")]).unwrap();
    assert_eq!((problem.status, problem.header("content-type")), (404, "text/html"));
    assert_eq!(problem.header("server"), "nginx", "no version");
    assert_eq!(problem.all("content-security-policy").len(), 1, "{problem:#?}");
    assert!(problem.body.contains("Nothing at this address") && problem.body.contains(problem.header("x-request-id")));
    assert!(problem.header("content-security-policy").contains(&hash_of_the_style(pake.folder())), "{problem:#?}");
}

/// The hash of what stands between `<style>` and `</style>` of the problem page, as a policy names it.
fn hash_of_the_style(folder: &Path) -> String {
    let page = fs::read_to_string(repository_root().join("deploy/nginx/pake/problem.html")).unwrap();
    let (_, rest) = page.split_once("<style>").unwrap();
    fs::write(folder.join("style"), rest.split_once("</style>").unwrap().0).unwrap();
    let script = format!("openssl dgst -sha256 -binary {}/style | openssl base64 -A", folder.display());
    #[expect(clippy::disallowed_methods, reason = "a test may start processes")]
    let made = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    format!("'sha256-{}'", String::from_utf8(made.stdout).unwrap())
}

#[test]
fn each_client_has_as_much_as_is_said() {
    let Some(stage) = stage("limits of nginx", &[]) else { return };
    let Stage { nginx, .. } = &stage;
    // Path, how it is asked, requests a second, requests at once.
    let cases = [
        ("/api/v1/sources", "GET", 10.0, 21.0),
        ("/api/v1/searches", "POST", 5.0, 11.0),
        ("/api/v1/auth/login", "POST", 1.0, 6.0),
    ];
    for (path, method, rate, burst) in cases {
        let began = Instant::now();
        let many = nginx.curl.url(&format!("{path}?n=[1-120]"));
        let asked = ["-X", method, "-H", "Content-Type: application/json", "-d", "{}"];
        let statuses = nginx.curl.statuses(&[&asked[..], &[&many]].concat()).unwrap();
        let refused = statuses.iter().filter(|status| **status == 429).count();
        let passed = f64::from(u32::try_from(statuses.len() - refused).unwrap());
        let may = burst + rate * began.elapsed().as_secs_f64() + 1.0;
        assert!(passed >= burst && passed <= may, "{path}: {passed} passed, {may} may: {statuses:?}");
    }
    for path in ["/quick?n=[1-120]", "/search?n=[1-120]"] {
        let statuses = nginx.curl.statuses(&["-d", "{}", &nginx.curl.url(path)]).unwrap();
        assert!(statuses.contains(&429), "{path} is a search too: {statuses:?}");
    }
}

#[test]
fn what_is_inside_is_for_the_networks_that_are_named() {
    let inside =
        ["/api/v1/admin/users", "/api/v1/admin/system/health", "/admin", "/admin/people", "/health", "/readyz"];
    let Some(stage) = stage("networks of nginx", &[]) else { return };
    let Stage { nginx, pake, .. } = &stage;
    for path in inside {
        assert!(matches!(nginx.curl.get(path).unwrap().status, 403 | 404), "{path}");
    }
    assert_eq!(nginx.curl.get("/health/ready").unwrap().status, 404);
    assert_eq!(nginx.curl.get("/healthz").unwrap().status, 204, "whether it is there everybody may ask");
    let near = Nginx::before(pake.folder(), &[("PAKE_ADMIN_NETWORKS", "10.9.0.0/16, 127.0.0.0/8")]).unwrap();
    for path in inside {
        assert!(!matches!(near.curl.get(path).unwrap().status, 0 | 403), "{path}");
    }
    assert_eq!(near.curl.get("/health").unwrap().status, 200);
    assert_eq!(near.curl.get("/metrics").unwrap().status, 404, "Prometheus asks PAKE itself");
}

#[test]
fn nothing_can_be_written_into_the_configuration() {
    if let Some(program) = missing() {
        return skipped("the entrypoint of nginx", &format!("{program} is not installed"));
    }
    let folder = Pake::new().unwrap();
    let wrong = [
        ("PAKE_DOMAIN", ""),
        ("PAKE_DOMAIN", "pake.test; return 200"),
        ("PAKE_PUBLIC_URL", "http://pake.test"),
        ("PAKE_ADMIN_NETWORKS", "10.0.0.0/8; default 1"),
        ("PAKE_ADMIN_NETWORKS", "everybody"),
        ("PAKE_FRONTEND", "http://a/;}"),
        ("PAKE_CERTIFICATE", "relative.pem"),
    ];
    for (name, value) in wrong {
        let refused = Nginx::before(folder.folder(), &[(name, value)]).unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains("give one like"), "{name}={value}: {refused}");
    }
}

#[test]
fn every_request_has_a_name_that_nginx_gives_and_pake_has_too() {
    let Some(stage) = stage("the names of requests", &[]) else { return };
    let Stage { nginx, .. } = &stage;
    let problem =
        nginx.curl.ask(&["-H", "X-Request-Id: forged", &nginx.curl.url("/api/v1/nothing?q=secret+lamps")]).unwrap();
    let told: Value = serde_json::from_str(&problem.body).unwrap();
    let id = problem.header("x-request-id");
    assert_eq!(text(&told["request_id"]), id, "PAKE has it from nginx");
    assert_ne!(id, "forged");
    let line = || nginx.log().ok()?.lines().find(|line| line.contains(id)).map(str::to_owned);
    let line = eventually("it is logged", line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((text(&line["path"]), &line["status"]), ("/api/v1/nothing".to_owned(), &Value::from(404)));
}

#[test]
fn a_switch_by_renaming_the_link_loses_no_request() {
    let Some(Stage { nginx, blue, pake, upstream }) = stage("the switch", &[]) else { return };
    assert_eq!(fs::read_link(pake.folder().join("active.sock")).unwrap(), Path::new("blue.sock"));
    let others = Pake::new().unwrap().with("PAKE_WEB__ENABLED", "false");
    let listen = format!("unix:{}", pake.folder().join("green.sock").display());
    let green = others.start(&["serve", "--listen", &listen]).unwrap();
    eventually("green is ready", || pake.run(&["health", "--listen", &listen]).ok().filter(|run| run.status == 0))
        .unwrap();
    // Which of the two answers: only green leads to the description of its API.
    let is_green = || nginx.curl.ask(&["-H", "Accept: text/html", &nginx.curl.url("/")]).unwrap().status == 307;
    assert!(!is_green());
    let (done, lost, asked) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let statuses = nginx.curl.statuses(&[&nginx.curl.url("/icon.svg?n=[1-20]")]).unwrap();
                    lost.fetch_add(
                        statuses.iter().filter(|status| !matches!(status, 200 | 404)).count(),
                        Ordering::Relaxed,
                    );
                    asked.fetch_add(statuses.len(), Ordering::Relaxed);
                }
            });
        }
        eventually("some were asked", || (asked.load(Ordering::Relaxed) > 60).then_some(())).unwrap();
        symlink("green.sock", pake.folder().join("next.sock")).unwrap();
        fs::rename(pake.folder().join("next.sock"), pake.folder().join("active.sock")).unwrap();
        assert!(is_green(), "the next request after the switch");
        blue.interrupt().unwrap();
        let before = asked.load(Ordering::Relaxed);
        eventually("more were asked", || (asked.load(Ordering::Relaxed) > before + 60).then_some(())).unwrap();
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!((lost.into_inner(), blue.finish().unwrap().status), (0, 0));
    // Whoever is live goes away unasked: the other one answers, as long as there is one.
    let blue = serving(&pake, "blue", &[]);
    drop(green);
    assert!(eventually("blue answers", || (nginx.curl.get("/healthz").unwrap().status == 204).then_some(())).is_ok());
    assert!(!is_green());
    drop(blue);
    let away = nginx.curl.ask(&["-H", "Accept: text/html", &nginx.curl.url("/")]).unwrap();
    assert_eq!((away.status, away.header("retry-after")), (502, "5"), "{away:#?}");
    assert!(
        away.body.contains("Not available at the moment") && away.body.contains("Nothing that you have done is lost")
    );
    let away: Value = serde_json::from_str(&nginx.curl.get("/api/v1/sources").unwrap().body).unwrap();
    assert_eq!(text(&away["error"]), "unavailable");
    drop(upstream);
}

#[test]
fn a_canary_has_some_people_and_keeps_them() {
    let Some(Stage { nginx, blue, pake, upstream: _upstream }) = stage("the slots of nginx", &[]) else { return };
    let others = Pake::new().unwrap().with("PAKE_WEB__ENABLED", "false");
    let listen = format!("unix:{}", pake.folder().join("green.sock").display());
    let green = others.start(&["serve", "--listen", &listen]).unwrap();
    eventually("green is ready", || pake.run(&["health", "--listen", &listen]).ok().filter(|run| run.status == 0))
        .unwrap();
    let page =
        |name: &str| nginx.curl.ask(&["-A", name, "-H", "Accept: text/html", &nginx.curl.url("/")]).unwrap().status;
    // Which of the two answers: only green leads to the description of its API.
    let people: Vec<String> = (0..24).map(|number| format!("somebody {number}")).collect();
    let at_green = || -> Vec<&String> { people.iter().filter(|name| page(name) == 307).collect() };
    assert!(at_green().is_empty());
    // As a deployment leads them: the link to the folder is renamed over.
    let lead = |slots: usize| {
        let folder = pake.folder().join(format!("canary.green.{}", slots * 5));
        fs::create_dir(&folder).unwrap();
        symlink("../green.sock", folder.join("new.sock")).unwrap();
        (0..slots).for_each(|slot| fs::write(folder.join(format!("{slot:02}")), "").unwrap());
        symlink(folder.file_name().unwrap(), pake.folder().join("next")).unwrap();
        fs::rename(pake.folder().join("next"), pake.folder().join("canary")).unwrap();
    };
    lead(5);
    let some = at_green();
    assert!((1..=15).contains(&some.len()), "a quarter of 24 is 6, {} are there", some.len());
    assert!(some.iter().all(|name| page(name.as_str()) == 307), "each stays where they are");
    lead(10);
    let more = at_green();
    assert!(some.iter().all(|name| more.contains(name)) && more.len() > some.len(), "{more:?} of {some:?}");
    // The release that is tried ends by itself: those who were led to it are answered by the other one.
    drop(green);
    assert_eq!(page(more[0]), 200);
    fs::remove_file(pake.folder().join("canary")).unwrap();
    assert!(at_green().is_empty());
    drop(blue);
}

#[test]
fn while_nobody_is_let_in_only_whether_pake_is_there_is_told() {
    let Some(Stage { nginx, blue: _blue, pake, upstream: _upstream }) = stage("maintenance", &[]) else { return };
    let page = || nginx.curl.ask(&["-H", "Accept: text/html", &nginx.curl.url("/")]).unwrap();
    let is_let_in = page().status;
    assert_ne!(is_let_in, 503);
    fs::write(pake.folder().join("maintenance"), "").unwrap();
    let shut = page();
    assert_eq!((shut.status, shut.header("retry-after")), (503, "5"), "{shut:#?}");
    assert!(shut.body.contains("Nothing that you have done is lost"), "{}", shut.body);
    for path in ["/api/v1/sources", "/ws", "/api/v1/searches"] {
        let answer = nginx.curl.get(path).unwrap();
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, text(&problem["error"]).as_str()), (503, "unavailable"), "{path}");
    }
    assert_eq!(nginx.curl.get("/healthz").unwrap().status, 204);
    fs::remove_file(pake.folder().join("maintenance")).unwrap();
    assert_eq!(page().status, is_let_in);
}

#[test]
fn files_of_the_app_come_from_pake_when_their_server_has_none_or_is_away() {
    let Some(stage) = stage("files through nginx", &[]) else { return };
    let Stage { nginx, .. } = &stage;
    let content = "export const lamps = 1;\n";
    fs::write(nginx.app().join("assets/app-1a2b.js"), content).unwrap();
    fs::write(nginx.app().join("index.html"), "not for anybody").unwrap();
    let ask = |path: &str| nginx.curl.get(path).unwrap();
    assert_eq!(ask("/assets/app-1a2b.js").status, 404, "PAKE does not have it either, and says so in its own way");
    let files = nginx.serve_files().unwrap();
    let kept =
        eventually("its server answers", || Some(ask("/assets/app-1a2b.js")).filter(|answer| answer.status == 200));
    let kept = kept.unwrap();
    assert_eq!(kept.body, content);
    let none = ask("/assets/none-9.js");
    assert_eq!((none.status, none.header("cache-control")), (404, "no-store"), "{none:#?}");
    assert!(none.body.contains("\"error\":\"not_found\""), "PAKE was asked: {none:#?}");
    drop(files);
}

#[test]
fn another_name_gets_no_certificate() {
    let Some(stage) = stage("names at nginx", &[]) else { return };
    let Stage { nginx, .. } = &stage;
    let port = nginx.curl.https;
    let other = format!("other.test:{port}:127.0.0.1");
    let answer = nginx.curl.ask(&["--resolve", &other, &format!("https://other.test:{port}/healthz")]).unwrap();
    assert_eq!(answer.status, 0);
}
