use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

/// What compose says of the production, as far as it is of a colour.
fn compose() -> Value {
    json!({
        "name": "pake",
        "services": {
            "pake-nginx": { "image": "nginx", "ports": [{ "target": 8080, "published": "80" }, { "target": 8443, "published": "8443" }] },
            "pake-backend-green": {
                "image": "pake:local",
                "build": { "context": ".." },
                "profiles": ["green"],
                "restart": "unless-stopped",
                "command": null,
                "entrypoint": null,
                "depends_on": { "pake-redis": { "condition": "service_started", "required": true } },
                "environment": { "PAKE_SERVER__LISTEN": "unix:/run/pake/green.sock", "PAKE_UNSET": null },
                "labels": { "pake.colour": "green" },
                "cap_drop": ["ALL"],
                "security_opt": ["no-new-privileges:true"],
                "read_only": true,
                "mem_limit": "1073741824",
                "pids_limit": 256,
                "tmpfs": ["/tmp:size=64m,mode=1777"],
                "ulimits": { "nofile": { "soft": 16384, "hard": 16384 }, "nproc": 100 },
                "networks": { "app": null, "data": null },
                "secrets": [{ "source": "master_key", "target": "/run/secrets/master_key" }],
                "volumes": [{ "type": "volume", "source": "sockets", "target": "/run/pake", "volume": {} }],
                "logging": { "driver": "json-file", "options": { "max-file": "5" } },
                "stop_grace_period": "1m40s"
            }
        },
        "volumes": { "sockets": { "name": "pake_sockets" } },
        "networks": { "app": { "name": "pake_app", "ipam": {} }, "data": { "name": "pake_data", "internal": true } },
        "secrets": { "master_key": { "name": "pake_master_key", "file": "/srv/pake/secrets/master_key" } }
    })
}

fn definition(change: impl FnOnce(&mut Value)) -> anyhow::Result<Definition> {
    let mut text = compose();
    change(&mut text["services"]["pake-backend-green"]);
    Definition::of(&serde_json::from_value(text)?, Colour::Green)
}

#[test]
fn a_colour_is_run_as_compose_says() {
    let definition = definition(|_| {}).unwrap();
    assert_eq!(
        (definition.sockets.as_str(), definition.networks.join(" ")),
        ("pake_sockets", "pake_app pake_data".into())
    );
    let body = definition.container("sha256:new", &[("PAKE_SERVER__RELEASE", "7")], &[("pake.deploy", "7")]);
    // Maps come in any order.
    insta::assert_json_snapshot!(serde_json::to_value(body).unwrap());
}

#[test]
fn what_does_one_thing_is_of_no_colour() {
    let body = definition(|_| {}).unwrap().once("sha256:new", &["migrate", "expand"], ("pake.once", "pake"));
    let labels = HashMap::from([("pake.once".to_owned(), "pake".to_owned())]);
    assert_eq!((body.labels, body.cmd), (Some(labels), Some(vec!["migrate".to_owned(), "expand".to_owned()])));
    assert_eq!(body.host_config.unwrap().readonly_rootfs, Some(true), "and confined all the same");
}

#[test]
fn what_is_not_understood_is_refused_and_not_left_out() {
    let refused = |change: fn(&mut Value)| format!("{:#}", definition(change).unwrap_err());
    let error = refused(|service| service["privileged"] = true.into());
    assert!(error.contains("more than a deployment understands") && error.contains("`privileged`"), "{error}");
    let error = refused(|service| service["networks"]["app"] = json!({ "ipv4_address": "10.0.0.2" }));
    assert!(error.contains("options of the network app"), "{error}");
    let error = refused(|service| service["volumes"][0]["type"] = "npipe".into());
    assert!(error.contains("a volume of the type npipe"), "{error}");
    let error = refused(|service| service["secrets"][0]["source"] = "other".into());
    assert!(error.contains("the secret other is not declared"), "{error}");
    let error = refused(|service| service["labels"] = json!({}));
    assert!(error.contains("no service of compose.yaml has the label pake.colour: green"), "{error}");
    let error = refused(|service| service["volumes"] = json!([]));
    assert!(error.contains("no volume at /run/pake"), "{error}");
}

#[test]
fn durations_are_read() {
    assert_eq!((seconds("40s").unwrap(), seconds("1m40s").unwrap(), seconds("2h").unwrap()), (40, 100, 7_200));
    for text in ["1.5s", "10", "ms", "5ms"] {
        assert!(seconds(text).is_err(), "{text}");
    }
}

/// How everybody comes in, with these settings of blue.
fn edge(environment: &Value) -> anyhow::Result<(String, Option<PathBuf>)> {
    let mut text = compose();
    text["services"]["pake-backend-blue"] = json!({
        "image": "pake:local", "labels": { "pake.colour": "blue" }, "environment": environment,
    });
    let rendered: Rendered = serde_json::from_value(text)?;
    assert_eq!(rendered.image()?, "pake:local");
    let edge = rendered.edge(Path::new("/srv/pake"))?;
    Ok((edge.url.to_string(), edge.authority))
}

#[test]
fn the_edge_is_asked_by_its_name_at_the_port_that_is_published() {
    let address = "https://pake.example.org";
    let (url, authority) = edge(&json!({ "PAKE_SERVER__BASE_URL": address, "PAKE_EDGE_AUTHORITY": "" })).unwrap();
    assert_eq!((url.as_str(), authority), ("https://pake.example.org:8443/", None));
    let own = json!({ "PAKE_SERVER__BASE_URL": address, "PAKE_EDGE_AUTHORITY": "certificates/own.pem" });
    assert_eq!(edge(&own).unwrap().1, Some(PathBuf::from("/srv/pake/certificates/own.pem")));
    assert!(edge(&json!({})).unwrap_err().to_string().contains("PAKE_SERVER__BASE_URL is not set"));
    assert!(edge(&json!({ "PAKE_SERVER__BASE_URL": "pake" })).unwrap_err().to_string().contains("is no address"));
}
