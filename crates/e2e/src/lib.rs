//! Harness for the tests of the whole: the built binary, the services it talks to, and the rules of the house.

pub mod house;
