//! Europe PMC's answers.
#![no_main]

use engine::{source::SourceId, sources::europepmc};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::json::mutate(data, size, max_size, seed)
});

fuzz_target!(|body: &[u8]| fuzz::page::check(body, SourceId::Europepmc, europepmc::parse));
