//! What others know of a person, or of this service, and whether a password is little more than that.

use super::fold;

/// The name of the service, which is tried wherever it runs.
const SERVICE: &str = "pake";

/// Parts of names and addresses that are shorter occur in anything. Scripts other than Latin say more with fewer characters.
const LEAST_LETTERS: usize = 3;

/// A password must have more than so many letters besides what others know; two digits count as a letter.
const LEAST_REST: usize = 6;

/// The words that are no secret, longest first: whole names and addresses, and their parts.
pub fn words(about: &[&str]) -> Vec<String> {
    let mut words = vec![SERVICE.to_owned()];
    for known in about {
        let known = fold(known);
        // What an address ends with is shared by all: `org`.
        let (own, _) = known.split_once('@').and_then(|_| known.rsplit_once('.')).unwrap_or((&known, ""));
        words
            .extend(own.split(|char: char| !char.is_alphanumeric()).filter(|part| is_telling(part)).map(str::to_owned));
        let together: String = own.chars().filter(|char| char.is_alphanumeric()).collect();
        words.extend([together, known].into_iter().filter(|word| is_telling(word)));
    }
    words.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    words.dedup();
    words
}

fn is_telling(word: &str) -> bool {
    word.chars().count() >= if word.is_ascii() { LEAST_LETTERS } else { LEAST_LETTERS - 1 }
}

/// Whether nothing much is left when these words are taken out.
pub fn is_substance(password: &str, words: &[String]) -> bool {
    let mut rest = fold(password);
    let length = rest.len();
    for word in words {
        rest = rest.replace(word.as_str(), " ");
    }
    let digits = rest.chars().filter(|char| char.is_numeric()).count();
    let letters = rest.chars().filter(|char| char.is_alphabetic()).count();
    rest.len() < length && letters + digits / 2 < LEAST_REST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_taken_apart() {
        let words = words(&["Ada Lovelace", "ada.l@mail.example.org", "Li", "李明"]);
        for word in
            ["pake", "ada", "lovelace", "adalovelace", "ada lovelace", "mail", "example", "ada.l@mail.example.org"]
        {
            assert!(words.iter().any(|known| known == word), "{word}: {words:?}");
        }
        assert!(words.iter().any(|word| word == "李明"));
        for word in ["org", "l", "li", ""] {
            assert!(!words.iter().any(|known| known == word), "{word}: {words:?}");
        }
    }

    #[test]
    fn what_is_left_beside_the_words_decides() {
        let words = words(&["Ada Lovelace"]);
        for password in ["adalovelace1815", "ADA!LOVELACE?", "ada-ada-ada-ada", "pake 1990 ada 12", "lovelacexyzab"] {
            assert!(is_substance(password, &words), "{password}");
        }
        for password in ["lovelace xyzabc", "adagio in g minor", "192837465019", "hopscotch-in-the-rain"] {
            assert!(!is_substance(password, &words), "{password}");
        }
    }
}
