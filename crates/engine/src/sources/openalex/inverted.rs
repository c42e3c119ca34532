//! Abstracts at OpenAlex: each word with the places at which it stands.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor},
};

use super::super::lenient::Number;

/// Longest abstract that is put together, in bytes. A word may stand at very many places, and be very long.
const MAX_TEXT: usize = 64 << 10;

/// Different words of a usual abstract: so many have room from the start.
const USUAL_WORDS: usize = 128;

/// Most words that are placed.
const MAX_PLACES: usize = 20_000;

/// An abstract, taken apart.
#[derive(Default)]
pub(super) struct Inverted<'a> {
    words: Vec<Cow<'a, str>>,
    /// Place in the abstract, and index of the word that stands there.
    places: Vec<(u32, u32)>,
}

impl Inverted<'_> {
    /// The abstract, put together; gaps are closed.
    pub(super) fn text(&self) -> String {
        let order = self.in_order();
        let mut text = String::with_capacity(order.len() * 8);
        for word in order {
            let Some(word) = self.words.get(word as usize) else { continue };
            if text.len() + word.len() >= MAX_TEXT {
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// The words by their places, as indexes; those of different keys at one place in the order in which they came.
    fn in_order(&self) -> Vec<u32> {
        const EMPTY: u32 = u32::MAX;
        let end = self.places.iter().map(|(place, _)| *place as usize + 1).max().unwrap_or(0);
        // Usually each place has one word: then nothing is compared.
        if end <= 2 * self.places.len() {
            let mut words = vec![EMPTY; end];
            let free = |(place, word): &(u32, u32)| {
                words.get_mut(*place as usize).is_some_and(|slot| std::mem::replace(slot, *word) == EMPTY)
            };
            if self.places.iter().all(free) {
                words.retain(|word| *word != EMPTY);
                return words;
            }
        }
        let mut places = self.places.clone();
        places.sort_unstable();
        places.into_iter().map(|(_, word)| word).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Inverted<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (words, places) = (Vec::with_capacity(USUAL_WORDS), Vec::with_capacity(2 * USUAL_WORDS));
        deserializer.deserialize_map(Words(Inverted { words, places }))
    }
}

struct Words<'a>(Inverted<'a>);

/// A word, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Visitor<'de> for Words<'a> {
    type Value = Inverted<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words with their places")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Inverted<'a>, A::Error> {
        while let Some(Word(word)) = map.next_key()? {
            if self.0.places.len() >= MAX_PLACES {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let index = u32::try_from(self.0.words.len()).unwrap_or(u32::MAX);
            map.next_value_seed(Places { of: index, into: &mut self.0.places })?;
            self.0.words.push(word);
        }
        Ok(self.0)
    }
}

/// The places of one word, put beside those of the others: a list for each word would be most of the work. What is no
/// number is passed over, and a single number stands for a list of one.
struct Places<'p> {
    of: u32,
    into: &'p mut Vec<(u32, u32)>,
}

impl Places<'_> {
    fn put(&mut self, place: Number) {
        self.into.extend(place.count().map(|place| (place, self.of)));
    }
}

impl<'de> DeserializeSeed<'de> for Places<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Places<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("places")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let most = self.into.len() + MAX_PLACES;
        while self.into.len() < most
            && let Some(place) = list.next_element()?
        {
            self.put(place);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, place: u64) -> Result<(), E> {
        Number::deserialize(place.into_deserializer()).map(|place| self.put(place))
    }

    fn visit_i64<E: Error>(mut self, place: i64) -> Result<(), E> {
        Number::deserialize(place.into_deserializer()).map(|place| self.put(place))
    }

    fn visit_f64<E: Error>(mut self, place: f64) -> Result<(), E> {
        Number::deserialize(place.into_deserializer()).map(|place| self.put(place))
    }

    fn visit_str<E: Error>(mut self, place: &str) -> Result<(), E> {
        Number::deserialize(place.into_deserializer()).map(|place| self.put(place))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        serde_json::from_str::<Inverted<'_>>(json).unwrap().text()
    }

    #[test]
    fn words_are_put_back_in_their_places() {
        assert_eq!(
            text(r#"{"lamps":[1,4],"We":[0],"light":[2],"and":[3],"\u00e9":[5]}"#),
            "We lamps light and lamps é"
        );
    }

    #[test]
    fn gaps_close_and_what_is_no_place_is_passed_over() {
        assert_eq!(text(r#"{"b":[7,null,"x",-1],"a":[0],"c":null}"#), "a b");
        assert_eq!(text("{}"), "");
    }

    #[test]
    fn words_at_one_place_keep_their_order_and_far_places_take_no_room() {
        assert_eq!(text(r#"{"b":[1,0],"a":[1],"c":[0]}"#), "b c b a");
        assert_eq!(text(r#"{"b":[4294967295],"a":[4294967294]}"#), "a b");
    }

    #[test]
    fn a_word_at_a_million_places_stays_within_bounds() {
        let places = vec!["1"; 100_000].join(",");
        let long = "x".repeat(30_000);
        let json = format!("{{\"{long}\":[{places}],\"y\":[4294967295,1e300]}}");
        assert!(text(&json).len() <= MAX_TEXT);
    }
}
