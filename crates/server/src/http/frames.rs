//! The frames of `/ws` in the OpenAPI document: one union for each direction, told apart by `type`. Pages and programs are
//! compiled against it, so every frame of a test is held against it too.

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Discriminator, KnownFormat, ObjectBuilder, OneOfBuilder, OpenApi, Ref, RefOr, Schema, SchemaFormat, Type,
    },
};

use super::{announcements::Announcement, searches::Ask, socket::live::Subscription};
use crate::{
    alerts::HistoryUpdate,
    answer::Document,
    frame::{Complaint, Failed, FrameType, Progress, Reconnect, Started, TurnedAway, Welcome},
    preferences::Preferences,
    security_events::SecurityEvent,
    system::Live,
};

/// Puts both unions and all that they are made of into the document.
pub fn describe(document: &mut OpenApi) {
    let mut schemas = Vec::new();
    said_by_server(&mut schemas);
    said_by_client(&mut schemas);
    document.components.get_or_insert_default().schemas.extend(schemas);
}

/// Schemas by their names.
type Schemas = Vec<(String, RefOr<Schema>)>;

fn said_by_server(schemas: &mut Schemas) {
    use FrameType as F;
    let mut union = Union::new("ServerFrame", "What the server says over `/ws` and as server-sent events.", schemas);
    union.of_a_search::<Started>(
        F::SearchStarted,
        "A search began, or an answer that was kept is about to be replayed.",
    );
    union.of_a_search::<Progress>(F::SearchProgress, "Something happened in a search.");
    union.of_a_search::<Document>(F::SearchCompleted, "The final order.");
    union.of_a_search::<Failed>(F::SearchFailed, "The search could not be run or was cancelled.");
    union.loose::<HistoryUpdate>(F::SearchHistoryUpdated, "The history has new or changed entries.");
    union.loose::<Preferences>(F::PreferencesUpdated, "The person prefers something else now.");
    union.loose::<Announcement>(F::SystemAlert, "A word from the operator to everybody.");
    union.loose::<SecurityEvent>(F::SecurityAlert, "Something that may matter for safety; for whoever governs.");
    union.loose::<Live>(
        F::SystemMetrics,
        "What goes on in the installation, every two seconds to those who have asked for it.",
    );
    union.loose::<Welcome>(F::AuthSuccess, "Who is signed in.");
    union.loose::<TurnedAway>(F::AuthFailed, "The client has not shown who it is; the socket closes.");
    union.plain(F::Pong, "Answer to `ping`, with the data of it.", anything());
    union.loose::<Reconnect>(F::Reconnect, "The server is about to go: connect again and resume.");
    union.loose::<Complaint>(F::Error, "A frame of the client could not be understood or carried out.");
    union.done();
}

fn said_by_client(schemas: &mut Schemas) {
    let mut union = Union::new("ClientFrame", "What a client says over `/ws`.", schemas);
    let ask = union.refer::<Ask>();
    let search = asked("search", "A question; its frames carry the `message_id` as `in_reply_to`.");
    union.push("Search", "search", search.property("data", ask).required("data"));
    let resume = asked("resume", "Goes on with a search after the last `seq` that the client has.");
    union.push("Resume", "resume", named(resume).property("last_seq", u64::schema()));
    let cancel = asked("cancel", "Withdraws a search.");
    union.push("Cancel", "cancel", named(cancel));
    let subscription = union.refer::<Subscription>();
    let subscribe = asked("subscribe", "Wants to be told of something beside its searches.");
    let subscribe = subscribe.property("data", subscription.clone()).required("data");
    union.push("Subscribe", "subscribe", subscribe);
    let unsubscribe = asked("unsubscribe", "Wants to be told of it no more.");
    union.push("Unsubscribe", "unsubscribe", unsubscribe.property("data", subscription).required("data"));
    let ping = asked("ping", "Asks whether the server is there.");
    union.push("Ping", "ping", ping.property("data", anything()));
    let auth = asked("auth", "Says who the client is, for those that come without a cookie.");
    let token = ObjectBuilder::new().property("token", String::schema()).required("token");
    union.push("Auth", "auth", auth.property("data", token).required("data"));
    union.done();
}

/// The beginning of a frame of a client.
fn asked(kind: &str, text: &str) -> ObjectBuilder {
    named_type(kind, text).property("message_id", texts())
}

/// With the search that it is about.
fn named(frame: ObjectBuilder) -> ObjectBuilder {
    frame.property("search_id", id()).required("search_id")
}

fn anything() -> RefOr<Schema> {
    Value::schema()
}

/// A union while it is put together.
struct Union<'a> {
    name: &'static str,
    text: &'static str,
    /// The `type` of each frame and the component that describes it.
    frames: Vec<(&'static str, String)>,
    schemas: &'a mut Schemas,
}

impl<'a> Union<'a> {
    const fn new(name: &'static str, text: &'static str, schemas: &'a mut Schemas) -> Self {
        Self { name, text, frames: Vec::new(), schemas }
    }

    /// A frame of a search's log.
    fn of_a_search<T: ToSchema>(&mut self, kind: FrameType, text: &str) {
        let data = self.refer::<T>();
        let frame = envelope(kind.as_str(), text)
            .property("seq", u64::schema())
            .required("seq")
            .property("search_id", id())
            .required("search_id")
            .property("in_reply_to", anything());
        self.push(&format!("{kind:?}"), kind.as_str(), with(frame, data));
    }

    /// A frame that belongs to no log.
    fn loose<T: ToSchema>(&mut self, kind: FrameType, text: &str) {
        let data = self.refer::<T>();
        self.plain(kind, text, data);
    }

    fn plain(&mut self, kind: FrameType, text: &str, data: RefOr<Schema>) {
        self.push(&format!("{kind:?}"), kind.as_str(), with(envelope(kind.as_str(), text), data));
    }

    /// Describes a type and all that it is made of, and gives what refers to it.
    fn refer<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        Ref::from_schema_name(T::name()).into()
    }

    fn push(&mut self, name: &str, kind: &'static str, frame: ObjectBuilder) {
        let name = format!("{name}Frame");
        self.schemas.push((name.clone(), Schema::from(frame).into()));
        self.frames.push((kind, name));
    }

    fn done(self) {
        let union =
            self.frames.iter().fold(OneOfBuilder::new(), |union, (_, name)| union.item(Ref::from_schema_name(name)));
        let places = self.frames.iter().map(|(kind, name)| (*kind, format!("#/components/schemas/{name}")));
        let union = union.description(Some(self.text)).discriminator(Some(Discriminator::with_mapping("type", places)));
        self.schemas.push((self.name.to_owned(), Schema::from(union).into()));
    }
}

/// What every frame of the server has.
fn envelope(kind: &str, text: &str) -> ObjectBuilder {
    named_type(kind, text)
        .property("timestamp", texts_as(KnownFormat::DateTime))
        .required("timestamp")
        .property("message_id", id())
        .required("message_id")
}

fn named_type(kind: &str, text: &str) -> ObjectBuilder {
    ObjectBuilder::new().description(Some(text)).property("type", texts().enum_values(Some([kind]))).required("type")
}

fn with(frame: ObjectBuilder, data: RefOr<Schema>) -> ObjectBuilder {
    frame.property("data", data).required("data")
}

fn texts() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn texts_as(format: KnownFormat) -> ObjectBuilder {
    texts().format(Some(SchemaFormat::KnownFormat(format)))
}

fn id() -> ObjectBuilder {
    texts_as(KnownFormat::Uuid)
}

#[cfg(test)]
mod tests;
