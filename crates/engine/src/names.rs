//! Names of authors: split into given and family name where that can be told, whole where it cannot.

use compact_str::CompactString;

use crate::{item::Author, text::tidy};

/// Words that belong to the family name when they stand before it.
const PARTICLES: [&str; 24] = [
    "af", "al", "ap", "ben", "bin", "da", "dal", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la",
    "le", "ter", "van", "vande", "vom", "von", "zu",
];

/// What stands behind a family name and is no part of it.
const SUFFIXES: [&str; 8] = ["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"];

/// Words that show that a name is a group's.
const GROUP_WORDS: [&str; 20] = [
    "collaboration",
    "collaborations",
    "collaborators",
    "consortium",
    "consortia",
    "group",
    "workgroup",
    "team",
    "network",
    "committee",
    "university",
    "investigators",
    "initiative",
    "institute",
    "association",
    "society",
    "project",
    "organization",
    "study",
    "trialists",
];

/// A person with given and family name; a group or a person with one name has only `name`.
/// `None` when there is nothing to read.
pub fn from_parts(given: Option<&str>, family: Option<&str>) -> Option<Author> {
    let given = given.map(tidy).filter(|given| !given.is_empty());
    let family = family.map(tidy).filter(|family| !family.is_empty());
    let name = match (&given, &family) {
        (Some(given), Some(family)) => {
            let mut name = CompactString::with_capacity(given.len() + 1 + family.len());
            name.push_str(given);
            name.push(' ');
            name.push_str(family);
            name
        }
        (Some(only), None) | (None, Some(only)) => only.as_ref().into(),
        (None, None) => return None,
    };
    Some(Author { given: given.map(Into::into), family: family.map(Into::into), name, ..Author::default() })
}

/// A group, or a name that must not be split.
pub fn whole(name: &str) -> Option<Author> {
    let name = tidy(name);
    (!name.is_empty()).then(|| Author { name: name.into(), ..Author::default() })
}

/// A name as it is displayed: `Given Family`, `Family, Given`, or a group's.
pub fn displayed(name: &str) -> Option<Author> {
    let name = tidy(name);
    if name.is_empty() {
        return None;
    }
    if is_group(&name) {
        return Some(Author { name: name.into(), ..Author::default() });
    }
    let (before, behind) = match name.split_once(',') {
        // `King, Jr.` is no turned name.
        Some((before, behind)) if is_suffix(behind) => (before, None),
        Some((before, behind)) => (before, Some(behind)),
        None => (&*name, None),
    };
    let author = if let Some(given) = behind {
        from_parts(Some(given), Some(before))
    } else {
        let (given, family) = split(before);
        from_parts(given, Some(family))
    }?;
    Some(Author { name: if behind.is_some() { author.name } else { name.into() }, ..author })
}

/// A name in PubMed's short form: family name, then initials without dots: `van der Berg JA`.
pub fn with_initials_last(name: &str) -> Option<Author> {
    let name = tidy(name.trim_end_matches(['.', ',', ' ']));
    let Some((family, initials)) = name.rsplit_once(' ') else { return whole(&name) };
    let are_initials = initials.chars().count() <= 4 && initials.chars().all(|c| c.is_uppercase() || c == '-');
    if !are_initials || is_group(&name) {
        return whole(&name);
    }
    let author = from_parts(Some(initials), Some(family))?;
    Some(Author { name: name.into(), ..author })
}

/// Given name and family name of `Given Family`, particles with the family name.
fn split(name: &str) -> (Option<&str>, &str) {
    let (rest, last) = match name.rsplit_once(' ') {
        // The suffix stays out of the split name; the whole name keeps it.
        Some((rest, last)) if is_suffix(last) && rest.contains(' ') => rest.rsplit_once(' ').unwrap_or((rest, last)),
        Some(parts) => parts,
        None => return (None, name),
    };
    let mut given = rest;
    while let Some((before, word)) = given.rsplit_once(' ') {
        if !is_particle(word) {
            break;
        }
        given = before;
    }
    // `de Broglie` without a given name is all family name.
    if is_particle(given) {
        return (None, name);
    }
    let end = rest.len() + 1 + last.len();
    (Some(given), name.get(given.len() + 1..end).unwrap_or(last))
}

fn is_particle(word: &str) -> bool {
    // Written small: `Van` is also a given name.
    word.starts_with(char::is_lowercase) && PARTICLES.contains(&word.trim_end_matches('.'))
}

