//! PAKE inside of this process: the same routes as the server's, without a socket.

use anyhow::Context as _;
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use server::{access::Caller, app::SharedApp, config::Config};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// PAKE inside of this process.
pub struct Own {
    app: SharedApp,
    router: Router,
    /// Where it keeps things when there is no database yet; it goes away at the end.
    _folder: Option<TempDir>,
}

/// What becomes of the database when there is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// What is asked goes without: a search on the command line leaves no folder behind.
    Forgotten,
    /// It is an error.
    Refused,
}

impl Own {
    /// Opens PAKE with this configuration.
    pub async fn open(mut config: Config, absent: Absent) -> anyhow::Result<Self> {
        let mut folder = None;
        let database = config.server.data_dir.join("pake.db");
        if config.database.url.is_none() && config.database.url_file.is_none() && !database.exists() {
            if absent == Absent::Refused {
                anyhow::bail!(
                    "there is no history at {}; `pake serve` begins one, and `pake search` adds to it once it is there",
                    database.display()
                );
            }
            let made = tempfile::tempdir().context("cannot make a temporary folder")?;
            made.path().clone_into(&mut config.server.data_dir);
            folder = Some(made);
        }
        let app = server::open(config, std::sync::Arc::new(engine::clock::SystemClock)).await?;
        let router = server::http::router(SharedApp::clone(&app));
        Ok(Self { app, router, _folder: folder })
    }

    /// Answers a request.
    pub async fn send(&self, request: Request<Bytes>) -> anyhow::Result<Response<Body>> {
        let mut request = request.map(Body::from);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        // Whoever may open the database is the person at this machine, whether or not others have to sign in.
        request.extensions_mut().insert(Caller::local());
        match self.router.clone().oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }

    /// Does what is in the queue, as a server would.
    pub async fn work(&self) -> anyhow::Result<()> {
        server::workers::run_due(&self.app, server::workers::TABLE).await?;
        Ok(())
    }

    /// Ends what is under way and waits until it is on disk.
    pub async fn close(self) {
        let grace = self.app.config.server.shutdown_grace();
        self.app.lifecycle.stop();
        // What is not on disk after the grace was not acknowledged either.
        let _ = tokio::time::timeout(grace, self.app.lifecycle.ended()).await;
        server::close(&self.app).await;
    }
}
