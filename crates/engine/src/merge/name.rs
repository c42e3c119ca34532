//! Names of authors as they are compared.

use unicode_normalization::char::decompose_compatible;

use super::title::hash;
use crate::{item::Author, names};

/// Persons looked at; the rest of a long byline adds nothing.
const MOST_AUTHORS: usize = 24;
/// Groups looked at.
const MOST_GROUPS: usize = 4;

/// An author's name in its comparable form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// The family name without anything between its words.
    family: u64,
    /// Its last word: "Maaten" of "van der Maaten".
    last: u64,
    /// All words of the name, in any order: for names whose order got lost.
    all: u64,
    /// First letter of the given names.
    initial: Option<char>,
}

impl Name {
    /// Reads an author, with room for letters; `None` when nothing of the name can be compared.
    pub fn read(author: &Author, room: &mut String) -> Option<Self> {
        let (family, given) = match (author.family.as_deref(), author.given.as_deref()) {
            (Some(family), given) if !family.trim().is_empty() => (family, given.unwrap_or("")),
            _ => parts(&author.name),
        };
        let mut all = 0_u64;
        let mut last = None;
        each_word(family, room, |word| {
            let word = hash(word.as_bytes());
            last = Some(word);
            all = all.wrapping_add(word);
        });
        let last = last?;
        let squashed = hash(room.as_bytes());
        let mut initial = None;
        each_word(given, room, |word| {
            initial = initial.or_else(|| word.chars().next());
            all = all.wrapping_add(hash(word.as_bytes()));
        });
        Some(Self { family: squashed, last, all, initial })
    }

    /// Whether both may be the same person: same family name, and given names that do not differ.
    pub fn fits(&self, other: &Self) -> bool {
        if self.all == other.all {
            return true;
        }
        let same_family = self.family == other.family || self.last == other.last;
        same_family && self.initial.is_none_or(|one| other.initial.is_none_or(|two| one == two))
    }

    /// What all spellings of the name most probably share.
    pub const fn shared(&self) -> u64 {
        self.last
    }
}

/// What two bylines say of who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// The same person, or where there are no persons the same group.
    Same,
    /// Somebody else.
    Other,
    /// One names a group, the other persons: may be the same people.
    GroupOrPersons,
    /// One names nobody.
    Unknown,
}

/// The byline in its comparable form. A group says little beside persons: one source lists it first, another last, and a
/// third leaves it out or names nothing else.
#[derive(Debug, Clone, Default)]
pub(super) struct Byline {
    /// The first person.
    first: Option<Name>,
    /// The persons' family names, sorted, without repeats.
    families: Vec<u64>,
    /// What tells groups apart: "ATLAS" of "The ATLAS Collaboration"; sorted, without repeats.
    groups: Vec<u64>,
}

impl Byline {
    /// Reads the authors of a record.
    pub fn read(authors: &[Author]) -> Self {
        let mut first = None;
        let mut families = Vec::with_capacity(authors.len().min(MOST_AUTHORS));
        let mut room = String::with_capacity(32);
        let persons = authors.iter().filter(|author| !is_group(author)).take(MOST_AUTHORS);
        for name in persons.filter_map(|author| Name::read(author, &mut room)) {
            families.push(name.shared());
            first = first.or(Some(name));
        }
        let mut groups = Vec::new();
        for group in authors.iter().filter(|author| is_group(author)).take(MOST_GROUPS) {
            each_word(&group.name, &mut room, |word| {
                if !is_any_groups(word) {
                    groups.push(hash(word.as_bytes()));
                }
            });
        }
        for list in [&mut families, &mut groups] {
            list.sort_unstable();
            list.dedup();
        }
        Self { first, families, groups }
    }

