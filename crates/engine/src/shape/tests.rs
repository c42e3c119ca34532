use proptest::prelude::*;

use super::*;

fn shape(body: &str) -> Shape {
    Shape::of(body.as_bytes(), &[]).unwrap()
}

fn shown(shape: &Shape) -> Vec<String> {
    shape.fields.iter().map(|(path, kinds)| format!("{path}: {kinds:?}")).collect()
}

/// What is different between two bodies: lost, changed, missing, new.
fn between(recorded: &str, live: &str, required: &[&str]) -> [String; 4] {
    let difference = Difference::between(&shape(recorded), &shape(live), required);
    let changed: Vec<_> = difference.changed.iter().map(|change| change.field.as_str()).collect();
    [difference.lost.join(","), changed.join(","), difference.missing.join(","), difference.new.join(",")]
}

const NOTHING: [&str; 4] = ["", "", "", ""];

#[test]
fn the_elements_of_a_list_share_a_path_and_a_field_keeps_all_kinds_that_it_was_seen_with() {
    let json = r#"{"n":1,"items":[{"t":"a","o":{"x":true}},{"t":null},{"t":["b"]},7],"none":[]}"#;
    assert_eq!(
        shown(&shape(json)),
        [
            ": {Object}",
            "items: {List}",
            "items[]: {Number, Object}",
            "items[].o: {Object}",
            "items[].o.x: {Boolean}",
            "items[].t: {Nothing, Text, List}",
            "items[].t[]: {Text}",
            "n: {Number}",
            "none: {List}",
        ]
    );
    assert_eq!(shown(&shape("\u{feff} [[1]]")), [": {List}", "[]: {List}", "[][]: {Number}"]);
}

#[test]
fn the_elements_of_one_name_share_a_path_and_attributes_have_one() {
    let xml = "<?xml version='1.0'?><feed xmlns='u'><e><t>a</t><link href='x' x:rel='y'/></e><e><t/><t>a<i>b</i></t></e></feed>";
    assert_eq!(
        shown(&shape(xml)),
        [
            ": {Object}",
            "feed: {Object}",
            "feed.e: {Object}",
            "feed.e.link: {Nothing, Object}",
            "feed.e.link@href: {Text}",
            "feed.e.link@rel: {Text}",
            "feed.e.t: {Nothing, Text, Object}",
            "feed.e.t.i: {Text}",
        ]
    );
}

#[test]
fn what_is_inside_of_opaque_fields_is_data() {
    let json = Shape::of(br#"{"index":{"lamp":[1],"light":[2]}}"#, &["index"]).unwrap();
    assert_eq!(shown(&json), [": {Object}", "index: {Object}"]);
    let xml = Shape::of(b"<r><t>a <i>b</i> c</t><t/></r>", &["r.t"]).unwrap();
    assert_eq!(shown(&xml), [": {Object}", "r: {Object}", "r.t: {Nothing, Text}"]);
}

#[test]
fn what_is_neither_has_no_shape() {
    for body in ["", "Rate exceeded.", "<html>", "{", "<r><a></r>", "[1"] {
        assert_eq!(Shape::of(body.as_bytes(), &[]).unwrap_err().code(), "malformed", "{body}");
    }
    let many = (0..20_000).map(|n| format!("\"f{n}\":1")).collect::<Vec<_>>().join(",");
    let many = format!("{{{many}}}");
    assert_eq!(shape(&many).fields.len(), MAX_FIELDS);
}

#[test]
fn a_field_that_some_record_has_is_not_missed() {
    let recorded = r#"{"items":[{"id":1,"doi":"x","year":2024}]}"#;
    assert_eq!(between(recorded, r#"{"items":[{"id":1},{"id":2,"doi":"y"},{"year":3}]}"#, &["items[].id"]), NOTHING);
}

#[test]
fn a_field_that_no_record_has_is_told_and_lost_when_records_need_it() {
    let recorded = r#"{"items":[{"id":1,"doi":"x","year":2024}]}"#;
    let live = r#"{"items":[{"key":1,"doi":null},{"key":2}]}"#;
    let required = ["items[].id", "items[].doi"];
    let [lost, changed, missing, new] = between(recorded, live, &required);
    assert_eq!((lost.as_str(), missing.as_str()), ("items[].doi,items[].id", "items[].year"));
    assert_eq!((changed.as_str(), new.as_str()), ("", "items[].key (a number)"));
}

#[test]
fn only_the_outermost_field_that_is_missing_is_told() {
    let recorded = r#"{"message":{"items":[{"a":{"b":{"c":1}}}],"total":5}}"#;
    assert_eq!(
        between(recorded, r#"{"message":{"items":[{}],"total":1}}"#, &["message.items[].a.b.c"])[0],
        "message.items[].a"
    );
    assert_eq!(
        between(recorded, r#"{"data":{}}"#, &["message.items[].a.b.c"]),
        ["message", "", "", "data (an object)"]
    );
    assert_eq!(between("<r><a><b>1</b></a></r>", "<s/>", &["r.a.b"])[0], "r");
}

#[test]
fn nothing_is_known_of_what_would_be_in_an_empty_list() {
    let recorded = r#"{"items":[{"id":1,"authors":[{"name":"a"}]}]}"#;
    let required = ["items[].id", "items[].authors[].name"];
    assert_eq!(between(recorded, r#"{"items":[]}"#, &required), NOTHING);
    assert_eq!(between(recorded, r#"{"items":[{"id":1,"authors":[]}]}"#, &required), NOTHING);
}

#[test]
fn a_field_of_another_kind_is_changed_and_one_of_several_kinds_is_not() {
    let recorded =
        r#"{"items":[{"title":["a"],"year":"2024","pages":null,"publisher":"x"},{"publisher":{"name":"y"}}]}"#;
    let [lost, changed, missing, new] = between(
        recorded,
        r#"{"items":[{"title":"a","year":"2024","pages":5,"publisher":{"name":"y"}},{"year":2025}]}"#,
        &["items[].title[]"],
    );
    assert_eq!((lost.as_str(), missing.as_str()), ("", ""));
    assert_eq!((changed.as_str(), new.as_str()), ("items[].title", "items[].year (a number)"));
}

#[test]
fn what_is_wrong_is_said_in_sentences() {
    let difference = Difference::between(&shape(r#"{"id":1,"t":["a"]}"#), &shape(r#"{"t":"a"}"#), &["id"]);
    assert!(!difference.is_harmless());
    assert_eq!(difference.problems(), ["`id` is missing in every record", "`t` was a list and is a text"]);
    assert!(
        Difference { missing: vec!["x".to_owned()], new: vec!["y".to_owned()], ..Difference::default() }.is_harmless()
    );
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(one in "[{}\\[\\]\",:a1<>/=&; ]{0,60}", other in "[{}\\[\\]\",:a1<>/=&; ]{0,60}") {
        if let (Ok(one), Ok(other)) = (Shape::of(one.as_bytes(), &["a"]), Shape::of(other.as_bytes(), &[])) {
            let _ = Difference::between(&one, &other, &["a[].a", "", "[]@a"]).problems();
        }
    }
}
