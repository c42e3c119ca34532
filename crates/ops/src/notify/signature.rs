//! How a receiver tells that a notice is one of ours, and not one of long ago.

use chrono::{DateTime, Utc};
use ring::hmac;

/// The header with the signature: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hexadecimal>`.
pub const SIGNATURE: &str = "pake-signature";

/// What stands in the header. The time is signed too, so that what somebody recorded is not taken for new.
pub fn signature(secret: &[u8], at: DateTime<Utc>, body: &[u8]) -> String {
    let seconds = at.timestamp().to_string();
    let mut signed = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    signed.update(seconds.as_bytes());
    signed.update(b".");
    signed.update(body);
    format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(signed.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_other_programs_make_of_it() {
        // printf '1800000000.{"occasion":"start"}' | openssl dgst -sha256 -hmac swordfish
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let made = signature(b"swordfish", at, br#"{"occasion":"start"}"#);
        assert_eq!(made, "t=1800000000,v1=050c10cd06b4f4e64ba65a6130307db00d07f6f373a75de8a0b478f6bc90c8d0");
    }
}
