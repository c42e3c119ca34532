//! Joins records into versions and versions into works. Pure: no clock, no chance, no input or output.

use std::sync::Arc;

use crate::{
    event::Change,
    work::{SharedRecord, Splits, Work},
};

/// Joins records as they arrive. What was joined is the same whatever the order of arrival; ids of works and their
/// places follow the arrival.
#[derive(Debug)]
pub struct Merger {}

impl Merger {
    /// Nothing joined yet; `splits` are never joined.
    pub fn new(_splits: Arc<Splits>) -> Self {
        unimplemented!()
    }

    /// Joins these records to what is there, and tells what changed.
    pub fn add(&mut self, _records: &[SharedRecord]) -> Vec<Change> {
        unimplemented!()
    }

    /// The works as they stand, in the order of arrival.
    pub fn works(&self) -> Vec<Work> {
        unimplemented!()
    }
}
