//! HTML, JATS and MathML to plain text.
