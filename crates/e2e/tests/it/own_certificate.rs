//! A certificate that PAKE gets by itself, from a real ACME server (pebble).

use std::{fs, io::Write as _, net::TcpStream, os::unix::fs::PermissionsExt as _, path::Path};

use e2e::{
    authority::Authority,
    curl::{Curl, NAME},
    pake::Pake,
    patience::eventually,
    ports,
    process::Running,
    upstream::Upstream,
};
use serde_json::Value;

use crate::text;

/// How long a certificate is good, in seconds: it is renewed after two thirds of that.
const LIFE: u64 = 18;

/// Two processes on one folder, of which the authority knows one.
struct Stage {
    authority: Authority,
    pake: Pake,
    /// Of each process.
    ports: [u16; 2],
    running: Vec<Running>,
}

/// Nothing where pebble is not installed: it is in few distributions.
fn stage() -> Option<Stage> {
    let [first, second, plain] = ports::free().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let Some(authority) = Authority::start(first, plain, LIFE, &certificate, &key).unwrap() else {
        let _ = writeln!(std::io::stderr(), "SKIPPED a certificate by ACME: pebble is not installed");
        return None;
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream)
        .unwrap()
        .with("PAKE_TLS__ACME", "true")
        .with("PAKE_TLS__ACME_DIRECTORY", &authority.directory())
        .with("PAKE_TLS__ACME_CONTACT", "operator@pake.test")
        .with("PAKE_TLS__ACME_CA_FILE", &authority.certificate().display().to_string())
        .with("PAKE_SERVER__BASE_URL", &format!("https://localhost:{first}"));
    let serve = |port: u16| pake.start(&["serve", "--listen", &format!("127.0.0.1:{port}")]).unwrap();
    // The authority looks at the first: that one is there before either orders.
    let mut running = vec![serve(first)];
    eventually("the first listens", || TcpStream::connect(("127.0.0.1", first)).ok()).unwrap();
    running.push(serve(second));
    Some(Stage { authority, pake, ports: [first, second], running })
}

impl Stage {
    /// What is answered at a port to whoever believes this authority alone; 0 when that one does not vouch for it.
    fn status(&self, port: u16, path: &str) -> u16 {
        let root = self.authority.root().unwrap().display().to_string();
        let url = format!("https://localhost:{port}{path}");
        let seen = curl().seen("%{http_code}", &["--cacert", &root, "--no-insecure", &url]).unwrap();
        seen.parse().unwrap_or(0)
    }

    fn health(&self) -> Value {
        let answer = curl().ask(&[&format!("https://localhost:{}/health", self.ports[0])]).unwrap();
        serde_json::from_str(&answer.body).unwrap_or_default()
    }
}

/// The serial number of the certificate that is shown at a port.
fn serial(port: u16) -> Option<String> {
    let seen = curl().seen("%{certs}", &[&format!("https://localhost:{port}/healthz")]).ok()?;
    seen.lines().find_map(|line| line.strip_prefix("Serial Number:").map(str::to_owned))
}

/// It asks nothing of the name that the others have.
fn curl() -> Curl {
    assert_ne!(NAME, "localhost");
    Curl { https: 1, http: 1 }
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_certificate_is_got_shown_by_every_process_renewed_and_kept_when_the_authority_is_away() {
    let Some(mut stage) = stage() else { return };
    let [first, second] = stage.ports;
    let are_believed = |stage: &Stage| {
        eventually("the authority vouches for both", || {
            (stage.status(first, "/healthz") == 204 && stage.status(second, "/healthz") == 204).then_some(())
        })
        .unwrap();
    };
    are_believed(&stage);
    let folder = stage.pake.folder().join("data/acme");
    assert_eq!(mode(&folder), 0o700);
    for name in ["certificate.pem", "account.json"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    eventually("the proof is taken away", || (!folder.join("challenge.pem").exists()).then_some(())).unwrap();
    let account = fs::read(folder.join("account.json")).unwrap();
    let shown = serial(first).unwrap();
    assert_eq!(stage.health()["components"]["certificate"]["status"], "healthy", "{}", stage.health());

    let is_other = |before: &str| {
        let shown = serial(first).filter(|shown| shown != before);
        shown.filter(|shown| serial(second).as_ref() == Some(shown))
    };
    let renewed = eventually("it is renewed, for both", || is_other(&shown)).unwrap();
    assert_eq!(fs::read(folder.join("account.json")).unwrap(), account, "with the same account");
    are_believed(&stage);

    stage.authority.die().unwrap();
    let jobs = |stage: &Stage| text(&stage.health()["components"]["jobs"]["status"]);
    eventually("it says so", || (jobs(&stage) == "degraded").then_some(())).unwrap();
    let health = stage.health();
    assert!(text(&health["components"]["jobs"]["detail"]).contains("order_certificate"), "{health}");
    let metrics = curl().ask(&[&format!("https://localhost:{first}/metrics")]).unwrap().body;
    assert!(metrics.contains("pake_job_runs_total{job=\"order_certificate\",result=\"failed\"}"), "{metrics}");
    assert_eq!(serial(first).as_ref(), Some(&renewed), "the old one is shown");

    // It knows nothing of us any more: the account is made anew too.
    stage.authority.come_back().unwrap();
    eventually("there is another one", || is_other(&renewed)).unwrap();
    are_believed(&stage);
    eventually("it is well", || (stage.health()["components"]["certificate"]["status"] == "healthy").then_some(()))
        .unwrap();
    assert_ne!(fs::read(folder.join("account.json")).unwrap(), account);
    for running in stage.running.drain(..) {
        running.interrupt().unwrap();
        let ended = running.finish().unwrap();
        assert_eq!(ended.status, 0, "{ended}");
        assert!(!ended.stderr.contains("panicked"), "{ended}");
        let errors = ended.stderr.lines().filter(|line| line.contains("ERROR") && line.contains("order_certificate"));
        assert!(errors.count() <= 1, "once is enough: {ended}");
    }
}
