//! What people reach: `pake serve` with its own TLS, and PAKE behind nginx. One list of what has to hold, run against both. Where
//! the two differ, docs/production.md says why.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

use e2e::{
    curl::{Answer, Curl},
    nginx::{Files, Nginx, missing},
    pake::Pake,
    patience::{PATIENCE, eventually},
    ports,
    process::Running,
    upstream::Upstream,
};
use serde_json::{Value, json};

use crate::{skipped, text};

mod checks;

/// A script of the app, and the same as it was compressed when the app was built.
const SCRIPT: &str = "export const lamps = 1;\n";
const PACKED: &str = "compressed before";

/// What stands between people and PAKE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `pake serve` ends TLS itself.
    Own,
    /// nginx with the configuration of deploy/nginx.
    Nginx,
}

/// A PAKE with an account, as people reach it.
struct Edge {
    kind: Kind,
    curl: Curl,
    upstream: Upstream,
    pake: Pake,
    /// Of the one account, which governs.
    password: String,
    nginx: Option<(Nginx, Files)>,
    _running: Running,
}

impl Edge {
    /// One of this kind, with these settings of PAKE; nothing where a program is missing that it needs. Where it is said who may govern,
    /// it is said to both.
    fn of(kind: Kind, test: &str, governed_from: &str, settings: &[(&str, &str)]) -> Option<Self> {
        if let Some(program) = missing() {
            skipped(test, &format!("{program} is not installed"));
            return None;
        }
        let upstream = Upstream::start().unwrap();
        let pake = Pake::asking(&upstream).unwrap().with("PAKE_PASSWORDS__MEMORY_KIB", "8192");
        fs::create_dir_all(pake.folder().join("web/assets")).unwrap();
        for (name, content) in [
            ("index.html", "<!doctype html><title>PAKE</title>"),
            ("assets/app-1a2b.js", SCRIPT),
            ("assets/app-1a2b.js.gz", PACKED),
        ] {
            fs::write(pake.folder().join("web").join(name), content).unwrap();
        }
        let pake = pake.with("PAKE_WEB__DIRECTORY", "web").with("PAKE_SERVER__ADMIN_NETWORKS", governed_from);
        let pake = settings.iter().fold(pake, |pake, (name, value)| pake.with(name, value));
        match kind {
            Kind::Own => Some(Self::own(upstream, pake)),
            Kind::Nginx => Some(Self::behind_nginx(upstream, pake, governed_from)),
        }
    }

    fn own(upstream: Upstream, pake: Pake) -> Self {
        let [https, http] = ports::free().unwrap();
        let made = rcgen::generate_simple_self_signed(["pake.test".to_owned()]).unwrap();
        for (name, content) in [("own.pem", made.cert.pem()), ("own.key", made.signing_key.serialize_pem())] {
            fs::write(pake.folder().join(name), content).unwrap();
        }
        let (listen, plain) = (format!("127.0.0.1:{https}"), format!("127.0.0.1:{http}"));
        let pake = pake
            .with("PAKE_TLS__CERTIFICATE_FILE", "own.pem")
            .with("PAKE_TLS__KEY_FILE", "own.key")
            .with("PAKE_TLS__REDIRECT_FROM", &plain)
            // Nobody here comes from anywhere else than this machine: who does is said as a proxy says it.
            .with("PAKE_SERVER__TRUSTED_PROXIES", "127.0.0.1")
            .with("PAKE_SERVER__BASE_URL", &format!("https://pake.test:{https}"));
        let password = account(&pake);
        let running = serving(&pake, &listen);
        Self { kind: Kind::Own, curl: Curl { https, http }, upstream, pake, password, nginx: None, _running: running }
    }

    fn behind_nginx(upstream: Upstream, pake: Pake, governed_from: &str) -> Self {
        let pake = pake.with("PAKE_SERVER__TRUSTED_PROXIES", "unix").with("PAKE_SERVER__BASE_URL", "https://pake.test");
        let password = account(&pake);
        let running = serving(&pake, "unix:blue.sock");
        let nginx = Nginx::before(pake.folder(), &[("PAKE_ADMIN_NETWORKS", governed_from)]).unwrap();
        for name in ["app-1a2b.js", "app-1a2b.js.gz"] {
            fs::copy(pake.folder().join("web/assets").join(name), nginx.app().join("assets").join(name)).unwrap();
        }
        let files = nginx.serve_files().unwrap();
        let (curl, nginx) = (nginx.curl, Some((nginx, files)));
        Self { kind: Kind::Nginx, curl, upstream, pake, password, nginx, _running: running }
    }

    /// Reads as somebody does who comes from elsewhere.
    fn far_away(&self, path: &str, headers: &[&str]) -> Answer {
        let url = self.curl.url(path);
        let mut arguments: Vec<_> = headers.iter().flat_map(|header| ["-H", *header]).collect();
        if self.kind == Kind::Own {
            arguments.extend(["-H", "X-Forwarded-For: 203.0.113.7"]);
        }
        arguments.push(&url);
        self.curl.ask(&arguments).unwrap()
    }

    /// Sends JSON.
    fn post(&self, path: &str, body: &Value, headers: &[&str]) -> Answer {
        let (url, body) = (self.curl.url(path), body.to_string());
        let mut arguments = vec!["-H", "Content-Type: application/json", "-d", &body];
        arguments.extend(headers.iter().flat_map(|header| ["-H", *header]));
        arguments.push(&url);
        self.curl.ask(&arguments).unwrap()
    }

    /// The header with which the one who governs is let in.
    fn signed_in(&self) -> String {
        let answer = self.post("/auth/login", &json!({ "username": "ada", "password": self.password }), &[]);
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        format!("Authorization: Bearer {}", text(&answer["access_token"]))
    }

    /// A connection that is let go when what it has sent does not come to its end; what came back.
    fn is_let_go(&self, port: u16, sent: &[u8]) -> Vec<u8> {
        let mut slow = TcpStream::connect(("127.0.0.1", port)).unwrap();
        slow.set_read_timeout(Some(PATIENCE)).unwrap();
        slow.write_all(sent).unwrap();
        let began = Instant::now();
        let mut rest = Vec::new();
        let _ = slow.read_to_end(&mut rest);
        assert!(began.elapsed() < PATIENCE / 2, "{:?}: it was let go after {:?}", self.kind, began.elapsed());
        rest
    }
}

/// Makes the first account; its password.
fn account(pake: &Pake) -> String {
    pake.run(&["user", "add", "ada", "--generate"]).unwrap().stdout.trim().to_owned()
}

fn serving(pake: &Pake, listen: &str) -> Running {
    let running = pake.start(&["serve", "--listen", listen]).unwrap();
    let ready = || pake.run(&["health", "--listen", listen]).ok().filter(|run| run.status == 0);
    eventually("it is ready", ready).unwrap();
    running
}
