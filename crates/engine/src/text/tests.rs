use proptest::prelude::*;

use super::*;

#[test]
fn plain_text_passes_unchanged() {
    assert_eq!(plain("Deep learning"), "Deep learning");
    assert_eq!(plain("0"), "0");
    assert_eq!(plain(""), "");
}

/// What [`tidy`] does, letter by letter.
fn tidied_by_letters(text: &str) -> String {
    let mut tidied = String::new();
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = true;
        } else if !is_dropped(c) {
            if space && !tidied.is_empty() {
                tidied.push(' ');
            }
            space = false;
            tidied.push(c);
        }
    }
    tidied.nfc().collect()
}

proptest! {
    #[test]
    fn words_are_tidied_as_their_letters_are(text in "([a-z<&.]{0,5}|[ \\t\u{a0}]{1,2}|\\PC|\u{301}|\u{200b}|\\x00){0,20}") {
        prop_assert_eq!(tidy(&text), tidied_by_letters(&text));
    }
}

proptest! {
    #[test]
    fn texts_are_the_same_but_for_capitals_when_they_are_in_small_letters(
        one in "[abABkKéÉ\u{212a}\u{130}i]{0,3}",
        other in "[abABkKéÉ\u{212a}\u{130}i]{0,3}",
    ) {
        prop_assert_eq!(same_but_case(&one, &other), one.to_lowercase() == other.to_lowercase());
    }
}

#[test]
fn texts_that_differ_in_capitals_are_the_same() {
    assert!(same_but_case("Mice", "mICE") && same_but_case("ÉTUDE", "étude") && same_but_case("", ""));
    assert!(!same_but_case("mice", "micé") && !same_but_case("a", "ab"));
}

#[test]
fn inline_tags_vanish_and_block_tags_part() {
    assert_eq!(plain("H<sub>2</sub>O and <i>E. coli</i>"), "H2O and E. coli");
    assert_eq!(plain("<p>One.</p><p>Two.</p>"), "One. Two.");
    assert_eq!(plain("a<br/>b<BR>c<div class='x'>d</div>e"), "a b c d e");
    assert_eq!(plain("10<sup>−3</sup> m"), "10−3 m");
}

#[test]
fn the_heading_abstract_is_dropped_and_others_get_a_colon() {
    let jats = "<jats:title>Abstract</jats:title><jats:sec><jats:title>Background</jats:title><jats:p>We \
                did.</jats:p></jats:sec><jats:sec><jats:title>Results:</jats:title><jats:p>It worked.</jats:p></jats:sec>";
    assert_eq!(plain(jats), "Background: We did. Results: It worked.");
    assert_eq!(plain("<title>ABSTRACT</title><p>Abstract art is old.</p>"), "Abstract art is old.");
    assert_eq!(plain("<h4>Methods</h4>We did."), "Methods: We did.");
    assert_eq!(plain("<h4>Methods"), "Methods:");
}

#[test]
fn a_less_than_sign_stays() {
    for text in [
        "p < 0.05",
        "p<0.05 and q>1",
        "a <- b",
        "x<y and z",
        "1 <",
        "<",
        "<>",
        "</>",
        "< b>",
        "i <3 you",
        "<x>",
        "a <b and c> d",
    ] {
        assert_eq!(plain(text), text, "{text}");
    }
}

#[test]
fn entities_are_decoded_even_when_escaped_twice() {
    assert_eq!(plain("A &amp; B &lt; C &#945; &#x3b1; &alpha; &nbsp; &eacute;"), "A & B < C α α α é");
    assert_eq!(plain("Q&amp;amp;A"), "Q&A");
    assert_eq!(plain("&lt;i&gt;Homo&lt;/i&gt; &amp;lt;b&amp;gt;"), "Homo <b>");
    assert_eq!(plain("AT&T & co; &unknown; &; &#; &#xffffffff; &#0;"), "AT&T & co; &unknown; &; &#; &#xffffffff; &#0;");
    assert_eq!(plain("p &lt; 0.05"), "p < 0.05");
}

#[test]
fn text_of_xml_keeps_what_only_looks_like_a_tag() {
    assert_eq!(unescaped(" mean &lt;p&gt; of\n $x&lt;y$ &amp; &#945; "), "mean <p> of $x<y$ & α");
    assert_eq!(unescaped("a <b>bold</b> &amp; <![CDATA[raw]]>"), "a bold & raw");
    assert_eq!(plain("<td nowrap>x</td><hr / >"), "x");
}

