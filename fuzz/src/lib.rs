//! What must hold of whatever the parsers read, and mutations that keep JSON and XML well-formed.

pub mod connectors;
pub mod dice;
pub mod json;
pub mod markup;
pub mod page;
pub mod record;
pub mod works;
pub mod written;
