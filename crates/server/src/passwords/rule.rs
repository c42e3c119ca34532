//! Which passwords are taken: NIST SP 800-63B-4, 3.1.1.2. Length counts and nothing has to be in it; what others would try
//! first is refused, and each refusal says why.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::{
    breached,
    guesses::{self, Pattern},
    personal,
};

/// Fewest characters, counted as code points after NFKC.
pub const LEAST: usize = 12;

/// Most characters, counted alike. None is ever cut off.
pub const MOST: usize = 256;

/// Decimal logarithm of the guesses that a password must stand: at a thousand a second, which Argon2id allows on hardware
/// for some thousand dollars, a thousand million take eleven days.
pub const LEAST_GUESSES: f64 = 9.0;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has so few characters.
    TooShort(usize),
    /// It has more characters than are taken.
    TooLong,
    /// It is on a list of breached passwords, or little more than a known password.
    Common,
    /// Its substance is the person's own name or address, or the name of the service.
    Personal,
    /// It repeats itself.
    Repetitive,
    /// It follows the keyboard, the alphabet or the numbers.
    Sequential,
    /// Words, names and dates that are guessed in no time.
    Guessable,
}

/// A password is refused, for all of these reasons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refused(pub Vec<Refusal>);

impl Refusal {
    /// Its name in answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort(_) => "too_short",
            Self::TooLong => "too_long",
            Self::Common => "common",
            Self::Personal => "personal",
            Self::Repetitive => "repetitive",
            Self::Sequential => "sequential",
            Self::Guessable => "guessable",
        }
    }
}