#[test]
fn a_formula_is_written_once() {
    let jats = "Let <inline-formula><alternatives><tex-math>\\documentclass{x}$x^2$</tex-math><mml:math \
                alttext=\"x > 2\"><mml:msup><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math></alternatives>\
                </inline-formula> be.";
    assert_eq!(plain(jats), "Let x2 be.");
    assert_eq!(plain("<tex-math>x^2</tex-math>"), "x^2", "the only writing is kept");
    assert_eq!(plain("<math><mi>x</mi><annotation encoding=\"tex\">x</annotation></math>"), "x");
}

#[test]
fn scripts_comments_and_styles_are_left_out() {
    assert_eq!(plain("a<script>if (a<b) alert('x')</script>b<!-- <p>no</p> -->c<style>p{}</style>d"), "abcd");
    assert_eq!(plain("<![CDATA[x < y]]><?php echo ?><!DOCTYPE html>z"), "x < yz");
    assert_eq!(plain("a <!-- never closed"), "a <!-- never closed");
    assert_eq!(plain("a<script>alert(1)"), "a");
}

#[test]
fn broken_markup_gives_what_can_be_read() {
    assert_eq!(plain("<p>a<b>c"), "ac");
    assert_eq!(plain("a<b"), "a<b");
    assert_eq!(plain("</p></p></alternatives>a"), "a");
    assert_eq!(plain("<a href=\"x>y\">z</a>"), "z");
    assert_eq!(plain("<a href=\"x>y<b>z</b>"), "yz", "quotes that never close end at the first >");
    assert_eq!(plain("<unknown attr=1>x</unknown>"), "x");
    assert_eq!(plain("Ünï<i>cödé</i> &é; <é>"), "Ünïcödé &é; <é>");
}

#[test]
fn hostile_markup_takes_linear_time() {
    for piece in
        ["<", "<a", "<a '", "<!--", "<![CDATA[", "<?", "&", "&amp", "<a \"<a '", "<script>", "<h1>", "<p>", "</"]
    {
        let text = piece.repeat(200_000);
        assert!(plain(&text).len() <= text.len() + 1_000_000, "{piece}");
    }
}

#[test]
fn white_space_and_invisible_characters_are_tidied() {
    assert_eq!(tidy("  a\n\t b\u{a0}\u{2009}c \r\n"), "a b c");
    assert_eq!(tidy("a\0b\u{202e}c\u{2066}d\u{feff}e\u{200b}f\u{ad}g"), "abcdefg");
    assert_eq!(tidy("\u{202e}"), "");
    assert_eq!(tidy("e\u{301}"), "é", "NFC");
    assert_eq!(tidy("می\u{200c}خواهم"), "می\u{200c}خواهم", "the non-joiner is spelling");
    assert_eq!(tidy("👩\u{200d}🔬"), "👩\u{200d}🔬", "the joiner makes the picture");
    assert_eq!(tidy(" "), "");
    assert_eq!(tidy_some(" \u{202e} "), None);
    assert_eq!(tidy_some("0").as_deref(), Some("0"));
    assert_eq!(plain_some("<p></p>"), None);
}

#[test]
fn messages_are_shortened_at_characters() {
    assert_eq!(shortened("äöü", 3), "äöü");
    assert_eq!(shortened("äöü", 2), "äö…");
    assert_eq!(shortened("a b", 2), "a…");
}

#[test]
fn the_hash_is_short_and_follows_the_bytes() {
    assert_eq!(raw_hash(b""), "0000000000000000");
    assert_eq!(raw_hash(b"123456789"), "cbf4392600000009", "the check value of CRC-32, and the length");
    assert_eq!(raw_hash(b"a"), raw_hash(b"a"));
    assert_ne!(raw_hash(b"a"), raw_hash(b"b"));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in any::<String>()) {
        let _ = (plain(&text), tidy(&text), shortened(&text, 5));
    }

    #[test]
    fn markup_in_any_disorder_does_not_make_it_panic(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<p>", "</p>", "<i", ">", "<", "&", "amp;", "&#x", "12;", "\"", "'", "<!--", "-->", "<![CDATA[", "]]>",
                "<script>", "</script>", "<h1>", "</h1>", "Abstract", " ", "é", "<alternatives>", "</alternatives>",
                "<tex-math>", "</tex-math>", "/", "=",
            ]),
            0..40,
        )
    ) {
        let text = plain(&pieces.concat()).into_owned();
        prop_assert_eq!(tidy(&text), &*text);
    }

    #[test]
    fn tidying_twice_changes_nothing(text in any::<String>()) {
        let once = tidy(&text).into_owned();
        prop_assert_eq!(tidy(&once), &*once);
    }
}
