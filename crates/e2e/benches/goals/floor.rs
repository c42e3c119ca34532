//! What this machine can do with no product around it: a bare handler that sends ready bytes, and one that asks the same
//! five requests of the same four sources and does not read what they say.

use std::{fs, sync::Arc};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::Mutex};

use crate::wire::{Connection, request};

/// Serves a router at `address` until the process ends.
pub async fn serve(address: &str, router: Router) -> Result<()> {
    let listener = TcpListener::bind(address).await?.tap_io(|stream| _ = stream.set_nodelay(true));
    axum::serve(listener, router).await.context("cannot serve")
}

/// Sends the bytes in `file`, with the headers that PAKE would send with them.
pub async fn ready_bytes(address: &str, file: &str, encoding: &'static str) -> Result<()> {
    let bytes = Bytes::from(fs::read(file)?);
    let answer = move || {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::CONTENT_ENCODING, HeaderValue::from_static(encoding)),
        ];
        std::future::ready((headers, bytes.clone()).into_response())
    };
    serve(address, Router::new().route("/api/v1/searches", post(answer))).await
}

/// Connections to the sources that wait for their next request.
struct Pool {
    sources: String,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let idle = self.idle.lock().await.pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.sources).await?,
        };
        let body = connection.exchange(&request(path, &[], None)).await?.body.to_vec();
        self.idle.lock().await.push(connection);
        Ok(body)
    }
}

/// Asks the sources at `sources` (host and port) and tells how many bytes came.
pub async fn fan_out(address: &str, sources: &str) -> Result<()> {
    let pool = Arc::new(Pool { sources: sources.to_owned(), idle: Mutex::default() });
    serve(address, Router::new().route("/search", get(all)).with_state(pool)).await
}

async fn all(State(pool): State<Arc<Pool>>, RawQuery(query): RawQuery) -> Response {
    match ask_all(&pool, query.unwrap_or_default().trim_start_matches("q=")).await {
        Ok(bytes) => format!("{{\"bytes\":{bytes}}}").into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn ask_all(pool: &Pool, words: &str) -> Result<usize> {
    let pubmed = async {
        let found =
            pool.get(&format!("/entrez/eutils/esearch.fcgi?db=pubmed&retmax=20&retmode=json&term={words}")).await?;
        let found: serde_json::Value = serde_json::from_slice(&found)?;
        let ids = found["esearchresult"]["idlist"].as_array().into_iter().flatten();
        let ids: Vec<_> = ids.filter_map(serde_json::Value::as_str).collect();
        pool.get(&format!("/entrez/eutils/efetch.fcgi?db=pubmed&retmode=xml&id={}", ids.join(","))).await
    };
    let (arxiv, crossref, openalex) = (
        format!("/api/query?search_query=all:{words}&start=0&max_results=10"),
        format!("/crossref/works?query={words}&rows=20"),
        format!("/openalex/works?search={words}&per-page=10"),
    );
    let (one, two, three, four) = tokio::try_join!(pool.get(&arxiv), pubmed, pool.get(&crossref), pool.get(&openalex))?;
    Ok(one.len() + two.len() + three.len() + four.len())
}
