//! Dates in every form that sources write.
#![no_main]

use chrono::{DateTime, Datelike};
use engine::{dates, item::DateKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let kind = DateKind::Published;
    let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
    let found =
        [dates::iso(text, kind), dates::rfc822(text, kind), dates::any_form(text, kind), dates::year_in(text, kind)];
    for date in found.iter().flatten() {
        fuzz::record::exists(date);
        assert_eq!(dates::iso(&date.to_string(), kind).as_ref(), Some(date), "{date} is read as something else");
        let clamped = dates::not_after(date.clone(), now);
        fuzz::record::exists(&clamped);
        assert!(clamped.year <= now.year());
        assert_eq!(dates::not_after(clamped.clone(), now), clamped);
    }
    assert!(dates::month(text).is_none_or(|month| (1..=12).contains(&month)));
});
