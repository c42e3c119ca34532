//! `pake`: the Personal Autonomous Knowledge Engine.
mod cli;
mod config;
mod printer;
mod table;
fn main() {}
