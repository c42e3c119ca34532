//! A whole server on a free port of loopback.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};
use tokio_util::sync::CancellationToken;

use super::described;
use crate::{Drained, Server, app::SharedApp, config::Listen};

/// A server under way.
pub struct Serving {
    pub address: SocketAddr,
    pub app: SharedApp,
    shutdown: CancellationToken,
    task: JoinHandle<Drained>,
}

impl Serving {
    pub async fn of(app: SharedApp) -> Self {
        let server = Server::bind(SharedApp::clone(&app)).await.unwrap();
        let Listen::Tcp(address) = *server.address() else { panic!("not a TCP address") };
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(server.run(shutdown.clone()));
        Self { address, app, shutdown, task }
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) -> Drained {
        self.tell_to_stop();
        self.task.await.unwrap()
    }

    /// Tells it to stop.
    pub fn tell_to_stop(&self) {
        self.shutdown.cancel();
    }

    /// What is answered to these bytes, up to the end of the connection.
    pub async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Opens a WebSocket.
    pub async fn socket(&self) -> Socket {
        self.socket_with(&[]).await.unwrap()
    }

    /// Opens a WebSocket with these headers; the status of the answer when that is refused.
    pub async fn socket_with(&self, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}/ws", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// An open WebSocket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Asks a question.
    pub async fn ask(&mut self, message_id: &str, query: &str) {
        self.send(json!({ "type": "search", "message_id": message_id, "data": { "query": query } })).await;
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        self.next_or_end().await.unwrap_or_else(|end| panic!("the socket was closed: {end:?}"))
    }

    /// The next frame, or how the socket was closed. Every frame is as the document describes it.
    pub async fn next_or_end(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(text.as_str()).unwrap();
                    described::assert_fits("ServerFrame", &frame);
                    return Ok(frame);
                }
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next frame of this type; what comes before it is left out.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// How the socket is closed, whatever is said before.
    pub async fn end(&mut self) -> Option<(u16, String)> {
        loop {
            if let Err(frame) = self.next_or_end().await {
                return frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
            }
        }
    }
}
