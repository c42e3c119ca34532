//! `pake`: the Personal Autonomous Knowledge Engine.
fn main() {}
