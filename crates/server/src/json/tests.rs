use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    String::from_utf8(to_vec(value).unwrap()).unwrap()
}

fn values() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..8).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Of all lengths around sixteen bytes, with one of what must be escaped here and there.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,40}", "[a-zé漢\u{1f600}]{0,20}([\"\\\\\u{0}-\u{1f}\u{7f}]?[a-z]{0,17}){0,2}", any::<String>()]
}

proptest! {
    #[test]
    fn the_same_bytes_as_serde_json_writes(value in values()) {
        prop_assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn each_byte_that_must_be_escaped_is_seen_wherever_it_stands(text in texts()) {
        let must = text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\');
        prop_assert_eq!(must_escape(text.as_bytes()), must);
    }
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct New(u8);

#[derive(Serialize)]
struct Pair(char, f32);

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    NoMore,
    New(Option<u8>),
    Pair(i128, bool),
    Named { first: &'static str, second: () },
}

#[derive(Serialize)]
struct All<'a> {
    #[serde(rename = "type")]
    kinds: [Kind; 4],
    unit: Unit,
    pair: (New, Pair),
    numbers: BTreeMap<u64, f64>,
    answers: BTreeMap<bool, Vec<Unit>>,
    day: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
    #[serde(flatten)]
    more: BTreeMap<&'a str, f32>,
}

struct Quoted;
impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str("say \"lamps\" and 漢")
    }
}

struct Bytes;
impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(b"\x00\xff")
    }
}

#[test]
fn every_form_of_value_is_written_as_serde_json_does() {
    let all = All {
        kinds: [Kind::NoMore, Kind::New(Some(7)), Kind::Pair(i128::MIN, true), Kind::Named { first: "\n", second: () }],
        unit: Unit,
        pair: (New(255), Pair('"', f32::NAN)),
        numbers: [(0, 0.0), (u64::MAX, -1e300)].into(),
        answers: [(false, vec![]), (true, vec![Unit, Unit])].into(),
        day: DateTime::from_timestamp(1_764_300_000, 5_000).unwrap(),
        missing: None,
        more: [("a", 1.0), ("b\"", f32::MIN_POSITIVE)].into(),
    };
    assert_eq!(written(&all), serde_json::to_string(&all).unwrap());
    assert_eq!(written(&serde_json::json!({})), "{}");
    assert_eq!(written(&[Quoted, Quoted]), serde_json::to_string(&[Quoted, Quoted]).unwrap());
    assert_eq!(written(&Bytes), "[0,255]");
}

#[test]
fn what_cannot_be_a_key_is_an_error() {
    for refused in
        [write(&mut Vec::new(), &BTreeMap::from([((), 1)])), write(&mut Vec::new(), &BTreeMap::from([([1], 1)]))]
    {
        assert!(refused.unwrap_err().to_string().contains("key must be a string"));
    }
}
