//! Takes the tags out of HTML, JATS and MathML, and decodes entities. One pass, no tree, no recursion.

/// Longest entity that is looked for, in bytes between `&` and `;`; HTML's longest is 31.
const MAX_ENTITY: usize = 32;

/// What a tag does to the text around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing: it vanishes.
    Inline,
    /// It parts what is before it from what is behind.
    Block,
    /// It is the title of a section.
    Heading,
    /// What is in it is not for reading.
    Hidden,
    /// It holds several writings of one formula.
    Alternatives,
    /// A formula in TeX; left out when it is one of several writings.
    Tex,
}

/// What a tag with this (lowercase, prefixed) name does; `None` when it is not known to be one.
fn effect(name: &str) -> Option<Effect> {
    let local = name.strip_prefix("jats:").or_else(|| name.strip_prefix("mml:")).unwrap_or(name);
    Some(match local {
        "p" | "div" | "br" | "li" | "ul" | "ol" | "dl" | "dt" | "dd" | "sec" | "section" | "table" | "thead"
        | "tbody" | "tfoot" | "tr" | "td" | "th" | "hr" | "pre" | "blockquote" | "article" | "header" | "footer"
        | "main" | "aside" | "nav" | "figure" | "figcaption" | "caption" | "list" | "list-item" | "disp-formula"
        | "disp-quote" | "boxed-text" | "fig" | "table-wrap" | "break" | "abstract" | "trans-abstract" | "html"
        | "body" | "address" | "form" | "fieldset" | "option" | "select" | "summary" | "details" | "center"
        | "def-list" | "def-item" | "statement" | "mtr" | "mlabeledtr" => Effect::Block,
        "title" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Effect::Heading,
        "script" | "style" | "head" | "template" | "noscript" | "iframe" | "object" | "svg" | "annotation"
        | "annotation-xml" => Effect::Hidden,
        "alternatives" => Effect::Alternatives,
        "tex-math" => Effect::Tex,
        "a" | "abbr" | "acronym" | "audio" | "b" | "bdi" | "bdo" | "bold" | "big" | "button" | "canvas" | "cite"
        | "code" | "col" | "colgroup" | "data" | "del" | "dfn" | "em" | "email" | "embed" | "ext-link" | "fn"
        | "font" | "graphic" | "i" | "img" | "inf" | "inline-formula" | "inline-graphic" | "input" | "ins"
        | "italic" | "kbd" | "label" | "link" | "maction" | "map" | "mark" | "math" | "mathvariant" | "menclose"
        | "merror" | "meta" | "mfenced" | "mfrac" | "mi" | "mmultiscripts" | "mn" | "mo" | "monospace" | "mover"
        | "mpadded" | "mphantom" | "mprescripts" | "mroot" | "mrow" | "ms" | "mspace" | "msqrt" | "mstyle" | "msub"
        | "msubsup" | "msup" | "mtable" | "mtd" | "mtext" | "munder" | "munderover" | "named-content" | "overline"
        | "param" | "picture" | "q" | "rb" | "related-article" | "related-object" | "roman" | "rp" | "rt" | "ruby"
        | "s" | "samp" | "sans-serif" | "sc" | "scp" | "semantics" | "small" | "source" | "span" | "strike"
        | "strong" | "styled-content" | "sub" | "sup" | "textarea" | "time" | "tt" | "u" | "underline" | "uri"
        | "var" | "video" | "wbr" | "xref" => Effect::Inline,
        _ => return None,
    })
}

/// One tag: its place, its lowercase name and its form.
struct Tag {
    /// First byte behind it.
    end: usize,
    name: String,
    closing: bool,
    /// Ends in `/>`.
    empty: bool,
    /// Has attributes, or a name that only markup has.
    certain: bool,
    /// Behind the name stands what cannot be attributes: `<b and c>`.
    doubtful: bool,
}

/// The text of `markup`, and whether an entity in it gave `<` or `&` (so that it may be markup escaped once more).
pub(super) fn strip(markup: &str) -> (String, bool) {
    let mut stripper = Stripper { text: String::with_capacity(markup.len()), ..Stripper::default() };
    let mut at = 0;
    let bytes = markup.as_bytes();
    while let Some(rest) = markup.get(at..) {
        let plain = memchr::memchr2(b'<', b'&', rest.as_bytes()).unwrap_or(rest.len());
        stripper.say(rest.get(..plain).unwrap_or_default());
        at += plain;
        match bytes.get(at) {
            Some(b'&') => at = stripper.entity(markup, at),
            Some(_) => at = stripper.angle(markup, at),
            None => break,
        }
    }
    stripper.close_heading();
    (stripper.text, stripper.escaped)
}

#[derive(Default)]
struct Stripper {
    text: String,
    /// An entity gave `<` or `&`.
    escaped: bool,
    /// Name of the hidden element that we are in, and how many of that name are open.
    hidden: Option<(String, usize)>,
    /// Depth of `alternatives`.
    alternatives: usize,
    /// Where the open heading's text begins.
    heading: Option<usize>,
    /// No `-->`, `]]>` or `?>` was found once: none is further on either.
    unclosed: [bool; 3],
}

