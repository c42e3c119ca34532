//! `/ws`: several searches over one WebSocket, each a reader of its job's log. Frames and names: compat.md §4.3.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{
        FromRequestParts as _, Request, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{SinkExt, StreamExt, stream::SelectAll};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{sync::broadcast, time::Instant};
use uuid::Uuid;

use super::{client, gate, origin, problem, searches::Ask, table::Needs};
use crate::{
    access::{Caller, Permission, Via},
    alerts::Alert,
    app::{App, SharedApp},
    error::{Error, Result},
    frame::{Complaint, FrameType, Reconnect, TurnedAway, Welcome, loose},
    limits::Class,
    metrics::Counted,
    register::Search,
    searches::{self, follow},
    sessions::{self, Known},
    store::Scope,
};

use self::live::{Feed, Subscription, Topic};

pub mod live;

/// Largest frame that a client may send, in bytes (compat.md §4.3).
const FRAME_LIMIT: usize = 1 << 20;
/// tungstenite's own 128 KiB would be most of a socket's memory (../shared/docs/performance.md §4).
const READ_BUFFER: usize = 2 << 10;
/// Searches that one socket may follow at once.
const FOLLOWED_MOST: usize = 32;
/// How long a client may take to accept a frame before it is let go.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long saying goodbye may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How often a silent client is asked whether it is there; after two silences it is let go.
const PING: Duration = Duration::from_secs(30);

/// How long a client may take to say who it is (compat.md §4.3).
const INTRODUCTION: Duration = Duration::from_secs(30);

/// Opens a WebSocket
///
/// Browsers come with their cookie; others send `auth` first. What a client may send is the schema `ClientFrame`, and what
/// the server says is `ServerFrame`, each told apart by `type` (compat.md §4.3).
#[utoipa::path(get, path = "/ws", tag = "searches", responses((status = 101, description = "The socket is open")))]
pub async fn open(State(app): State<SharedApp>, request: Request) -> Result<Response> {
    let (mut head, _) = request.into_parts();
    origin::check(&app, &head.headers)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut head, &app).await;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    // Whoever shows nothing yet, or something that is over, can still introduce themselves.
    let caller = match gate::who(&app, &head, Known::Lately).await {
        Ok(caller) => Some(caller),
        Err(Error::Unauthenticated { .. }) => None,
        Err(error) => return Err(error),
    };
    let ip = client::ip(&app, head.extensions.get().copied(), &head.headers);
    let may_administer = client::check_admin(&app, ip).is_ok();
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(FRAME_LIMIT)
        .max_frame_size(FRAME_LIMIT);
    Ok(upgrade.on_upgrade(move |socket| {
        let counted = Counted::in_gauge(&app.metrics.ws_connections);
        let lifecycle = app.lifecycle.clone();
        // The server waits for its sockets when it stops. One task a socket: there may be very many.
        lifecycle.spawn(async move {
            Connection::new(app, socket, caller, may_administer).run().await;
            drop(counted);
        });
        std::future::ready(())
    }))
}

/// What a client sends.
#[derive(Debug, Deserialize)]
struct Incoming {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    message_id: Option<Value>,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    search_id: Option<Uuid>,
    #[serde(default)]
    last_seq: Option<u64>,
}

/// The data of `resume` and `cancel`, for clients that put it into `data`.
#[derive(Debug, Default, Deserialize)]
struct Pointer {
    search_id: Option<Uuid>,
    last_seq: Option<u64>,
}

