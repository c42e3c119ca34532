//! The bundled list of breached passwords. Where it comes from stands beside it, in `breached-passwords.md`.

use super::fold;

/// One a line, folded and sorted by bytes; only those of at least 12 characters that an estimate would let through.
const LIST: &str = include_str!("breached-passwords.txt");

/// Whether a password is on the list, whatever its case, its spaces, and the digits and signs around it.
pub fn contains(password: &str) -> bool {
    let folded = fold(password);
    let together: String = folded.chars().filter(|char| !char.is_whitespace()).collect();
    let core = together.trim_matches(|char: char| !char.is_alphabetic());
    [folded.as_str(), together.as_str(), core].into_iter().any(is_line)
}

/// Whether the list has this line; searched by halves.
fn is_line(wanted: &str) -> bool {
    let bytes = LIST.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle].iter().rposition(|&byte| byte == b'\n').map_or(low, |at| low + at + 1);
        let end = bytes[middle..high].iter().position(|&byte| byte == b'\n').map_or(high, |at| middle + at);
        match bytes[start..end].cmp(wanted.as_bytes()) {
            std::cmp::Ordering::Equal => return !wanted.is_empty(),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::{guesses, rule};

    #[test]
    fn every_line_is_found_and_nothing_between_the_lines_is() {
        for line in LIST.lines() {
            assert!(is_line(line), "{line}");
        }
        for (line, next) in LIST.lines().zip(LIST.lines().skip(1)) {
            assert!(line < next, "{line} {next}: sorted, each once");
        }
        for absent in ["", "\n", "!", "zzzzzzzzzzzzzzzz", "xkqvvbnrmzpw", &LIST[..40]] {
            assert!(!is_line(absent), "{absent}");
        }
        let first = LIST.lines().next().unwrap();
        assert!(!is_line(&first[..first.len() - 1]) && !is_line(&format!("{first}x")));
    }

    #[test]
    fn the_list_holds_what_the_rule_needs_and_nothing_else() {
        assert!(LIST.lines().count() > 10_000 && LIST.len() < 300_000, "{} bytes", LIST.len());
        for line in LIST.lines() {
            let length = line.chars().count();
            assert!(length >= rule::LEAST && fold(line) == line, "{line}");
        }
        // All of them take too long in a debug build.
        for line in LIST.lines().step_by(97) {
            assert!(
                guesses::estimate(line, &[]).guesses_log10 >= rule::LEAST_GUESSES,
                "{line} is refused without the list"
            );
        }
    }

    #[test]
    fn case_spaces_and_padding_hide_nothing() {
        for password in [
            "ichliebedich",
            "ICHLIEBEDICH",
            "Ich Liebe Dich",
            "  ichliebedich",
            "ichliebedich1!",
            "123 ichliebedich 2024",
        ] {
            assert!(contains(password), "{password}");
        }
        for password in ["ichliebedichsehr und mehr", "correct horse battery staple", ""] {
            assert!(!contains(password), "{password}");
        }
    }
}
