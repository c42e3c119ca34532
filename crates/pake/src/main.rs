//! `pake`: the Personal Autonomous Knowledge Engine.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

mod api;
mod cli;
mod commands;
mod config;
mod logline;
mod printer;
mod progress;
mod table;
mod telling;
mod works;

/// Searches make and drop many small strings on many threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let run = || commands::run(std::env::args_os(), std::env::vars_os().collect());
    // A panic has told of itself already; what is left is to say whose fault it is.
    ExitCode::from(catch_unwind(AssertUnwindSafe(run)).unwrap_or(commands::OURS))
}
