//! Takes out of a text what differs from run to run, so that the rest can be compared with a snapshot.

/// `text` with names in the place of ids, times, durations, scores and ports.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // What stood before decides whether something begins here.
    let mut before = ' ';
    while let Some(char) = rest.chars().next() {
        let found = if before.is_alphanumeric() || before == '.' { None } else { varying(rest) };
        let (name, length) = found.unwrap_or(("", char.len_utf8()));
        out.push_str(if name.is_empty() { &rest[..length] } else { name });
        before = rest[..length].chars().next_back().unwrap_or(char);
        rest = &rest[length..];
    }
    out
}

/// The length of what begins a text, when it is of this shape.
type Shape = fn(&str) -> Option<usize>;

/// What varies at the beginning of a text: its name and its length.
fn varying(text: &str) -> Option<(&'static str, usize)> {
    let shapes: [(&str, Shape); 7] = [
        ("[id]", uuid),
        ("[request]", request_id),
        ("[time]", time),
        ("[number] ms", millis),
        ("[number] s", seconds),
        ("127.0.0.1:[port]", port),
        ("[score]", score),
    ];
    shapes.iter().find_map(|(name, shape)| Some((*name, shape(text).filter(|length| ends_at(text, *length))?)))
}

/// Whether a word ends there.
fn ends_at(text: &str, length: usize) -> bool {
    !text[length..].starts_with(|char: char| char.is_alphanumeric())
}

fn uuid(text: &str) -> Option<usize> {
    let is_uuid = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let bytes = text.as_bytes().get(..36)?;
    bytes.iter().enumerate().all(is_uuid).then_some(36)
}

fn request_id(text: &str) -> Option<usize> {
    text.as_bytes().get(..24)?.iter().all(u8::is_ascii_hexdigit).then_some(24)
}

/// `2026-01-31T12:00:00.123Z`, and the same as people write it: `2026-01-31 12:00`, `12:00:00 UTC`.
fn time(text: &str) -> Option<usize> {
    let shaped = |shape: &str, text: &str| {
        let matches = |(shape, char): (char, char)| if shape == '0' { char.is_ascii_digit() } else { char == shape };
        text.len() >= shape.len() && shape.chars().zip(text.chars()).all(matches)
    };
    let long = ["0000-00-00T00:00:00", "0000-00-00 00:00:00", "0000-00-00 00:00", "00:00:00"];
    let start = long.iter().find(|shape| shaped(shape, text))?.len();
    let fraction = text[start..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let zone =
        [" UTC", "Z"].iter().find(|zone| text[start + fraction..].starts_with(**zone)).map_or(0, |zone| zone.len());
    Some(start + fraction + zone)
}

/// A score as it is exported: it fades with the age of a work.
fn score(text: &str) -> Option<usize> {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = text[whole..].strip_prefix('.')?.bytes().take_while(u8::is_ascii_digit).count();
    (whole > 0 && fraction == 6).then_some(whole + 1 + fraction)
}

fn millis(text: &str) -> Option<usize> {
    quantity(text, " ms")
}

fn seconds(text: &str) -> Option<usize> {
    quantity(text, " s")
}

fn quantity(text: &str, unit: &str) -> Option<usize> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    (digits > 0 && text[digits..].starts_with(unit)).then_some(digits + unit.len())
}

fn port(text: &str) -> Option<usize> {
    let host = ["127.0.0.1:", "localhost:"].into_iter().find(|host| text.starts_with(host))?;
    let digits = text[host.len()..].bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then_some(host.len() + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_gets_a_name() {
        for (text, shown) in [
            ("deleted 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42", "deleted [id]"),
            ("20 records of 1234, 87 ms; late", "20 records of 1234, [number] ms; late"),
            ("of 4 of 4 sources in 0.10 s", "of 4 of 4 sources in [number] s"),
            ("\"asked_at\":\"2026-11-25T22:04:12.488055089Z\"", "\"asked_at\":\"[time]\""),
            ("next attempt at 22:04:12 UTC", "next attempt at [time]"),
            ("id\t2026-11-25 22:04\t★", "id\t[time]\t★"),
            ("cannot listen at 127.0.0.1:8123: in use", "cannot listen at 127.0.0.1:[port]: in use"),
            ("crossref,3.091810,x", "crossref,[score],x"),
            ("http://localhost:41234", "http://127.0.0.1:[port]"),
            ("(request 89ff97cf2069cef000000007)", "(request [request])"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn the_rest_stays() {
        for text in [
            "3 works",
            "10.1/a b",
            "10.1101/2024.01.02.000001",
            "1.5 seconds",
            "é 研究 ★",
            "2024-05-08",
            "x12:30:00",
            "5 sources",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