/// Why a connection ends.
enum End {
    /// The client went away.
    Gone,
    /// We close it, with a code and a reason.
    Close(u16, &'static str),
}

type Follower = std::pin::Pin<Box<dyn futures_util::Stream<Item = Utf8Bytes> + Send>>;

struct Connection {
    app: Arc<App>,
    /// Who is at the other end; nobody until they have said it.
    caller: Option<Caller>,
    socket: WebSocket,
    followed: SelectAll<Follower>,
    /// What goes on in the installation, for those who have asked for it.
    live: Option<Feed>,
    /// Whether PAKE may be administered from where the client is.
    may_administer: bool,
    alerts: broadcast::Receiver<Alert>,
    departures: broadcast::Receiver<Uuid>,
    heard: Instant,
}

impl Connection {
    fn new(app: Arc<App>, socket: WebSocket, caller: Option<Caller>, may_administer: bool) -> Self {
        let (alerts, departures) = (app.alerts.subscribe(), app.departures.watch());
        let (followed, heard) = (SelectAll::new(), Instant::now());
        Self { app, caller, socket, followed, live: None, may_administer, alerts, departures, heard }
    }

    /// Whose data this socket reaches.
    fn scope(&self) -> Option<Scope> {
        self.caller.as_ref().map(|caller| caller.scope)
    }

    async fn run(mut self) {
        let end = self.talk().await;
        let farewell = async {
            match end {
                Err(End::Close(code, reason)) => {
                    let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
                    self.socket.send(Message::Close(Some(frame))).await
                }
                // Sends the answer to the client's own farewell, where there was one (RFC 6455 §5.5.1).
                _ => self.socket.close().await,
            }
        };
        // It may be gone already; closing is a courtesy with a limit.
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }

    async fn talk(&mut self) -> Result<(), End> {
        let stopping = self.app.lifecycle.stopping().clone();
        let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
        let introduction = Instant::now() + INTRODUCTION;
        loop {
            tokio::select! {
                message = self.socket.recv() => self.received(message).await?,
                Some(frame) = self.followed.next(), if !self.followed.is_empty() => self.send(frame).await?,
                Some(frame) = next_of(&mut self.live), if self.live.is_some() => self.tell_live(frame).await?,
                alert = self.alerts.recv() => match alert {
                    Ok(alert) if self.is_for_us(&alert) => self.send(alert.frame).await?,
                    // For somebody else; or it missed alerts by being slow, and the next ones reach it.
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return Err(End::Close(close_code::AWAY, "the server stops")),
                },
                // One that was missed shows at the next ping.
                Ok(person) = self.departures.recv() => {
                    if self.scope().is_some_and(|scope| scope.user == person) {
                        self.is_still_welcome().await?;
                    }
                }
                () = tokio::time::sleep_until(introduction), if self.caller.is_none() => {
                    return Err(End::Close(close_code::POLICY, "nobody has said who they are"));
                }
                () = stopping.cancelled() => {
                    // Spread over two seconds, so that not everybody comes back at once.
                    let after_ms = Uuid::new_v4().as_u128() % 2_000;
                    self.tell(FrameType::Reconnect, None, &Reconnect { after_ms: u64::try_from(after_ms).unwrap_or(0) }).await?;
                    return Err(End::Close(close_code::RESTART, "the server restarts; connect again and resume"));
                }
                _ = ping.tick() => {
                    if self.heard.elapsed() > 2 * PING + PATIENCE {
                        return Err(End::Close(close_code::POLICY, "no sign of life"));
                    }
                    self.is_still_welcome().await?;
                    self.push(Message::Ping(bytes::Bytes::new())).await?;
                }
            }
        }
    }