impl fmt::Display for Refusal {
    /// What is wrong, and what would be right, as the rest of a sentence that begins with "the password".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(characters) => write!(f, "has {characters} of at least {LEAST} characters"),
            Self::TooLong => write!(f, "has more than {MOST} characters"),
            Self::Common => f.write_str("is among those that are tried first, or one of them with little added"),
            Self::Personal => {
                f.write_str("is little more than your own name, your address or the name of this service")
            }
            Self::Repetitive => f.write_str("repeats the same characters"),
            Self::Sequential => f.write_str("follows the keyboard, the alphabet or the numbers"),
            Self::Guessable => f.write_str(
                "is too easily guessed: take a few more words that do not belong together, or a generated one",
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, refusal) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; it " } else { "" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

/// Whether a password may be set by a person of whom this is known: names, addresses, whatever others may know as well.
pub fn check(password: &SecretString, about: &[&str]) -> Result<(), Refused> {
    let text: SecretString = password.expose_secret().nfkc().collect::<String>().into();
    let text = text.expose_secret();
    let characters = text.chars().count();
    if characters > MOST {
        return Err(Refused(vec![Refusal::TooLong]));
    }
    let mut refusals = Vec::new();
    if characters < LEAST {
        refusals.push(Refusal::TooShort(characters));
    }
    let words = personal::words(about);
    if breached::contains(text) {
        refusals.push(Refusal::Common);
    }
    if personal::is_substance(text, &words) {
        refusals.push(Refusal::Personal);
    }
    let estimate = guesses::estimate(text, &words);
    if estimate.guesses_log10 < LEAST_GUESSES {
        let refusal = match estimate.pattern {
            Pattern::Known => Refusal::Common,
            Pattern::Personal => Refusal::Personal,
            Pattern::Repeat => Refusal::Repetitive,
            Pattern::Sequence => Refusal::Sequential,
            Pattern::Mixed => Refusal::Guessable,
        };
        // That few characters are guessed easily has been said, and so has what was found twice.
        let is_said = refusals.contains(&refusal) || refusal == Refusal::Guessable && !refusals.is_empty();
        if !is_said {
            refusals.push(refusal);
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(Refused(refusals)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADA: [&str; 3] = ["Ada Lovelace", "ada.lovelace@example.org", "countess"];

    fn refusals(password: &str) -> Vec<Refusal> {
        check(&password.into(), &ADA).map_or_else(|Refused(refusals)| refusals, |()| Vec::new())
    }

    #[test]
    fn length_is_enough_and_nothing_else_has_to_be_in_it() {
        for password in [
            "xkqvvbnrmzpw",
            "correct horse battery staple",
            "correcthorsebatterystaple",
            "mein Hund frisst gern Kabel",
            "собака ест синие провода",
            "わたしの犬は青いケーブルを食べます",
            "🦀🌵🎻🚲🧀🪁🦉🎲🧊🪗🦑🧭",
            "            x  7 ÿ          q ",
            "8Kd!mQ2x_vLp",
        ] {
            assert_eq!(refusals(password), [], "{password}");
        }
    }

    #[test]
    fn characters_are_counted_as_code_points_after_normalisation() {
        assert_eq!(refusals("xkqvvbnrmzp"), [Refusal::TooShort(11)]);
        assert_eq!(refusals("xkqvvbnrmz\u{e9}"), [Refusal::TooShort(11)]);
        assert_eq!(refusals("xkqvvbnrmze\u{301}"), [Refusal::TooShort(11)], "an accent is no character of its own");
        assert_eq!(refusals("xkqvvbnrmz\u{fb01}"), [], "a ligature is two letters");
        assert_eq!(refusals(""), [Refusal::TooShort(0)]);
        let long: String = "qzjxkvbwpyg"
            .chars()
            .cycle()
            .zip("abcdefghmnopqrs".chars().cycle())
            .flat_map(|(one, other)| [one, other])
            .take(MOST)
            .collect();
        assert_eq!(refusals(&long), []);
        assert_eq!(refusals(&(long + "x")), [Refusal::TooLong]);
    }

    #[test]
    fn breached_passwords_are_refused_however_they_are_written() {
        for password in [
            "polniypizdec0211",
            "PolniyPizdec0211",
            "ichliebedich",
            "IchLiebeDich",
            "ich liebe dich",
            "ichliebedich!1",
            "1ichliebedich",
            "1qaz2wsx3edc",
            "password1234",
            "Password2024!",
            "P@ssw0rd2024",
            "qwerty123456",
            "iloveyou1234",
            "administrator1",
        ] {
            assert_eq!(refusals(password), [Refusal::Common], "{password}");
        }
    }

    #[test]
    fn repetition_is_refused() {
        for password in [
            "aaaaaaaaaaaa",
            "abababababab",
            "passwordpassword",
            "letmeinletmein",
            "hunter2hunter2",
            "密码密码密码密码密码密码",
            "            ",
            &"xkq7".repeat(64),
            &"z".repeat(MOST),
        ] {
            assert!(refusals(password).contains(&Refusal::Repetitive), "{password}: {:?}", refusals(password));
        }
    }

    #[test]
    fn what_follows_the_keyboard_or_the_numbers_is_refused() {
        for password in ["abcdefghijkl", "asdfghjkl;'\\", "zyxwvutsrqpo", "2345678923456789"] {
            assert!(!refusals(password).is_empty(), "{password}");
        }
        assert_eq!(refusals("abcdefghijkl"), [Refusal::Sequential]);
        assert_eq!(refusals("asdfghjkl;'\\"), [Refusal::Sequential]);
    }

    #[test]
    fn a_person_and_the_service_are_no_password() {
        for password in [
            "adalovelace1815",
            "Ada.Lovelace@example.org",
            "lovelaceada!!",
            "countess-countess-1",
            "pakepakepake!",
            "Pake2026!Pake",
            "PAKE 2026 PAKE 12",
            "ecalevol-ada-1",
            "l0vel@ce1815!",
        ] {
            assert!(!refusals(password).is_empty(), "{password}");
        }
        assert_eq!(refusals("adalovelace1815"), [Refusal::Personal]);
        assert_eq!(refusals("Pake2026!Pake"), [Refusal::Personal]);
        assert_eq!(refusals("lovelace xkqv bnrm zpwt"), [], "there is enough besides the name");
        assert!(check(&"wintermute-wintergreen".into(), &["winter"]).is_ok());
    }

    #[test]
    fn few_common_words_with_a_date_are_too_few() {
        for password in ["Summer2024!!", "mountainriver", "sunshine sunshine", "пароль123456", "21.03.1985 may"] {
            assert!(!refusals(password).is_empty(), "{password}");
        }
        assert_eq!(refusals("mountainriver"), [Refusal::Guessable]);
    }

    #[test]
    fn all_reasons_are_told_at_once() {
        assert_eq!(refusals("password"), [Refusal::TooShort(8), Refusal::Common]);
        let refused = check(&"adaada".into(), &ADA).unwrap_err();
        assert_eq!(refused.0, [Refusal::TooShort(6), Refusal::Personal, Refusal::Repetitive]);
        assert_eq!(
            refused.to_string(),
            "has 6 of at least 12 characters; it is little more than your own name, your address or the name of this \
             service; it repeats the same characters"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_answered_without_a_panic(password in ".{0,80}", name in ".{0,20}") {
            let refused = check(&password.as_str().into(), &[&name]);
            prop_assert!(password.chars().count() >= 4 || refused.is_err());
        }

        #[test]
        fn letters_whose_case_has_another_length_do_no_harm(password in "[İßŉǰΐẞﬁa@4]{0,40}") {
            let _ = check(&password.as_str().into(), &["İstanbul"]);
        }
    }
}
