//! PubMed's records in XML.
#![no_main]

use engine::{source::SourceId, sources::pubmed};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::markup::mutate(data, size, max_size, seed)
});

fuzz_target!(|body: &[u8]| fuzz::page::check(body, SourceId::Pubmed, pubmed::parse));
