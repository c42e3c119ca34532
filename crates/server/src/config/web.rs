//! `[web]`: the web app.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::Check;

/// Settings of the web app; the section `[web]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// Serve the web app. Without it there is the API alone, `/` leads to its description, and links of invitations lead nowhere.
    pub enabled: bool,
    /// Where browsers get scripts and styles from, when a CDN has a copy of the app's `assets`: its address, under which
    /// `assets/…` is found. Pages may then load from there. Not needed where a proxy serves the same files at the same addresses.
    #[schemars(with = "Option<String>")]
    pub base_url: Option<Url>,
    /// Folder of the built app (`web/dist`) to serve instead of the one in the binary.
    pub directory: Option<PathBuf>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self { enabled: true, base_url: None, directory: None }
    }
}

impl WebConfig {
    pub(super) fn check(&self, check: &mut Check) {
        if let Some(url) = &self.base_url
            && (!matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some())
        {
            check.wrong(
                "web.base_url",
                format!("`{url}` is not a plain web address; give one like `https://cdn.example.org/pake`"),
            );
        }
        if self.directory.as_ref().is_some_and(|folder| folder.as_os_str().is_empty()) {
            check.wrong("web.directory", "is empty; name the folder of the built app, or leave it out");
        }
    }
}