    async fn received(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard = Instant::now();
        match message {
            // Boxed: most sockets are silent most of the time, and need no room for what a search may need.
            Some(Ok(Message::Text(text))) => Box::pin(self.understand(text.as_str())).await,
            Some(Ok(Message::Binary(_))) => Err(End::Close(close_code::UNSUPPORTED, "send JSON as text frames")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(refused(&error)),
        }
    }

    async fn understand(&mut self, text: &str) -> Result<(), End> {
        let incoming: Incoming = match serde_json::from_str(text) {
            Ok(incoming) => incoming,
            Err(error) => {
                let error = format!("not a frame: {error}; send {{\"type\":\"search\",\"data\":{{\"query\":\"…\"}}}}");
                return self.complain("bad_frame", error, Value::Null, None).await;
            }
        };
        let reply_to = incoming.message_id.clone();
        let outcome = match incoming.kind.as_str() {
            "search" => self.search(incoming.data, reply_to.as_ref()).await,
            "resume" => self.resume(pointer(&incoming)).await,
            "cancel" | "search_cancel" => self.cancel(pointer(&incoming)).await,
            "subscribe" => self.subscribe(incoming.data, true),
            "unsubscribe" => self.subscribe(incoming.data, false),
            "ping" => return self.tell(FrameType::Pong, None, &incoming.data).await,
            "pong" | "heartbeat" => Ok(()),
            "auth" => return self.introduced(&incoming.data).await,
            other => Err(Error::invalid(
                "type",
                format!("`{other}` is none of search, resume, cancel, subscribe, unsubscribe, ping, auth"),
            )),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => {
                let said = problem::spoken(&error);
                self.complain(said.code, said.detail, said.details, reply_to).await
            }
        }
    }

    /// Whether an alert is for whoever is at the other end. One for everybody is for those who have come in.
    fn is_for_us(&self, alert: &Alert) -> bool {
        self.caller.as_ref().is_some_and(|caller| alert.to.has(caller))
    }

    /// Who asks, when they may do this.
    fn allowed(&self, permission: Permission) -> Result<&Caller> {
        let caller = self.caller.as_ref().ok_or_else(|| Error::Unauthenticated {
            message: "say first who you are: {\"type\":\"auth\",\"data\":{\"token\":\"…\"}}".to_owned(),
        })?;
        gate::may(caller, Needs::Permission(permission))?;
        if permission.is_administration() && !self.may_administer {
            return Err(Error::Forbidden { message: "PAKE may not be administered from your address".to_owned() });
        }
        Ok(caller)
    }

    /// Begins, or ends, to tell of what the client names.
    fn subscribe(&mut self, data: Value, wanted: bool) -> Result<()> {
        let subscription: Subscription =
            serde_json::from_value(data).map_err(|error| Error::invalid("data", error.to_string()))?;
        if !subscription.topics.contains(&Topic::SystemMetrics) {
            return Ok(());
        }
        if wanted {
            self.allowed(Permission::SystemManage)?;
        }
        self.live = wanted.then(|| live::feed(Arc::clone(&self.app)));
        Ok(())
    }

    /// Tells what goes on in the installation, as long as the client may know it.
    async fn tell_live(&mut self, frame: Utf8Bytes) -> Result<(), End> {
        if self.allowed(Permission::SystemManage).is_err() {
            self.live = None;
            return Ok(());
        }
        self.send(frame).await
    }

    /// The client says who it is, with a token; or asks who it is.
    async fn introduced(&mut self, data: &Value) -> Result<(), End> {
        let caller = match (data.get("token").and_then(Value::as_str), &self.caller) {
            // Without accounts there is nobody else to be; clients of the earlier system send a token all the same.
            (_, Some(local)) if local.via == Via::Local => Ok(local.clone()),
            (Some(token), _) => gate::by_token(&self.app, token, Known::Lately).await,
            (None, Some(known)) => Ok(known.clone()),
            (None, None) => Err(Error::invalid("token", "is missing")),
        };
        match caller {
            Ok(caller) => {
                let welcome = Welcome {
                    user_id: caller.scope.user,
                    username: caller.username.clone(),
                    session_id: caller.session(),
                };
                self.caller = Some(caller);
                self.tell(FrameType::AuthSuccess, None, &welcome).await
            }
            Err(error) => {
                let said = problem::spoken(&error);
                let failed = TurnedAway { error: said.detail, code: said.code };
                self.tell(FrameType::AuthFailed, None, &failed).await?;
                Err(End::Close(close_code::POLICY, "nobody has said who they are"))
            }
        }
    }

    /// Looks whether whoever is at the other end may still be here. A database that is away throws nobody out.
    async fn is_still_welcome(&mut self) -> Result<(), End> {
        let Some(caller) = &self.caller else { return Ok(()) };
        match Box::pin(sessions::again(&self.app, caller)).await {
            Ok(Some(caller)) => self.caller = Some(caller),
            Ok(None) => return Err(End::Close(close_code::POLICY, "the session is over")),
            Err(_) if caller.is_remembered => {
                return Err(End::Close(close_code::AGAIN, "whether the session goes on is not known"));
            }
            Err(error) => tracing::debug!(%error, "whether a session goes on is not known"),
        }
        Ok(())
    }

    async fn search(&mut self, data: Value, reply_to: Option<&Value>) -> Result<()> {
        self.has_room()?;
        let ask: Ask = serde_json::from_value(data).map_err(|error| Error::invalid("data", error.to_string()))?;
        let question = ask.question()?;
        let caller = self.allowed(Permission::SearchRead)?;
        // Counted as the same search over HTTP is.
        let decision = self.app.limits.check(Class::Search, None, gate::asker(caller)).await;
        if let Some(refusal) = decision.refusal() {
            return Err(refusal);
        }
        let search = searches::start(&self.app, caller.scope, &question).await?;
        self.follow(&search, 0, reply_to.map(Value::to_string));
        Ok(())
    }

    /// Whether one more search may be followed.
    fn has_room(&self) -> Result<()> {
        if self.followed.len() < FOLLOWED_MOST {
            return Ok(());
        }
        Err(Error::TooMany {
            message: format!("{FOLLOWED_MOST} searches are under way on this socket; wait for one to end"),
            retry_after: Duration::from_secs(1),
        })
    }

    async fn resume(&mut self, pointer: Pointer) -> Result<()> {
        self.has_room()?;
        let id = pointer.search_id.ok_or_else(|| Error::invalid("search_id", "is missing"))?;
        let search = searches::find(&self.app, self.allowed(Permission::SearchRead)?.scope, id).await?;
        self.follow(&search, pointer.last_seq.unwrap_or(0), None);
        Ok(())
    }

    async fn cancel(&mut self, pointer: Pointer) -> Result<()> {
        let id = pointer.search_id.ok_or_else(|| Error::invalid("search_id", "is missing"))?;
        let search = searches::find(&self.app, self.allowed(Permission::SearchRead)?.scope, id).await?;
        search.withdraw(self.app.clock.now());
        Ok(())
    }

    /// `reply_to` is the JSON of the client's `message_id`: each frame of the search carries it.
    fn follow(&mut self, search: &Arc<Search>, after: u64, reply_to: Option<String>) {
        let id = search.id;
        let frames = follow(search, after);
        self.followed.push(Box::pin(frames.map(move |frame| frame.envelope(id, reply_to.as_deref()).into())));
    }

    async fn complain(
        &mut self,
        code: &'static str,
        error: String,
        details: Value,
        in_reply_to: Option<Value>,
    ) -> Result<(), End> {
        self.tell(FrameType::Error, None, &Complaint { code, error, details, in_reply_to }).await
    }

    async fn tell<T: Serialize>(&mut self, kind: FrameType, search: Option<Uuid>, data: &T) -> Result<(), End> {
        let frame = loose(kind, self.app.clock.now(), Uuid::new_v4(), search, data);
        self.send(frame.into()).await
    }

    async fn send(&mut self, frame: Utf8Bytes) -> Result<(), End> {
        self.push(Message::Text(frame)).await
    }

    async fn push(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Close(close_code::POLICY, "the client reads too slowly")),
        }
    }
}

/// The next frame of a feed that may be there.
async fn next_of(feed: &mut Option<Feed>) -> Option<Utf8Bytes> {
    feed.as_mut()?.next().await
}

fn pointer(incoming: &Incoming) -> Pointer {
    let inner: Pointer = serde_json::from_value(incoming.data.clone()).unwrap_or_default();
    Pointer { search_id: incoming.search_id.or(inner.search_id), last_seq: incoming.last_seq.or(inner.last_seq) }
}

/// What to tell a client whose frame could not be read.
fn refused(error: &axum::Error) -> End {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too large") {
        End::Close(close_code::SIZE, "a frame may have 1 MiB at most")
    } else {
        End::Gone
    }
}

#[cfg(test)]
mod tests;
