//! `pake`: the Personal Autonomous Knowledge Engine.
mod config;
fn main() {}
