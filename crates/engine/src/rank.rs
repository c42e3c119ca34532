//! Orders works, and says why. Pure and deterministic.

use crate::{query::Query, work::Work};

/// Sets `score` and `why` of every work and sorts them, best first. `year` is the current year, for recency.
pub fn rank(_works: &mut [Work], _query: &Query, _year: i32) {
    unimplemented!()
}
