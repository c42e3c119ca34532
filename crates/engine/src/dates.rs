//! Dates as sources write them, read at the precision that they have.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::item::{DateKind, PartialDate};

/// A date of parts; a month or day that does not exist is left out, as is a day without a month.
/// `None` when the year is not within 1000 and 2999.
pub fn from_parts(year: i32, month: Option<u32>, day: Option<u32>, kind: DateKind) -> Option<PartialDate> {
    if !(1000..=2999).contains(&year) {
        return None;
    }
    let month = month.filter(|month| (1..=12).contains(month));
    let day = day.filter(|&day| month.is_some_and(|month| NaiveDate::from_ymd_opt(year, month, day).is_some()));
    let small = |number: u32| u8::try_from(number).ok();
    Some(PartialDate { year, month: month.and_then(small), day: day.and_then(small), kind })
}

/// A date in ISO 8601 order: `2024`, `2024-05`, `2024-05-08`, `2024/5/8`, `20240508`, with or without a time behind it
/// (which is ignored: the day is the one that was written, whatever its zone).
pub fn iso(text: &str, kind: DateKind) -> Option<PartialDate> {
    let text = text.trim();
    let text = text.split(['T', 't', ' ']).next().unwrap_or(text);
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |range| text.get(range).and_then(|part: &str| part.parse::<u32>().ok());
        return from_parts(text.get(..4)?.parse().ok()?, part(4..6), part(6..8), kind);
    }
    let mut parts = text.split(['-', '/']);
    let year = parts.next().filter(|year| year.len() == 4 && is_digits(year))?.parse().ok()?;
    let mut part = || parts.next().filter(|part| part.len() <= 2 && is_digits(part)).and_then(|part| part.parse().ok());
    from_parts(year, part(), part(), kind)
}

/// A date in the order of RFC 822 (with RFC 2822's four-digit years): `Tue, 07 May 2024 10:00:00 GMT`, `7 May 2024`.
/// Wrong names of days and unknown zones do not matter.
pub fn rfc822(text: &str, kind: DateKind) -> Option<PartialDate> {
    let mut words = text.split([' ', ',', '-', '\t', '\n', '\r']).filter(|word| !word.is_empty()).peekable();
    words.next_if(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let day = words.next().filter(|day| day.len() <= 2 && is_digits(day))?.parse().ok()?;
    let month = month(words.next()?)?;
    let year = words.next().filter(|year| is_digits(year))?;
    let number: i32 = year.parse().ok()?;
    // RFC 2822, 4.3: two digits mean 2000 to 2049 or 1950 to 1999.
    let number = match year.len() {
        2 if number < 50 => number + 2000,
        2 => number + 1900,
        _ => number,
    };
    from_parts(number, Some(u32::from(month)), Some(day), kind)
}

/// A date in any of the forms that feeds use.
pub fn any_form(text: &str, kind: DateKind) -> Option<PartialDate> {
    iso(text, kind).or_else(|| rfc822(text, kind))
}

/// The first year in a text such as `2019 Nov-Dec` or `Winter 2003-2004`.
pub fn year_in(text: &str, kind: DateKind) -> Option<PartialDate> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .find_map(|year| from_parts(year.parse().ok()?, None, None, kind))
}

/// A month by its English name, its first three letters or more, or its number.
pub fn month(text: &str) -> Option<u8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.trim().trim_end_matches('.');
    if is_digits(text) {
        return text.parse().ok().filter(|month| (1..=12).contains(month));
    }
    let long_enough = text.len() >= 3;
    let place = NAMES
        .iter()
        .position(|name| long_enough && name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text)))?;
    u8::try_from(place + 1).ok()
}

/// `date`, or today when it lies in the future: feeds have wrong clocks and wrong zones.
pub fn not_after(date: PartialDate, now: DateTime<Utc>) -> PartialDate {
    let today = now.date_naive();
    let known = (date.year, date.month.map_or(0, u32::from), date.day.map_or(0, u32::from));
    if known <= (today.year(), today.month(), today.day()) {
        return date;
    }
    from_parts(today.year(), Some(today.month()), Some(today.day()), date.kind).unwrap_or(date)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn shown(date: Option<PartialDate>) -> String {
        date.map_or_else(|| "none".to_owned(), |date| date.to_string())
    }

    #[test]
    fn a_date_keeps_its_precision() {
        for (text, wanted) in [
            ("2024", "2024"),
            ("2024-05", "2024-05"),
            ("2024-05-08", "2024-05-08"),
            ("2024/5/8", "2024-05-08"),
            ("20240508", "2024-05-08"),
            ("2024-05-08T23:59:59-12:00", "2024-05-08"),
            (" 2024-05-08 10:00 ", "2024-05-08"),
        ] {
            assert_eq!(shown(iso(text, DateKind::Published)), wanted, "{text}");
        }
    }

    #[test]
    fn parts_that_do_not_exist_are_left_out() {
        for (text, wanted) in
            [("2024-13-01", "2024"), ("2023-02-29", "2023-02"), ("2024-00-10", "2024"), ("2024-", "2024")]
        {
            assert_eq!(shown(iso(text, DateKind::Published)), wanted, "{text}");
        }
        for text in ["", "0", "0000-01-01", "abc", "24-05-08", "99999", "-2024", "９９９９"] {
            assert_eq!(shown(iso(text, DateKind::Published)), "none", "{text}");
        }
        assert_eq!(shown(from_parts(2024, None, Some(3), DateKind::Print)), "2024");
    }

    #[test]
    fn dates_of_feeds_are_read_whatever_their_zone() {
        for text in ["Tue, 07 May 2024 10:00:00 GMT", "7 May 2024", "Xyz, 7 May 24 10:00 BST", "07-May-2024"] {
            assert_eq!(shown(any_form(text, DateKind::Published)), "2024-05-07", "{text}");
        }
        assert_eq!(shown(rfc822("1 Jan 99", DateKind::Published)), "1999-01-01");
        for text in ["", "May 2024", "7 Foo 2024", "32", "7", "7 May", "７ May 2024"] {
            assert_eq!(shown(rfc822(text, DateKind::Published)), "none", "{text}");
        }
    }

    #[test]
    fn a_year_is_found_in_a_text() {
        assert_eq!(shown(year_in("2019 Nov-Dec", DateKind::Print)), "2019");
        assert_eq!(shown(year_in("Winter 2003-2004", DateKind::Print)), "2003");
        assert_eq!(shown(year_in("no. 12345 of 12", DateKind::Print)), "none");
    }

    #[test]
    fn months_go_by_name_or_number() {
        for text in ["5", "05", "May", "MAY", "may."] {
            assert_eq!(month(text), Some(5), "{text}");
        }
        assert_eq!(month("Sept"), Some(9));
        assert_eq!(month("december"), Some(12));
        for text in ["", "0", "13", "Ma", "Mayor", "é", "999999999999"] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_in_the_future_becomes_today() {
        let now = Utc.with_ymd_and_hms(2026, 3, 4, 0, 0, 0).unwrap();
        let clamped = |text| not_after(iso(text, DateKind::Published).unwrap(), now).to_string();
        assert_eq!(clamped("2026-03-05"), "2026-03-04");
        assert_eq!(clamped("2027"), "2026-03-04");
        assert_eq!(clamped("2026-03-04"), "2026-03-04");
        assert_eq!(clamped("2026"), "2026");
    }

    proptest! {
        #[test]
        fn nothing_makes_them_panic(text in any::<String>()) {
            let _ = (any_form(&text, DateKind::Published), year_in(&text, DateKind::Print), month(&text));
        }
    }
}
