//! Harness for the tests of the whole: the built binary, the public services it talks to, and the rules of the house.

pub mod house;
pub mod http;
pub mod pake;
pub mod upstream;
