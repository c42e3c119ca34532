//! Harness for the tests of the whole: the built binary, the public services it talks to, and the rules of the house.

pub mod authority;
pub mod bucket;
pub mod certbot;
pub mod curl;
pub mod events;
pub mod house;
pub mod http;
pub mod issuer;
pub mod mask;
pub mod nginx;
pub mod pake;
pub mod patience;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod redis_cluster;
pub mod redis_servers;
pub mod responder;
pub mod sentinel;
pub mod serving;
pub mod socket;
pub mod upstream;
