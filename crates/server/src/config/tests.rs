use std::path::Path;

use schemars::schema_for;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;

fn config(value: Value) -> Result<Config, serde_json::Error> {
    serde_json::from_value(value)
}

fn problems(value: Value) -> Vec<String> {
    let InvalidConfig(problems) = config(value).unwrap().validate().unwrap_err();
    problems.into_iter().map(|problem| problem.setting).collect()
}

#[test]
fn nothing_has_to_be_set() {
    let config = config(json!({})).unwrap();
    config.validate().unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.database.url(Path::new("data")).expose_secret(), "sqlite://data/pake.db");
    assert!(config.redis.url.is_none());
    assert!(config.cache.enabled);
    assert_eq!(config.history.retention_days, 365);
}

#[test]
fn tls_needs_both_files_and_somewhere_to_lead_to() {
    let with = |tls: Value, server: Value| json!({ "tls": tls, "server": server });
    let both = json!({ "certificate_file": "c.pem", "key_file": "k.pem" });
    config(with(both.clone(), json!({}))).unwrap().validate().unwrap();
    for (tls, server, setting) in [
        (json!({ "certificate_file": "c.pem" }), json!({}), "tls.key_file"),
        (json!({ "key_file": "k.pem" }), json!({}), "tls.certificate_file"),
        (both.clone(), json!({ "listen": "unix:/run/pake.sock" }), "tls.certificate_file"),
        (json!({ "acme": true }), json!({}), "tls.acme"),
        (json!({ "acme": true }), json!({ "base_url": "https://192.0.2.1" }), "tls.acme"),
        (json!({ "acme": true }), json!({ "base_url": "http://pake.example.org" }), "tls.acme"),
        (
            json!({ "acme": true, "certificate_file": "c.pem", "key_file": "k.pem" }),
            json!({ "base_url": "https://pake.example.org" }),
            "tls.acme",
        ),
        (
            json!({ "acme": true, "acme_directory": "http://authority.test/" }),
            json!({ "base_url": "https://pake.example.org" }),
            "tls.acme_directory",
        ),
        (
            json!({ "acme": true, "acme_contact": "nobody" }),
            json!({ "base_url": "https://pake.example.org" }),
            "tls.acme_contact",
        ),
        (
            json!({ "redirect_from": "0.0.0.0:80" }),
            json!({ "base_url": "https://pake.example.org" }),
            "tls.redirect_from",
        ),
    ] {
        assert_eq!(problems(with(tls, server)), [setting]);
    }
    let mut leading = both;
    leading["redirect_from"] = json!("0.0.0.0:80");
    assert_eq!(
        problems(with(leading.clone(), json!({ "base_url": "http://pake.example.org" }))),
        ["tls.redirect_from"]
    );
    config(with(leading, json!({ "base_url": "https://pake.example.org" }))).unwrap().validate().unwrap();
}

#[test]
fn unknown_settings_are_errors_in_every_section() {
    for section in [
        "server",
        "accounts",
        "database",
        "redis",
        "secrets",
        "cache",
        "history",
        "limits",
        "log",
        "passwords",
        "search",
        "tls",
        "web",
    ] {
        let error = config(json!({ section: { "colour": "red" } })).unwrap_err().to_string();
        assert!(error.contains("unknown field `colour`"), "{section}: {error}");
    }
    assert!(config(json!({ "sever": {} })).unwrap_err().to_string().contains("unknown field `sever`"));
    assert!(config(json!({ "sources": { "altavista": {} } })).is_err());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = json!({
        "server": { "body_limit": 1, "shutdown_grace": -1, "data_dir": "", "base_url": "ftp://example.org" },
        "database": { "url": "mysql://root:swordfish@db/pake", "max_connections": 0 },
        "redis": { "url": "http://example.org" },
        "secrets": { "master_key": "swordfish", "previous_master_keys": ["c3dvcmRmaXNo"] },
        "cache": { "memory_mb": 0 },
        "history": { "retention_days": 40000 },
        "log": { "level": "loud" },
    });
    assert_eq!(
        problems(wrong.clone()),
        [
            "server.body_limit",
            "server.shutdown_grace",
            "server.data_dir",
            "server.base_url",
            "database.max_connections",
            "database.url",
            "redis.url",
            "secrets.master_key",
            "secrets.previous_master_keys",
            "cache.memory_mb",
            "history.retention_days",
            "log.level",
        ]
    );
    let text = config(wrong).unwrap().validate().unwrap_err().to_string();
    assert_eq!(text.lines().count(), 12);
    assert!(text.contains("server.body_limit: 1 is out of range; give 1024 to 1073741824 bytes"), "{text}");
    assert!(text.contains("secrets.previous_master_keys: number 1 is no key: it has 9 bytes instead of 32"), "{text}");
    assert!(!text.contains("swordfish"));
}

#[test]
fn a_request_must_have_time_for_a_search() {
    assert_eq!(problems(json!({ "server": { "request_timeout": 15 } })), ["server.request_timeout"]);
    assert_eq!(problems(json!({ "search": { "deadline": 60 } })), ["server.request_timeout"]);
}

/// Every number with limits in the schema, as section, name, least and most.
fn limits() -> Vec<(String, String, f64, f64)> {
    let schema = serde_json::to_value(schema_for!(Config)).unwrap();
    let mut limits = Vec::new();
    for (section, part) in schema["properties"].as_object().unwrap() {
        let Some(name) = part["$ref"].as_str().map(|path| path.trim_start_matches('#')) else { continue };
        let Some(settings) = schema.pointer(name).and_then(|part| part["properties"].as_object()) else { continue };
        for (setting, schema) in settings {
            // Unsigned numbers have a least value by their type; only a most value says that there is a range.
            if let (Some(least), Some(most)) = (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
                limits.push((section.clone(), setting.clone(), least, most));
            }
        }
    }
    limits
}

