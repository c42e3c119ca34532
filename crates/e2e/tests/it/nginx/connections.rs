//! How much of nginx one address may have at the same time.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    sync::Arc,
};

use e2e::{
    curl::NAME,
    nginx::{Nginx, missing},
    patience::{PATIENCE, eventually},
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;

use super::{pake_at, serving};
use crate::{skipped, text};

const TEST: &str = "connections of one address at nginx";
/// Most that one address may have (deploy/nginx/pake/routes.conf).
const MOST: usize = 256;

type Line = StreamOwned<ClientConnection, TcpStream>;

/// nginx, and whom it is believed to be.
struct Door {
    port: u16,
    trust: Arc<ClientConfig>,
}

impl Door {
    fn to(nginx: &Nginx, certificate: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let trust = Arc::new(trust.with_root_certificates(roots).with_no_client_auth());
        Self { port: nginx.curl.https, trust }
    }

    /// Sends this over a connection of its own, and reads as far as the head of the answer goes.
    fn send(&self, request: &str) -> io::Result<(Line, String)> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::clone(&self.trust), name).map_err(io::Error::other)?;
        let mut line = StreamOwned::new(connection, stream);
        line.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            line.read_exact(&mut byte)?;
            head.extend(byte);
        }
        Ok((line, String::from_utf8_lossy(&head).to_lowercase()))
    }

    /// Opens a WebSocket; the head of the answer with it.
    fn websocket(&self) -> (Line, String) {
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {NAME}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        self.send(&request).unwrap()
    }
}

#[test]
fn one_address_has_as_many_connections_as_is_said_and_whoever_comes_after_is_told_when_to_come_again() {
    if let Some(program) = missing() {
        return skipped(TEST, &format!("{program} is not installed"));
    }
    let (pake, _upstream) = pake_at();
    let _blue = serving(&pake, "blue", &[]);
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let [certificate, key] = ["own.pem", "own.key"].map(|name| pake.folder().join(name));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let [shown, secret] = [&certificate, &key].map(|file| file.display().to_string());
    let variables = [("PAKE_CERTIFICATE", shown.as_str()), ("PAKE_CERTIFICATE_KEY", &secret)];
    // How many may come in a second is another limit: here they all come at once.
    let changes = [("rate=10r/s", "rate=5000r/s"), ("burst=20", "burst=5000")];
    let nginx = Nginx::changed(pake.folder(), &variables, &changes).unwrap();
    let door = Door::to(&nginx, &certificate);

    let mut open: Vec<_> = (0..MOST).map(|_| door.websocket()).collect();
    let refused = open.iter().filter(|(_, head)| !head.starts_with("http/1.1 101 ")).count();
    assert_eq!(refused, 0, "as many as is said are open: {}", open[MOST - 1].1);

    let (mut one_more, head) = door.websocket();
    assert!(head.starts_with("http/1.1 429 "), "{head}");
    assert!(head.contains("\r\nretry-after: 1\r\n") && head.contains("application/problem+json"), "{head}");
    let mut body = vec![0; 2];
    one_more.read_exact(&mut body).unwrap();
    assert_eq!(body, b"{\"");
    drop(one_more);
    // It is so for whatever is asked for, also where other limits stand, and files that another server has.
    for path in ["/", "/healthz", "/api/v1/sources", "/api/v1/searches", "/auth/login", "/assets/app-1a2b.js"] {
        let told = nginx.curl.get(path).unwrap();
        assert_eq!((told.status, told.all("retry-after")), (429, vec!["1"]), "{path}: {told:#?}");
        assert_eq!(told.all("x-content-type-options"), ["nosniff"], "{path}");
        let problem: Value =
            serde_json::from_str(&told.body).unwrap_or_else(|error| panic!("{path}: {error}: {told:#?}"));
        assert_eq!((text(&problem["error"]), &problem["status"]), ("too_many".to_owned(), &Value::from(429)), "{path}");
        assert_eq!(text(&problem["request_id"]), told.header("x-request-id"), "{path}");
        let page = nginx.curl.ask(&["-H", "Accept: text/html", &nginx.curl.url(path)]).unwrap();
        assert!(page.status == 429 && page.body.contains("Too much at once"), "{path}: {page:#?}");
    }

    // Whoever leaves makes room for another one.
    drop(open.pop());
    let is_in = || Some(door.websocket()).filter(|(_, head)| head.starts_with("http/1.1 101 "));
    open.push(eventually("there is room", is_in).unwrap());
    assert_eq!(nginx.curl.get("/healthz").unwrap().status, 429);
    drop(open);
    let is_well = || (nginx.curl.get("/healthz").unwrap().status == 204).then_some(());
    eventually("all have left", is_well).unwrap();
}
