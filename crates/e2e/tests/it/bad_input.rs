//! Bad input from either side: each gets a clear answer, the rest of the search completes, nothing leaks, nothing panics.
//! (That nothing is logged as an error and nothing panics is looked at when a server of a test goes away.)

mod connections;
mod questions;
mod sources;
