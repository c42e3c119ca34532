//! The certificate of nginx, from a real ACME server (pebble) by a real certbot, with what the containers run.

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _};

use e2e::{
    authority::Authority,
    certbot::Certbot,
    nginx::{Nginx, missing},
    patience::eventually,
};

use crate::skipped;

const TEST: &str = "a certificate by certbot";
/// How long a certificate is good, in seconds: certbot renews one of so short a life whenever it looks, or halfway.
const LIFE: u64 = 20;

/// Not every distribution has it.
fn left_out(program: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {TEST}: {program} is not installed");
}

/// The serial number of the certificate that nginx shows to whoever believes this authority alone.
fn serial(nginx: &Nginx, authority: &Authority) -> Option<String> {
    let root = authority.root().ok()?.display().to_string();
    let what = ["--cacert", &root, "--no-insecure", &nginx.curl.url("/")];
    let seen = nginx.curl.seen("%{http_version} %{certs}", &what).ok()?;
    let is_answered = seen.starts_with('2');
    seen.lines().filter(|_| is_answered).find_map(|line| line.strip_prefix("Serial Number:").map(str::to_owned))
}

#[test]
fn nginx_gets_its_certificate_by_certbot_and_takes_up_each_that_follows() {
    if let Some(program) = missing() {
        return skipped(TEST, &format!("{program} is not installed"));
    }
    let Some(mut certbot) = Certbot::prepared().unwrap() else { return left_out("certbot") };
    let sockets = tempfile::tempdir().unwrap();
    let [chain, key] = ["fullchain.pem", "privkey.pem"].map(|name| certbot.file(name));
    let [chain, key, proofs] = [&chain, &key, &certbot.proofs()].map(|path| path.display().to_string());
    let wanted = [
        ("PAKE_CERTIFICATE", chain.as_str()),
        ("PAKE_CERTIFICATE_KEY", &key),
        ("PAKE_PROOFS", &proofs),
        ("PAKE_CERTIFICATE_SECONDS", "1"),
    ];
    let nginx = Nginx::before(sockets.path(), &wanted).unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (own, own_key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let Some(mut authority) = Authority::start(1, nginx.curl.http, LIFE, &own, &own_key).unwrap() else {
        return left_out("pebble");
    };
    assert_eq!(serial(&nginx, &authority), None, "until there is one nobody believes what is shown");
    certbot.start(&authority.directory(), &authority.certificate()).unwrap();
    let said = |certbot: &Certbot| certbot.said().unwrap_or_default();
    let first = eventually("nginx shows what the authority gave", || serial(&nginx, &authority))
        .unwrap_or_else(|error| panic!("{error}: {}", said(&certbot)));
    for file in [&chain, &key] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o640, "{file}");
    }
    let is_other = || serial(&nginx, &authority).filter(|shown| *shown != first);
    eventually("it is renewed", is_other).unwrap_or_else(|error| panic!("{error}: {}", said(&certbot)));

    authority.die().unwrap();
    let is_told = || said(&certbot).contains("pake: no certificate for pake.test").then_some(());
    eventually("it says that there is none", is_told).unwrap();
    let shown = nginx.curl.seen("%{certs}", &[&nginx.curl.url("/")]).unwrap();
    assert!(shown.contains("Pebble"), "the last one is shown: {shown}");
}
