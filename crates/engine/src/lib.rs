//! One query to one ordered stream of works from many sources.
//!
//! The way of a search: [`query`] reads what the person typed, [`plan`] fits it to what each source can do,
//! [`search`] asks the [`sources`] at once through the one HTTP client ([`fetch`]), [`merge`] joins their records into
//! works and [`rank`] orders them. Nothing here knows of users, databases, caches or web servers.

pub mod capabilities;
pub mod clock;
pub mod config;
pub mod connector;
pub mod dates;
pub mod event;
pub mod fetch;
pub mod identifier;
pub mod item;
pub mod merge;
pub mod names;
pub mod observer;
pub mod others;
pub mod plan;
pub mod query;
pub mod rank;
pub mod search;
pub mod shape;
pub mod source;
pub mod sources;
pub mod text;
pub mod work;
pub mod xml;