    /// Whether the same person, or the same group, leads both.
    pub fn lead(&self, other: &Self) -> Lead {
        match (&self.first, &other.first) {
            (Some(one), Some(two)) if one.fits(two) => Lead::Same,
            (Some(_), Some(_)) => Lead::Other,
            // A byline of two collaborations goes with that of one of them.
            _ if !self.groups.is_empty() && !other.groups.is_empty() => {
                if overlap(&self.groups, &other.groups) >= 0.5 {
                    Lead::Same
                } else {
                    Lead::Other
                }
            }
            (None, None) => Lead::Unknown,
            _ if self.groups.is_empty() && other.groups.is_empty() => Lead::Unknown,
            _ => Lead::GroupOrPersons,
        }
    }

    /// What the leader's name is found by, in whatever spelling.
    pub fn leader(&self) -> Option<u64> {
        self.first.as_ref().map(Name::shared).or_else(|| self.groups.first().copied())
    }

    /// Whether both name the same persons, as far as looked at.
    pub fn has_same_persons(&self, other: &Self) -> bool {
        self.families == other.families
    }

    /// How many family names are known.
    pub const fn len(&self) -> usize {
        self.families.len()
    }

    /// The share of the shorter byline that is in the longer one, 0 to 1; 0 when one is empty. Groups do not count.
    pub fn overlap(&self, other: &Self) -> f64 {
        overlap(&self.families, &other.families)
    }
}

/// Whether the name is known to be that of a group; a source that splits a name takes it for a person's.
fn is_group(author: &Author) -> bool {
    author.family.is_none() && author.given.is_none() && names::is_group(&author.name)
}

/// Words that any group's name may have.
fn is_any_groups(word: &str) -> bool {
    matches!(word, "the" | "a" | "an" | "of" | "for" | "and" | "on" | "in" | "at" | "behalf") || names::is_group(word)
}

/// The share of the shorter of two sorted lists that is in the longer one, 0 to 1; 0 when one is empty.
fn overlap(one: &[u64], other: &[u64]) -> f64 {
    let shorter = one.len().min(other.len());
    if shorter == 0 {
        return 0.0;
    }
    let common = one.iter().filter(|name| other.binary_search(name).is_ok()).count();
    #[expect(clippy::cast_precision_loss, reason = "at most MOST_AUTHORS, or a few words")]
    let share = common as f64 / shorter as f64;
    share
}

/// Family name and given names of "Ada Lovelace", "Lovelace, Ada" or "Lovelace A".
fn parts(name: &str) -> (&str, &str) {
    let name = name.trim();
    if let Some((family, given)) = name.split_once(',') {
        return (family, given);
    }
    match name.rsplit_once(char::is_whitespace) {
        Some((rest, end)) if end.chars().count() <= 3 && end.chars().all(char::is_uppercase) => (rest, end),
        Some((given, family)) => (family, given),
        None => (name, ""),
    }
}

/// Calls `f` with every word, in lowercase letters without accents. At the end they stand in `letters`, side by side.
fn each_word(text: &str, letters: &mut String, mut f: impl FnMut(&str)) {
    letters.clear();
    let mut start = 0;
    let mut end_of_word = |letters: &str| {
        if start < letters.len() {
            f(&letters[start..]);
            start = letters.len();
        }
    };
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            letters.push(letter.to_ascii_lowercase());
        } else if letter.is_ascii() {
            // An apostrophe belongs to its word: O'Neill.
            if letter != '\'' {
                end_of_word(letters);
            }
        } else if !matches!(letter, '’' | '‘' | 'ʼ') {
            push_plain(letters, letter);
            if !letter.is_alphanumeric() {
                end_of_word(letters);
            }
        }
    }
    end_of_word(letters);
}