#[test]
fn the_schema_and_the_checks_agree_on_every_range() {
    let limits = limits();
    assert!(limits.len() >= 8, "{limits:?}");
    for (section, setting, least, most) in limits {
        let with = |value: f64| {
            // Whole numbers as whole numbers, or an integer setting would refuse them for their type.
            let value =
                if value.fract() == 0.0 { json!(format!("{value}").parse::<i64>().unwrap()) } else { json!(value) };
            let mut value = json!({ &section: { &setting: value } });
            value["search"]["deadline"] = json!(0.5);
            config(value)
        };
        for inside in [least, most] {
            assert_eq!(with(inside).unwrap().validate(), Ok(()), "{section}.{setting} = {inside}");
        }
        let path = format!("{section}.{setting}");
        for outside in [least - 1.0, most + 1.0] {
            // A value that the type cannot hold is refused before any check.
            let Ok(config) = with(outside) else { continue };
            let InvalidConfig(problems) = config.validate().unwrap_err();
            assert!(problems.iter().any(|problem| problem.setting == path), "{path} = {outside}: {problems:?}");
        }
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut config = Config::default();
    config.server.shutdown_grace = f64::NAN;
    config.database.statement_timeout = f64::INFINITY;
    let InvalidConfig(problems) = config.validate().unwrap_err();
    assert_eq!(problems.len(), 2);
}

#[test]
fn places_to_listen_at_are_understood() {
    for (text, shown) in [
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("localhost:80", "127.0.0.1:80"),
        ("[::1]:0", "[::1]:0"),
        ("0.0.0.0:65535", "0.0.0.0:65535"),
        ("unix:/run/pake/pake.sock", "unix:/run/pake/pake.sock"),
    ] {
        let config = config(json!({ "server": { "listen": text } })).unwrap();
        assert_eq!(config.server.listen.to_string(), shown);
    }
    for text in ["", "8000", ":8000", "localhost", "127.0.0.1", "127.0.0.1:65536", "unix:", "example.org:80", "::1:80x"]
    {
        let error = config(json!({ "server": { "listen": text } })).unwrap_err().to_string();
        assert!(error.contains("give `127.0.0.1:8000`"), "{text}: {error}");
    }
}

#[test]
fn trusted_proxies_are_named_and_never_everybody() {
    let with = |proxies: Value| json!({ "server": { "trusted_proxies": proxies, "proxy_header": "forwarded" } });
    let good = config(with(json!(["unix", "10.0.0.0/8", "::1"]))).unwrap();
    assert_eq!(good.validate(), Ok(()));
    assert_eq!((good.server.trusted_proxies.len(), good.server.proxy_header), (3, ProxyHeader::Forwarded));
    assert_eq!(json!(good.server.trusted_proxies), json!(["unix", "10.0.0.0/8", "::1/128"]));
    for everybody in ["0.0.0.0/0", "::/0"] {
        assert_eq!(problems(with(json!([everybody]))), ["server.trusted_proxies"], "{everybody}");
    }
    let error = config(with(json!(["nginx"]))).unwrap_err().to_string();
    assert!(error.contains("`nginx` is no network; give"), "{error}");
    assert!(config(json!({ "server": { "admin_networks": ["unix"] } })).is_err());
}

#[test]
fn the_name_of_a_release_fits_into_a_header() {
    let named = |release: &str| json!({ "server": { "release": release } });
    config(named("0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")).unwrap().validate().unwrap();
    for release in ["", "two words", "line\nbreak", "ä", &"x".repeat(65)] {
        assert_eq!(problems(named(release)), ["server.release"], "{release:?}");
    }
}

#[test]
fn a_limit_that_hardly_ever_gives_anything_back_is_refused() {
    assert_eq!(problems(json!({ "limits": { "export_rate": 1e-8 } })), ["limits.export_rate"]);
    assert_eq!(problems(json!({ "limits": { "mail_rate": 1e-5, "mail_burst": 10_000 } })), ["limits.mail_rate"]);
    assert_eq!(config(json!({ "limits": { "export_rate": 0 } })).unwrap().validate(), Ok(()));
}

#[test]
fn levels_of_the_log_are_understood() {
    for level in ["info", "WARN", "off", "info,sqlx=warn", " debug , server=trace "] {
        let config = config(json!({ "log": { "level": level } })).unwrap();
        assert_eq!(config.validate(), Ok(()), "{level}");
    }
    for level in ["", "loud", "info,", "info,sqlx", "sqlx=loud", "info,=x"] {
        assert_eq!(problems(json!({ "log": { "level": level } })), ["log.level"], "{level}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let config = config(
        json!({ "database": { "url": "postgres://u:swordfish@h/d" }, "redis": { "url": "redis://:swordfish@h" } }),
    );
    assert!(!format!("{config:?}").contains("swordfish"));
}

#[test]
fn the_engine_gets_its_part() {
    let config = config(json!({
        "server": { "base_url": "https://pake.example.org" },
        "search": { "page_size": 7 },
        "sources": { "arxiv": { "enabled": false } },
    }));
    let engine = config.unwrap().engine();
    assert_eq!(engine.search.page_size, 7);
    assert_eq!(engine.sources[&SourceId::Arxiv].enabled, Some(false));
    assert_eq!(engine.base_url.as_deref(), Some("https://pake.example.org/"));
}