impl Stripper {
    fn say(&mut self, text: &str) {
        if self.hidden.is_none() {
            self.text.push_str(text);
        }
    }

    /// Decodes the entity at `at`, gives the place behind it.
    fn entity(&mut self, markup: &str, at: usize) -> usize {
        let window = markup.as_bytes().get(at + 1..).unwrap_or_default();
        let length = window.iter().take(MAX_ENTITY).position(|&byte| byte == b';');
        let entity = length.and_then(|length| markup.get(at..at + length + 2));
        let Some(entity) = entity else {
            self.say("&");
            return at + 1;
        };
        let decoded = html_escape::decode_html_entities(entity);
        if decoded == entity {
            self.say("&");
            return at + 1;
        }
        self.escaped |= matches!(&*decoded, "<" | "&");
        self.say(&decoded);
        at + entity.len()
    }

    /// Handles the `<` at `at`, gives the place behind what it began.
    fn angle(&mut self, markup: &str, at: usize) -> usize {
        let rest = markup.get(at..).unwrap_or_default();
        if self.hidden.is_none() {
            for (index, (open, close)) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")].into_iter().enumerate()
            {
                if rest.starts_with(open) && !self.unclosed[index] {
                    let inside = rest.get(open.len()..).unwrap_or_default();
                    let Some(length) = inside.find(close) else {
                        self.unclosed[index] = true;
                        break;
                    };
                    if open == "<![CDATA[" {
                        self.say(inside.get(..length).unwrap_or_default());
                    }
                    return at + open.len() + length + close.len();
                }
            }
        }
        if let Some(tag) = tag(markup, at) {
            let known = effect(&tag.name);
            if tag.certain || self.hidden.is_some() || known.is_some() && !tag.doubtful {
                self.tag(&tag, known.unwrap_or(Effect::Inline));
                return tag.end;
            }
        }
        self.say("<");
        at + 1
    }

    fn tag(&mut self, tag: &Tag, effect: Effect) {
        if let Some((name, depth)) = &mut self.hidden {
            if *name == tag.name && !tag.empty {
                *depth = if tag.closing { *depth - 1 } else { *depth + 1 };
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        match effect {
            Effect::Inline => {}
            Effect::Block => self.text.push(' '),
            Effect::Heading => {
                self.close_heading();
                self.text.push(' ');
                if !tag.closing && !tag.empty {
                    self.heading = Some(self.text.len());
                }
            }
            Effect::Alternatives if tag.closing => self.alternatives = self.alternatives.saturating_sub(1),
            Effect::Alternatives => self.alternatives += usize::from(!tag.empty),
            Effect::Tex if self.alternatives == 0 => {}
            Effect::Hidden | Effect::Tex => {
                if !tag.closing && !tag.empty {
                    self.hidden = Some((tag.name.clone(), 1));
                }
            }
        }
    }

    /// Puts a colon behind the heading that was open, or drops it when it only says "Abstract".
    fn close_heading(&mut self) {
        let Some(start) = self.heading.take() else { return };
        let heading = self.text.get(start..).unwrap_or_default().trim();
        if heading.trim_end_matches(['.', ':']).eq_ignore_ascii_case("abstract") {
            self.text.truncate(start);
        } else if heading.ends_with(char::is_alphanumeric) {
            let end = self.text.trim_end().len();
            self.text.truncate(end);
            self.text.push(':');
        }
    }
}

/// The tag that begins with the `<` at `at`, if one does: a letter behind it and a `>` before the next `<`.
fn tag(markup: &str, at: usize) -> Option<Tag> {
    let inside = markup.get(at + 1..)?;
    let (closing, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let doctype = inside.starts_with("!DOCTYPE") || inside.starts_with("!doctype");
    if !doctype && !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = tag_length(inside.as_bytes())?;
    let content = inside.get(..length)?;
    let name_end = content.bytes().position(|byte| byte.is_ascii_whitespace() || byte == b'/').unwrap_or(length);
    let name = content.get(..name_end)?;
    if !doctype && !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.')) {
        return None;
    }
    let attributes = content.get(name_end..)?;
    let valued = attributes.contains('=');
    let loose = attributes.split_ascii_whitespace().filter(|word| *word != "/").count();
    // `<td nowrap>` is a tag, `<b and c>` and `<i am>` are none.
    let doubtful = !valued && loose > usize::from(name.len() > 1);
    Some(Tag {
        end: at + 1 + usize::from(closing) + length + 1,
        name: name.to_ascii_lowercase(),
        closing,
        empty: content.ends_with('/'),
        certain: doctype || closing && name.len() > 1 || name.contains([':', '-']) || valued,
        doubtful,
    })
}

/// Bytes up to the `>` that ends the tag. A `>` in quotes does not end it, unless the quotes never close.
fn tag_length(inside: &[u8]) -> Option<usize> {
    let (mut quote, mut first) = (None, None);
    for (index, &byte) in inside.iter().enumerate() {
        match (byte, quote) {
            (b'<', _) => break,
            (b'>', None) => return Some(index),
            (b'>', Some(_)) => first = first.or(Some(index)),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if open == byte => quote = None,
            _ => {}
        }
    }
    first
}
