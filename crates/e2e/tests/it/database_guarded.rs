//! PostgreSQL over a network that others can listen to: over TLS, with a password, and to nobody else.

use e2e::{pake::Pake, postgres::Postgres, upstream::Upstream};

use crate::skipped;

const PASSWORD: &str = "a-long-secret";

#[test]
fn postgresql_is_reached_over_tls_with_a_password_and_nobody_else_is_taken_for_it() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let Some(postgres) = Postgres::guarded(&certificate, &key, PASSWORD).unwrap() else {
        return skipped("PostgreSQL over TLS", "no PostgreSQL is installed");
    };
    let upstream = Upstream::start().unwrap();
    let at = |password: &str, parameters: &str| {
        let url = postgres.network_url(password, parameters);
        Pake::asking(&upstream).unwrap().with("PAKE_DATABASE__URL", &url)
    };
    let root = format!("sslrootcert={}", postgres.certificate().display());
    let believed = format!("sslmode=verify-full&{root}");
    let server = at(PASSWORD, &believed).serve().unwrap();
    server.answer("lamps").unwrap();
    let asked = "SELECT COUNT(*), COUNT(*) FILTER (WHERE s.ssl) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) \
         WHERE a.application_name LIKE 'pake %'";
    let seen = postgres.ask(asked).unwrap();
    let (all, safe) = seen.split_once('|').unwrap();
    assert!(all == safe && all != "0", "each connection of PAKE is over TLS: {seen}");

    for (password, parameters, why) in [
        ("another", believed.as_str(), "password"),
        (PASSWORD, "sslmode=disable", "no encryption"),
        (PASSWORD, "sslmode=verify-full", "certificate"),
    ] {
        let found = at(password, parameters).run(&["doctor"]).unwrap();
        assert!(found.status == 1 && found.stdout.contains(why), "{parameters}: {found}");
        assert!(!found.to_string().contains(PASSWORD), "{found}");
    }
}
