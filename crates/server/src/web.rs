//! The web app as it was built (`web/dist`): in the binary, or in a folder that an operator names. Knows files, not requests.

use std::{
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use brotli::Decompressor;
use bytes::Bytes;
use rust_embed::RustEmbed;
use url::Url;

use crate::config::Config;

/// The page that every address of the app begins with.
const PAGE: &str = "index.html";

/// Bytes that are unpacked at once.
const BUFFER: usize = 4 << 10;

/// What was there when PAKE was built; a debug build looks each time. Nothing where nobody had built the app. Scripts and styles
/// are in it in their smallest form only: hardly anybody asks for another, and whoever does gets it made of this one.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
#[exclude = "*.js"]
#[exclude = "*.css"]
#[exclude = "*.gz"]
struct Built;

/// The web app.
#[derive(Debug)]
pub struct Web {
    place: Place,
    /// From where browsers get what is in `assets`, when that is not from here.
    assets: Option<Url>,
    policy: String,
}

/// Where the files are.
#[derive(Debug)]
enum Place {
    /// The app is not served.
    Nowhere,
    /// In the binary.
    Binary,
    /// In this folder.
    Folder(PathBuf),
}

/// A file of the app.
#[derive(Debug)]
pub struct WebFile {
    /// As it is kept.
    pub content: Bytes,
    is_packed: bool,
}

impl WebFile {
    /// As it was before anybody compressed it.
    pub fn plain(&self) -> io::Result<Bytes> {
        if !self.is_packed {
            return Ok(self.content.clone());
        }
        let mut plain = Vec::new();
        Decompressor::new(&self.content[..], BUFFER).read_to_end(&mut plain)?;
        Ok(plain.into())
    }
}

impl Web {
    /// The app as it is set.
    pub fn new(config: &Config) -> Self {
        let web = &config.web;
        let place = match &web.directory {
            _ if !web.enabled => Place::Nowhere,
            Some(folder) => Place::Folder(folder.clone()),
            None => Place::Binary,
        };
        let policy = policy(config.server.base_url.as_ref(), web.base_url.as_ref());
        Self { place, assets: web.base_url.clone(), policy }
    }

    /// Whether it is served.
    pub const fn is_served(&self) -> bool {
        !matches!(self.place, Place::Nowhere)
    }

    /// Whether browsers get its assets from another address than its pages.
    pub const fn has_assets_elsewhere(&self) -> bool {
        self.assets.is_some()
    }

    /// What its pages may load (Content Security Policy): from here and from where its assets are, nothing inline.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// A file, by its path below the app. Compressed forms of files are none of their own.
    pub async fn file(&self, path: &str) -> Option<WebFile> {
        let is_packed = Path::new(path).extension().is_some_and(|end| end == "br" || end == "gz");
        if is_packed || !is_plain(path) {
            return None;
        }
        match self.read(path).await {
            Some(content) => Some(WebFile { content, is_packed: false }),
            None => self.packed(path, "br").await.map(|content| WebFile { content, is_packed: true }),
        }
    }

    /// The same file as it was compressed when the app was built: `br` or `gz`.
    pub async fn packed(&self, path: &str, end: &str) -> Option<Bytes> {
        if is_plain(path) { self.read(&format!("{path}.{end}")).await } else { None }
    }

    /// The page, with its assets where browsers get them; `None` where the app is not there.
    pub async fn page(&self) -> Option<Bytes> {
        let page = self.read(PAGE).await?;
        let Some(assets) = &self.assets else { return Some(page) };
        let elsewhere = format!("=\"{}/assets/", assets.as_str().trim_end_matches('/'));
        Some(String::from_utf8_lossy(&page).replace("=\"/assets/", &elsewhere).into())
    }

    async fn read(&self, path: &str) -> Option<Bytes> {
        let folder = match &self.place {
            Place::Nowhere => return None,
            Place::Binary => return Built::get(path).map(|file| from_binary(file.data)),
            Place::Folder(folder) => folder,
        };
        match tokio::fs::read(folder.join(path)).await {
            Ok(content) => Some(content.into()),
            Err(error) => {
                let is_none =
                    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory);
                if !is_none {
                    tracing::warn!(%error, path, folder = %folder.display(), "a file of the web app cannot be read");
                }
                None
            }
        }
    }
}

fn from_binary(content: std::borrow::Cow<'static, [u8]>) -> Bytes {
    match content {
        std::borrow::Cow::Borrowed(content) => Bytes::from_static(content),
        std::borrow::Cow::Owned(content) => content.into(),
    }
}

/// Whether a path names a file below the app and nothing beside it: no `..`, nothing hidden, nothing that is not plain.
fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    })
}

fn policy(public: Option<&Url>, assets: Option<&Url>) -> String {
    let elsewhere = assets.map(|url| format!(" {}", url.origin().ascii_serialization())).unwrap_or_default();
    // Of browsers that do not take a WebSocket to our own address for `'self'` yet.
    let socket = public
        .and_then(|url| {
            let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| format!(" {scheme}://{host}"), |port| format!(" {scheme}://{host}:{port}")))
        })
        .unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'{elsewhere}; style-src 'self'{elsewhere}; img-src 'self' data:{elsewhere}; \
         font-src 'self'{elsewhere}; connect-src 'self'{socket}{elsewhere}; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::config;

    #[test]
    fn only_plain_paths_below_the_app_are_looked_for() {
        for path in ["index.html", "assets/index-Cd_9.js", "icon.svg"] {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "../Cargo.toml",
            "assets/../../x",
            "a//b",
            ".vite/manifest.json",
            "a/.b",
            "a\\b",
            "a%2fb",
            "ä",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn pages_load_from_their_own_address_and_from_where_the_assets_are() {
        let mut config = config();
        let own = Web::new(&config);
        assert!(own.policy().contains(
            "script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
        ));
        assert!(!own.policy().contains("unsafe"));
        config.server.base_url = Some("https://pake.example.org:8443/".parse().unwrap());
        config.web.base_url = Some("https://cdn.example.org/pake;x".parse().unwrap());
        let elsewhere = Web::new(&config);
        assert!(
            elsewhere
                .policy()
                .contains("script-src 'self' https://cdn.example.org; style-src 'self' https://cdn.example.org;")
        );
        assert!(elsewhere.policy().contains("connect-src 'self' wss://pake.example.org:8443 https://cdn.example.org;"));
    }
}
