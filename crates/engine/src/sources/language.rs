//! Codes of languages: sources use two letters (ISO 639-1) or three (ISO 639-2, in both of its forms).

/// Two-letter code, and the three-letter ones that mean the same (bibliographic, then terminological where it differs).
const CODES: [(&str, &[&str]); 30] = [
    ("en", &["eng"]),
    ("de", &["ger", "deu"]),
    ("fr", &["fre", "fra"]),
    ("es", &["spa"]),
    ("it", &["ita"]),
    ("pt", &["por"]),
    ("ru", &["rus"]),
    ("zh", &["chi", "zho"]),
    ("ja", &["jpn"]),
    ("ko", &["kor"]),
    ("pl", &["pol"]),
    ("nl", &["dut", "nld"]),
    ("sv", &["swe"]),
    ("da", &["dan"]),
    ("no", &["nor"]),
    ("fi", &["fin"]),
    ("hu", &["hun"]),
    ("cs", &["cze", "ces"]),
    ("sk", &["slo", "slk"]),
    ("tr", &["tur"]),
    ("ar", &["ara"]),
    ("he", &["heb"]),
    ("uk", &["ukr"]),
    ("ro", &["rum", "ron"]),
    ("bg", &["bul"]),
    ("el", &["gre", "ell"]),
    ("hr", &["hrv", "scr"]),
    ("sr", &["srp", "scc"]),
    ("fa", &["per", "fas"]),
    ("ca", &["cat"]),
];

/// The two-letter code where there is one, else the code as it came; `None` for what is no code or says "undetermined".
pub fn short(code: &str) -> Option<String> {
    let code = code.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_code || matches!(code.as_str(), "und" | "mul" | "mis" | "zxx") {
        return None;
    }
    let short = CODES.iter().find(|(_, long)| long.contains(&code.as_str()));
    Some(short.map_or(code, |(short, _)| (*short).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_come_out_with_two_letters_where_there_are_two() {
        for (code, wanted) in [
            ("eng", "en"),
            ("EN", "en"),
            ("en-US", "en"),
            ("ger", "de"),
            ("deu", "de"),
            ("lat", "lat"),
            ("pt_BR", "pt"),
        ] {
            assert_eq!(short(code).as_deref(), Some(wanted), "{code}");
        }
        for code in ["", "und", "english", "e", "12", "é"] {
            assert_eq!(short(code), None, "{code}");
        }
    }
}
