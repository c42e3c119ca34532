//! Brave's answers.
#![no_main]

use engine::{source::SourceId, sources::brave};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::json::mutate(data, size, max_size, seed)
});

fuzz_target!(|body: &[u8]| fuzz::page::check(body, SourceId::Brave, brave::parse));
