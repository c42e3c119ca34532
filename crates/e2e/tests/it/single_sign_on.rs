//! Single sign-on at a real provider (npm's oidc-provider), which signs with RSA and tells of a person when it is asked again.

use e2e::{
    issuer::{CLIENT, Issuer},
    pake::Pake,
    serving::Serving,
    upstream::Upstream,
};

/// Where the provider sends people back to. Nobody listens there: the test brings back what it was given itself.
const BASE: &str = "http://localhost:1";

/// Does what a browser does: goes to the provider, signs in there, comes back. Gives the cookies of the session.
fn sign_in(server: &Serving, issuer: &Issuer, person: &str) -> String {
    let sent = server.get("/api/v1/auth/oidc/real/start?return_to=/history").unwrap();
    assert_eq!(sent.status, 303, "{sent:?}");
    let kept: Vec<_> = sent.cookies().map(|(name, value)| format!("{name}={value}")).collect();
    let back = issuer.sign_in(sent.header("location").unwrap(), person).unwrap();
    let path = back.strip_prefix(BASE).unwrap();
    let signed_in = server.request("GET", path, &[("Cookie", &kept.join("; "))], b"").unwrap();
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/history")), "{signed_in:?}");
    let replayed = server.request("GET", path, &[("Cookie", &kept.join("; "))], b"").unwrap();
    assert_eq!(replayed.status, 401, "{replayed:?}");
    signed_in.cookies().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

#[test]
fn somebody_signs_in_at_a_real_provider_and_is_what_their_groups_say() {
    let redirect = format!("{BASE}/api/v1/auth/oidc/real/callback");
    let Some(issuer) = Issuer::start(&redirect).unwrap() else {
        assert!(std::env::var_os("CI").is_none(), "CI has to have Node.js and npm");
        return eprintln!("SKIPPED single_sign_on: the provider cannot be installed here (Node.js and npm)");
    };
    let upstream = Upstream::start().unwrap();
    let pake = Pake::asking(&upstream).unwrap().with("PAKE_SERVER__BASE_URL", BASE);
    let pake = pake.with("PAKE_OIDC__REAL__ISSUER", issuer.name()).with("PAKE_OIDC__REAL__CLIENT_ID", CLIENT.0);
    let pake = pake.with("PAKE_OIDC__REAL__CLIENT_SECRET", CLIENT.1).with("PAKE_OIDC__REAL__DEFAULT_ROLE", "manager");
    assert_eq!(pake.run(&["user", "add", "ada", "--generate"]).unwrap().status, 0);
    let server = pake.serve().unwrap();
    let me = |cookies: &str| server.request("GET", "/auth/me", &[("Cookie", cookies)], b"").unwrap().json();
    let grace = me(&sign_in(&server, &issuer, "grace"));
    assert_eq!((grace["username"].as_str(), grace["role"].as_str()), (Some("grace"), Some("manager")), "{grace}");
    let again = me(&sign_in(&server, &issuer, "grace"));
    assert_eq!(again["user_id"], grace["user_id"]);
    let alan = me(&sign_in(&server, &issuer, "alan"));
    assert_ne!(alan["user_id"], grace["user_id"]);
}
