//! Feeds that anybody writes: RSS, Atom and JSON Feed.
#![no_main]

use engine::{source::SourceId, sources::feeds};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if data.first() == Some(&b'{') {
        fuzz::json::mutate(data, size, max_size, seed)
    } else {
        fuzz::markup::mutate(data, size, max_size, seed)
    }
});

fuzz_target!(|body: &[u8]| fuzz::page::check(body, SourceId::Feeds, feeds::parse));
