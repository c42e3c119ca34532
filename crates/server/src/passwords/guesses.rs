//! How many guesses a password stands: the estimate of zxcvbn, which knows what attackers try.

use zxcvbn::{
    Entropy,
    matching::patterns::MatchPattern::{Dictionary, Repeat, Sequence, Spatial},
    zxcvbn,
};

/// Characters that are looked at in one go: what it takes grows with the square of it. The beginning and the end count.
const WINDOW: usize = 64;

/// Ways of reading symbols as letters that are tried in one go. A text of all of them has hundreds, and each takes as long
/// as the text itself.
const MOST_READINGS: usize = 8;

/// Which characters zxcvbn reads as which letter.
const SUBSTITUTES: [(char, &[char]); 12] = [
    ('a', &['4', '@']),
    ('b', &['8']),
    ('c', &['(', '{', '[', '<']),
    ('e', &['3']),
    ('g', &['6', '9']),
    ('i', &['1', '!', '|']),
    ('l', &['1', '|', '7']),
    ('o', &['0']),
    ('s', &['$', '5']),
    ('t', &['+', '7']),
    ('x', &['%']),
    ('z', &['2']),
];

/// Fewest characters that make a word.
const LEAST_WORD: usize = 4;

/// A symbol that stands for no letter.
const NEUTRAL: char = '~';

/// How well a password stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Decimal logarithm of the guesses.
    pub guesses_log10: f64,
    /// What most of it is.
    pub pattern: Pattern,
}

/// What most of a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// One word or password that is in a dictionary.
    Known,
    /// Words that others know of the person.
    Personal,
    /// The same again.
    Repeat,
    /// Neighbours on the keyboard, in the alphabet or among the numbers.
    Sequence,
    /// None of these alone.
    Mixed,
}

/// How well a password stands, where `words` are known of the person.
pub fn estimate(password: &str, words: &[String]) -> Estimate {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let characters: Vec<char> = password.chars().collect();
    if characters.len() <= WINDOW {
        return of_window(password, &words);
    }
    let (first, last) = (&characters[..WINDOW], &characters[characters.len() - WINDOW..]);
    let [first, last] = [first, last].map(|window| of_window(&String::from_iter(window), &words));
    if first.guesses_log10 > last.guesses_log10 { first } else { last }
}

fn of_window(text: &str, words: &[&str]) -> Estimate {
    let of_reading = |text: String| {
        let entropy = zxcvbn(&text, words);
        Estimate { guesses_log10: entropy.guesses_log10(), pattern: pattern(&entropy, text.chars().count(), words) }
    };
    let estimates = readable(text).into_iter().map(of_reading);
    let weaker = |one: Estimate, other: Estimate| if other.guesses_log10 < one.guesses_log10 { other } else { one };
    estimates.reduce(weaker).unwrap_or(Estimate { guesses_log10: 0.0, pattern: Pattern::Mixed })
}

/// The text in forms of which each can be read in few ways. Digits alone have few; where symbols make too many of them, they
/// are once read as letters throughout, and once as nothing.
fn readable(text: &str) -> Vec<String> {
    if readings(text) <= MOST_READINGS {
        return vec![text.to_owned()];
    }
    let as_letter = |char| letter(char).unwrap_or(char);
    let as_nothing = |char| letter(char).map_or(char, |_| NEUTRAL);
    vec![text.chars().map(as_letter).collect(), text.chars().map(as_nothing).collect()]
}

/// In how many ways the text can be read.
fn readings(text: &str) -> usize {
    let ways = |substitutes: &[char]| substitutes.iter().filter(|char| text.contains(**char)).count().max(1);
    SUBSTITUTES.iter().map(|(_, substitutes)| ways(substitutes)).product()
}

/// The letter that a symbol, no digit, is read as.
fn letter(symbol: char) -> Option<char> {
    let stands_for = |(_, substitutes): &&(char, &[char])| !symbol.is_ascii_digit() && substitutes.contains(&symbol);
    SUBSTITUTES.iter().find(stands_for).map(|(letter, _)| *letter)
}

