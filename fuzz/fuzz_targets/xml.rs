//! The reader of XML, walked by any rule: the first bytes say whether an element is entered, passed over or taken whole.
#![no_main]

use engine::{source::SourceError, xml::Xml};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    fuzz::markup::mutate(data, size, max_size, seed)
});

fuzz_target!(|body: &[u8]| {
    let text = String::from_utf8_lossy(body);
    for rule in 0_u64..8 {
        let walked = walk(&text, rule.wrapping_mul(0x9249_2492_4924_9249));
        assert_eq!(walk(&text, rule.wrapping_mul(0x9249_2492_4924_9249)), walked);
        match walked {
            Ok(seen) => assert!(seen <= 4 * text.len(), "{} bytes became {seen}", text.len()),
            Err(error) => fuzz::page::failed(&error),
        }
    }
});

/// Bytes of all that was seen.
fn walk(text: &str, rule: u64) -> Result<usize, SourceError> {
    let mut xml = Xml::new(text);
    let root = xml.root()?;
    let (mut seen, mut steps, mut depth) = (root.name().len(), 0_u32, 1_usize);
    while depth > 0 {
        let mark = xml.rest();
        let Some(child) = xml.child()? else {
            depth -= 1;
            continue;
        };
        seen += child.name().len() + child.attribute("id").map_or(0, |value| value.len());
        steps += 1;
        match rule.rotate_right(steps) & 3 {
            0 => xml.skip()?,
            1 => {
                let inside = xml.inner()?;
                let whole = xml.since(mark);
                assert!(std::str::from_utf8(whole).is_ok_and(|whole| whole.contains(inside)), "{inside:?}");
                seen += inside.len();
            }
            _ => depth += 1,
        }
        assert!(depth <= 128, "too deep");
    }
    Ok(seen)
}