fn is_suffix(word: &str) -> bool {
    let word = word.trim().trim_end_matches('.');
    SUFFIXES.iter().any(|suffix| word.eq_ignore_ascii_case(suffix))
}

/// Whether a word of the name shows that it is a group's.
pub fn is_group(name: &str) -> bool {
    name.split(' ').any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        GROUP_WORDS.iter().any(|group| word.eq_ignore_ascii_case(group))
    })
}

/// An ORCID iD (sixteen characters with hyphens) out of what sources write: bare or as an address.
pub fn orcid(raw: &str) -> Option<CompactString> {
    let raw = raw.trim().trim_end_matches('/');
    let bare = raw.rsplit('/').next().unwrap_or(raw);
    let mut orcid = CompactString::with_capacity(19);
    for c in bare.chars().filter(|&c| c != '-') {
        let place = orcid.len();
        if !(c.is_ascii_digit() || (place == 18 && c.eq_ignore_ascii_case(&'x'))) || place == 19 {
            return None;
        }
        orcid.push(c.to_ascii_uppercase());
        if matches!(orcid.len(), 4 | 9 | 14) {
            orcid.push('-');
        }
    }
    (orcid.len() == 19).then_some(orcid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(author: Option<Author>) -> (String, String, String) {
        let author = author.unwrap();
        (author.given.unwrap_or_default().into(), author.family.unwrap_or_default().into(), author.name.into())
    }

    #[test]
    fn a_displayed_name_is_split_at_the_family_name() {
        for (name, given, family, whole) in [
            ("Ada Lovelace", "Ada", "Lovelace", "Ada Lovelace"),
            ("Lovelace, Ada", "Ada", "Lovelace", "Ada Lovelace"),
            ("Ludwig van Beethoven", "Ludwig", "van Beethoven", "Ludwig van Beethoven"),
            ("Johannes D. van der Waals", "Johannes D.", "van der Waals", "Johannes D. van der Waals"),
            ("Van Morrison", "Van", "Morrison", "Van Morrison"),
            ("de Broglie", "", "de Broglie", "de Broglie"),
            ("Martin Luther King Jr.", "Martin Luther", "King", "Martin Luther King Jr."),
            ("Martin Luther King, Jr.", "Martin Luther", "King", "Martin Luther King, Jr."),
            ("Plato", "", "Plato", "Plato"),
            ("ATLAS Collaboration", "", "", "ATLAS Collaboration"),
            ("The RECOVERY Collaborative Group", "", "", "The RECOVERY Collaborative Group"),
            ("王小明", "", "王小明", "王小明"),
        ] {
            let wanted = (given.to_owned(), family.to_owned(), whole.to_owned());
            assert_eq!(parts(displayed(name)), wanted, "{name}");
        }
        for name in ["", " ", "\0", ","] {
            assert_eq!(displayed(name), None, "{name:?}");
        }
    }

    #[test]
    fn initials_behind_the_name_are_the_given_name() {
        for (name, given, family) in
            [("Smith JA.", "JA", "Smith"), ("van der Berg J-P", "J-P", "van der Berg"), ("Madonna", "", "")]
        {
            let (found_given, found_family, _) = parts(with_initials_last(name));
            assert_eq!((found_given.as_str(), found_family.as_str()), (given, family), "{name}");
        }
        assert_eq!(parts(with_initials_last("WHO Study Group")).2, "WHO Study Group");
        assert_eq!(with_initials_last("."), None);
    }

    #[test]
    fn an_author_without_any_name_is_none() {
        assert_eq!(from_parts(None, Some(" ")), None);
        assert_eq!(parts(from_parts(Some("Ada"), None)).2, "Ada");
        assert_eq!(whole(" "), None);
    }

    #[test]
    fn an_orcid_has_sixteen_characters_with_hyphens() {
        for raw in ["0000-0002-1825-009X", "https://orcid.org/0000-0002-1825-009x/", "000000021825009X"] {
            assert_eq!(orcid(raw).as_deref(), Some("0000-0002-1825-009X"), "{raw}");
        }
        for raw in ["", "0000-0002-1825", "0000-0002-1825-00977", "000X-0002-1825-0097", "é"] {
            assert_eq!(orcid(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_never_lost(name in "[a-zA-Zé,. ]{0,40}") {
            for author in [displayed(&name), with_initials_last(&name), whole(&name)].into_iter().flatten() {
                prop_assert!(!author.name.is_empty());
            }
        }

        #[test]
        fn nothing_makes_them_panic(name in any::<String>()) {
            let _ = (displayed(&name), with_initials_last(&name), orcid(&name));
        }
    }
}
