//! PubMed's lists of ids.
#![no_main]

use engine::{identifier, sources::pubmed};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::json::mutate(data, size, max_size, seed)
});

fuzz_target!(|body: &[u8]| {
    let found = pubmed::parse_ids(body);
    assert_eq!(pubmed::parse_ids(body), found);
    match found {
        Ok(found) => {
            for id in &found.ids {
                assert_eq!(identifier::pmid(id).as_ref(), Some(id));
            }
            assert!(found.ids.len() <= 1_000, "{} ids", found.ids.len());
            assert!(found.warnings.len() <= 24, "{} warnings", found.warnings.len());
            for warning in &found.warnings {
                fuzz::written::is_message(warning, 240);
            }
        }
        Err(error) => fuzz::page::failed(&error),
    }
});
