//! Reads Rust as text: just enough to tell code from comments, strings and tests.

/// The code without its tests: everything before the first `#[cfg(test)]` that stands at the beginning of a line and is
/// followed by a module.
pub fn without_tests(text: &str) -> &str {
    let mut from = 0;
    while let Some(found) = text[from..].find("#[cfg(test)]\n") {
        let at = from + found;
        let after = &text[at + "#[cfg(test)]\n".len()..];
        let starts_line = at == 0 || text[..at].ends_with('\n');
        if starts_line
            && (after.starts_with("mod ") || after.starts_with("pub mod ") || after.starts_with("pub(crate) mod "))
        {
            return &text[..at];
        }
        from = at + 1;
    }
    text
}

/// The same text with every comment, string and character literal turned into spaces; line breaks stay where they are.
pub fn code_only(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let length = literal(rest, code.chars().next_back());
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (gone, after) = rest.split_at(length);
            code.extend(gone.chars().map(|char| if char == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    code
}

/// The length in bytes of the comment or literal at the beginning of `rest`; 0 when there is none.
fn literal(rest: &str, before: Option<char>) -> usize {
    let line = || rest.find('\n').unwrap_or(rest.len());
    let in_word = before.is_some_and(|char| char.is_alphanumeric() || char == '_');
    match rest.as_bytes() {
        [b'/', b'/', ..] => line(),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, 1, '"'),
        [b'b' | b'c', b'"', ..] if !in_word => quoted(rest, 2, '"'),
        [b'r', b'"' | b'#', ..] if !in_word => raw(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !in_word => raw(rest, 2),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match rest.as_bytes().get(at..) {
            Some([b'/', b'*', ..]) => (depth, at) = (depth + 1, at + 2),
            Some([b'*', b'/', ..]) if depth == 1 => return at + 2,
            Some([b'*', b'/', ..]) => (depth, at) = (depth - 1, at + 2),
            Some([_, ..]) => at += 1,
            _ => return rest.len(),
        }
    }
}

fn quoted(rest: &str, from: usize, end: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest[from..].char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == end => return from + at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A raw string; `r#name` is a raw identifier and no string.
fn raw(rest: &str, from: usize) -> usize {
    let hashes = rest[from..].bytes().take_while(|byte| *byte == b'#').count();
    let start = from + hashes;
    if !rest[start..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[start + 1..].find(&end).map_or(rest.len(), |at| start + 1 + at + end.len())
}

/// A character literal; a lifetime is none.
fn character(rest: &str) -> usize {
    let mut chars = rest[1..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest, 1, '\''),
        (Some(char), Some('\'')) => 2 + char.len_utf8(),
        _ => 0,
    }
}

/// The words of code with the byte at which each begins.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + code[from..].find(is_word)?;
        let length = code[start..].find(|char| !is_word(char)).unwrap_or(code.len() - start);
        from = start + length;
        Some((start, &code[start..from]))
    })
}

/// The byte after the bracket that closes the one at `open`; the end of the code when it is never closed.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The line, from 1, of a byte.
pub fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text = "let a = \"{ // \\\" }\"; // } \"\n/* { /* } */ { */ let b = '{'; let c: &'static str = r#\"\"}\"#;\nlet r#type = b\"}\" ;";
        let code = code_only(text);
        assert!(!code.contains(['{', '}', '"']), "{code}");
        assert_eq!(code.lines().count(), 3);
        for word in ["let a", "let b", "&'static str", "r#type"] {
            assert!(code.contains(word), "{word} in {code}");
        }
    }

    #[test]
    fn literals_that_never_end_are_read_to_the_end() {
        for text in ["\"abc", "r#\"abc\"", "/* /* */", "'\\", "b\"\\"] {
            assert_eq!(code_only(text).trim(), "", "{text}");
        }
    }

    #[test]
    fn tests_are_cut_off_and_other_conditions_are_not() {
        assert_eq!(without_tests("fn a() {}\n#[cfg(test)]\nmod tests {}\n"), "fn a() {}\n");
        let text = "#[cfg(test)]\nuse x;\nfn a() {}\n";
        assert_eq!(without_tests(text), text);
    }

    #[test]
    fn brackets_are_matched() {
        assert_eq!(closing("a { b ( c ) } d", 2), 13);
        assert_eq!(closing("{ {", 0), 3);
    }
}