fn push_plain(word: &mut String, letter: char) {
    match letter {
        'ø' | 'Ø' => word.push('o'),
        'ł' | 'Ł' => word.push('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => word.push('d'),
        'ı' => word.push('i'),
        'ß' => word.push_str("ss"),
        'æ' | 'Æ' => word.push_str("ae"),
        'œ' | 'Œ' => word.push_str("oe"),
        'þ' | 'Þ' => word.push_str("th"),
        _ => decompose_compatible(letter, |part| {
            if part.is_alphanumeric() {
                word.extend(part.to_lowercase());
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::read(&Author { name: text.into(), ..Author::default() }, &mut String::new()).unwrap()
    }

    fn parted(given: &str, family: &str) -> Name {
        let author = Author { given: Some(given.into()), family: Some(family.into()), ..Author::default() };
        Name::read(&author, &mut String::new()).unwrap()
    }

    #[test]
    fn one_person_is_known_by_many_spellings() {
        for (one, other) in [
            (name("Jennifer A. Doudna"), name("Doudna JA")),
            (name("Doudna, Jennifer"), parted("J. A.", "Doudna")),
            (name("Laurens van der Maaten"), parted("L", "van der Maaten")),
            (name("Bernhard Schölkopf"), parted("B.", "Scholkopf")),
            (name("Zhang Wei"), name("Wei Zhang")),
            (parted("", "O’Neill"), name("Brian O'Neill")),
            (name("Paweł Łęcki"), parted("Pawel", "Lecki")),
        ] {
            assert!(one.fits(&other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn different_people_do_not_fit() {
        assert!(!name("John Smith").fits(&name("Anna Smith")));
        assert!(!name("John Smith").fits(&name("John Smythe")));
    }

    #[test]
    fn a_name_without_letters_is_no_name() {
        assert_eq!(Name::read(&Author { name: " .,- ".into(), ..Author::default() }, &mut String::new()), None);
        assert_eq!(Name::read(&Author::default(), &mut String::new()), None);
    }

    fn byline(names: &[&str]) -> Byline {
        let authors: Vec<Author> = names.iter().filter_map(|name| crate::names::displayed(name)).collect();
        Byline::read(&authors)
    }

    #[test]
    fn bylines_overlap_by_the_share_of_the_shorter() {
        let all = byline(&["Ada Lovelace", "Charles Babbage", "Luigi Menabrea"]);
        assert!((byline(&["A Lovelace", "Grace Hopper"]).overlap(&all) - 0.5).abs() < 1e-9);
        assert!(byline(&[]).overlap(&all).abs() < 1e-9);
    }

    #[test]
    fn a_group_beside_persons_leads_nobody() {
        let before =
            byline(&["The LIGO Scientific Collaboration", "the Virgo Collaboration", "B. P. Abbott", "R. Abbott"]);
        let behind = byline(&["B. P. Abbott", "R. Abbott", "LIGO Scientific Collaboration and Virgo Collaboration"]);
        assert_eq!(before.lead(&behind), Lead::Same);
        assert!(before.has_same_persons(&behind));
        assert_eq!(before.lead(&byline(&["R. Aaij", "LHCb Collaboration"])), Lead::Other);
    }

    #[test]
    fn groups_are_told_apart_by_what_is_not_in_every_groups_name() {
        let atlas = byline(&["The ATLAS Collaboration"]);
        assert_eq!(atlas.lead(&byline(&["ATLAS Collaboration"])), Lead::Same);
        assert_eq!(atlas.lead(&byline(&["The CMS Collaboration"])), Lead::Other);
        assert_eq!(atlas.lead(&byline(&["ATLAS Collaboration", "CMS Collaboration"])), Lead::Same);
        assert_eq!(atlas.lead(&byline(&["G. Aad", "ATLAS Collaboration"])), Lead::Same);
        assert_eq!(atlas.lead(&byline(&["S. Chatrchyan", "CMS Collaboration"])), Lead::Other);
    }

    #[test]
    fn a_group_may_be_the_persons_of_another_byline() {
        let atlas = byline(&["The ATLAS Collaboration"]);
        assert_eq!(atlas.lead(&byline(&["G. Aad", "T. Abajyan"])), Lead::GroupOrPersons);
        assert_eq!(atlas.lead(&byline(&[])), Lead::Unknown);
        assert_eq!(byline(&["The Study Group"]).lead(&atlas), Lead::Unknown);
        assert_eq!(byline(&["Study Group"]).leader(), None);
    }
}
