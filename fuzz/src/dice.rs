//! Chance for mutations, from the seed that libFuzzer gives: the same seed makes the same mutation.

/// A source of small random numbers (SplitMix64).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Thrown the same way for the same seed.
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed))
    }

    /// A number below `bound`; 0 when there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut state = self.0;
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((state ^ (state >> 31)) >> 33).unwrap_or(0).checked_rem(bound).unwrap_or(0)
    }

    /// Yes, once in `bound` times.
    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Texts that have tripped parsers before.
pub const ODD: [&str; 28] = [
    "",
    " ",
    "\0",
    ".",
    "[]",
    "[.",
    "a .",
    "\u{202e}",
    "\u{200b}x",
    "e\u{301}",
    "\u{1d160}",
    "<i>x</i>",
    "&lt;b&gt;&amp;amp;",
    "&#x202e;&#13;&nbsp;",
    "<title>Abstract</title>",
    "<script>",
    "javascript:alert(1)",
    "http://",
    "//x",
    "https://doi.org/10.48550/arXiv.2101.00001v2",
    "10.1000/a#b?c%2f<d>",
    "PMC1234567",
    "2024-02-30",
    "99999999999999999999",
    "1e308",
    "0000-0002-1825-009X",
    "van der Berg, J. Jr.",
    "日本語",
];

/// `text` changed by libFuzzer, which knows what texts it was compared with.
pub fn text(text: &str, dice: &mut Dice) -> String {
    if dice.one_in(4) {
        let mut text = text.to_owned();
        let at = text.floor_char_boundary(dice.below(text.len() + 1));
        text.insert_str(at, dice.pick(&ODD));
        return text;
    }
    let mut bytes = text.as_bytes().to_vec();
    let size = bytes.len();
    let room = size + 64;
    bytes.resize(room, 0);
    let size = libfuzzer_sys::fuzzer_mutate(&mut bytes, size, room);
    bytes.truncate(size);
    String::from_utf8_lossy(&bytes).into_owned()
}
