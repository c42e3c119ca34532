//! Made-up papers for the carried stand-in: numbered, the same in each run, with titles and abstracts of usual length.

use std::fmt::Write;

const WORDS: [&str; 96] = [
    "acute",
    "adaptive",
    "analysis",
    "antibody",
    "asthma",
    "atlas",
    "attention",
    "bacterial",
    "bayesian",
    "binding",
    "cardiac",
    "cell",
    "chronic",
    "clinical",
    "cohort",
    "collisions",
    "control",
    "cortex",
    "crispr",
    "dark",
    "deep",
    "detection",
    "diabetes",
    "diffusion",
    "disease",
    "dose",
    "editing",
    "effect",
    "electron",
    "energy",
    "enzyme",
    "evidence",
    "evolution",
    "expression",
    "factor",
    "field",
    "gene",
    "genome",
    "glucose",
    "graph",
    "growth",
    "heart",
    "human",
    "imaging",
    "immune",
    "infection",
    "inhibitor",
    "insulin",
    "kinase",
    "language",
    "large",
    "lattice",
    "learning",
    "lipid",
    "liver",
    "matter",
    "membrane",
    "metabolic",
    "model",
    "molecular",
    "network",
    "neural",
    "neurons",
    "oral",
    "outcomes",
    "oxidative",
    "patients",
    "phase",
    "placebo",
    "plasma",
    "policy",
    "prediction",
    "pressure",
    "protein",
    "quantum",
    "random",
    "receptor",
    "regression",
    "renal",
    "response",
    "risk",
    "sequence",
    "signal",
    "sparse",
    "statin",
    "stochastic",
    "structure",
    "study",
    "survival",
    "therapy",
    "tissue",
    "transfer",
    "transformer",
    "trial",
    "tumour",
    "vaccine",
];
const NAMES: [&str; 24] = [
    "Lichtmann",
    "García",
    "Okafor",
    "Nguyen",
    "Smith",
    "Rossi",
    "Kowalski",
    "Tanaka",
    "Müller",
    "Haddad",
    "Silva",
    "Ivanova",
    "Chen",
    "Kim",
    "Larsen",
    "Dubois",
    "Novak",
    "Mensah",
    "Patel",
    "Johansson",
    "Costa",
    "Yilmaz",
    "Moreau",
    "Schmidt",
];

/// A paper.
#[derive(Debug)]
pub struct Paper {
    /// Names it: the same number is the same paper.
    pub number: u64,
    /// Its title; no two papers have the same.
    pub title: String,
    /// Its abstract.
    pub summary: String,
    /// Given name and family name.
    pub authors: Vec<(String, &'static str)>,
    /// Year of publication.
    pub year: u64,
}

/// Numbers that look random and are the same in each run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let place = self.next() % words.len() as u64;
        usize::try_from(place).ok().and_then(|place| words.get(place)).unwrap_or(&"x")
    }

    fn sentence(&mut self, words: u64) -> String {
        let mut text = String::new();
        for _ in 0..words {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(self.one_of(&WORDS));
        }
        text
    }
}

/// The paper of this number.
pub fn paper(number: u64) -> Paper {
    let mut dice = Dice(number);
    let mut title = dice.sentence(9);
    // The number in words, so that no two titles are alike.
    let mut rest = number;
    while rest > 0 {
        let _ = write!(title, " {}", WORDS[usize::try_from(rest % 96).unwrap_or(0)]);
        rest /= 96;
    }
    let summary = (0..9).map(|_| format!("{}.", dice.sentence(20))).collect::<Vec<_>>().join(" ");
    let authors = (0..2 + dice.next() % 5)
        .map(|_| (format!("{}.", char::from(b'A' + u8::try_from(dice.next() % 26).unwrap_or(0))), dice.one_of(&NAMES)))
        .collect();
    Paper { number, title, summary, authors, year: 1990 + dice.next() % 36 }
}

/// What can be asked.
pub fn queries() -> Vec<String> {
    (0..500).map(|number| Dice(number ^ 0xABCD).sentence(3)).collect()
}