/// What makes up at least half of the password.
fn pattern(entropy: &Entropy, length: usize, words: &[&str]) -> Pattern {
    let (mut personal, mut repeat, mut sequence, mut known) = (0, 0, 0, Vec::new());
    for found in entropy.sequence() {
        let length = found.j + 1 - found.i;
        match &found.pattern {
            Dictionary(word) if words.contains(&word.matched_word.as_str()) => personal += length,
            // Numbers, and anything of so few characters, are in a dictionary too and are no words.
            Dictionary(word) if length >= LEAST_WORD && word.matched_word.contains(char::is_alphabetic) => {
                known.push(length);
            }
            Repeat(_) => repeat += length,
            Sequence(_) | Spatial(_) => sequence += length,
            _ => {}
        }
    }
    // Several words are a phrase, and that is no fault by itself.
    let known = if let [word] = known[..] { word } else { 0 };
    let kinds = [
        (personal, Pattern::Personal),
        (repeat, Pattern::Repeat),
        (sequence, Pattern::Sequence),
        (known, Pattern::Known),
    ];
    let most = |(share, _): &(usize, Pattern)| *share > 0 && share * 2 >= length;
    kinds.into_iter().find(most).map_or(Pattern::Mixed, |(_, pattern)| pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(password: &str) -> Estimate {
        estimate(password, &["lovelace".to_owned()])
    }

    #[test]
    fn what_most_of_it_is_is_told() {
        for (password, pattern) in [
            ("password1234", Pattern::Known),
            ("Password2024!", Pattern::Known),
            ("lovelacelovelace1", Pattern::Repeat),
            ("lovelace1815", Pattern::Personal),
            ("ecalevol1815", Pattern::Personal),
            ("aaaaaaaaaaaa", Pattern::Repeat),
            ("abcdefghijkl", Pattern::Sequence),
            ("mountainriver", Pattern::Mixed),
            ("xkqvvbnrmzpw", Pattern::Mixed),
        ] {
            assert_eq!(of(password).pattern, pattern, "{password}");
        }
    }

    #[test]
    fn more_words_stand_more_guesses() {
        let guesses = ["mountain", "mountain river", "mountain river spoon", "mountain river spoon elbow"].map(of);
        assert!(guesses.windows(2).all(|pair| pair[0].guesses_log10 + 2.0 < pair[1].guesses_log10), "{guesses:?}");
    }

    #[test]
    fn a_long_password_is_as_good_as_its_better_end() {
        let dull = "a".repeat(WINDOW);
        assert!(of(&(dull.clone() + "xkqvvbnrmzpwjhtgfyls")).guesses_log10 > 15.0);
        assert!(of(&("xkqvvbnrmzpwjhtgfyls".to_owned() + &dull)).guesses_log10 > 15.0);
        assert!(of(&"a".repeat(256)).guesses_log10 < 6.0);
    }

    #[test]
    fn symbols_are_read_as_letters_even_when_there_are_many() {
        assert_eq!(readable("p@ssw0rd"), ["p@ssw0rd"]);
        assert!(of("p@ssw0rd").guesses_log10 < 4.0);
        let many = "p@ssw0rd{[(<4!|1";
        assert!(readings(many) > MOST_READINGS);
        assert_eq!(readable(many), ["passw0rdcccc4ii1", "p~ssw0rd~~~~4~~1"]);
        assert!(of(many).guesses_log10 < 13.0, "{:?}", of(many));
        assert_eq!([letter('$'), letter('5'), letter('~')], [Some('s'), None, None]);
    }

    #[test]
    fn no_text_is_read_in_more_ways_than_there_is_time_for() {
        let all: String = SUBSTITUTES.iter().flat_map(|(_, substitutes)| substitutes.iter()).collect();
        assert!(readings(&all) > 500, "{} ways: each takes as long as the text", readings(&all));
        for text in readable(&all) {
            assert!(readings(&text) <= MOST_READINGS, "{text}: {}", readings(&text));
        }
    }
}
