//! An authenticator without a finger: keeps passkeys (ECDSA over P-256) and shows them to whoever asks.

use data_encoding::BASE64URL_NOPAD;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// Somebody was there, and it was the owner.
const PRESENT_AND_VERIFIED: u8 = 0b101;
/// There is a new key in what is told.
const WITH_KEY: u8 = 0b100_0000;

/// A passkey in the authenticator.
pub struct Key {
    id: Vec<u8>,
    pair: EcdsaKeyPair,
    user: Value,
    /// How often it was used.
    pub counter: u32,
}

/// Does what a browser and an authenticator do that are asked to make a passkey for a page of `origin`.
pub fn make(options: &Value, origin: &str) -> (Key, Value) {
    let options = &options["publicKey"];
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let id = digest(&SHA256, pair.public_key().as_ref()).as_ref().to_vec();
    let key = Key { id, pair, user: options["user"]["id"].clone(), counter: 0 };
    let mut data = told(options["rp"]["id"].as_str().unwrap(), PRESENT_AND_VERIFIED | WITH_KEY, 0);
    data.extend([0; 16]);
    data.extend(u16::try_from(key.id.len()).unwrap().to_be_bytes());
    data.extend(&key.id);
    // The key as COSE has it: kty EC2, alg ES256, crv P-256, x, y.
    let point = key.pair.public_key().as_ref();
    data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
    data.extend(&point[1..33]);
    data.extend([0x22, 0x58, 32]);
    data.extend(&point[33..]);
    // {"fmt": "none", "attStmt": {}, "authData": …}
    let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
    attestation.push(u8::try_from(data.len()).unwrap());
    attestation.extend(data);
    let client = client_data("webauthn.create", options, origin);
    let answer = json!({
        "id": text(&key.id),
        "rawId": text(&key.id),
        "type": "public-key",
        "response": { "attestationObject": text(&attestation), "clientDataJSON": text(client.as_bytes()) },
        "clientExtensionResults": {},
    });
    (key, answer)
}

impl Key {
    /// Does what a browser and an authenticator do that are asked for a passkey by a page of `origin`.
    pub fn show(&mut self, options: &Value, origin: &str) -> Value {
        self.counter += 1;
        let options = &options["publicKey"];
        let data = told(options["rpId"].as_str().unwrap(), PRESENT_AND_VERIFIED, self.counter);
        let client = client_data("webauthn.get", options, origin);
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": text(&self.id),
            "rawId": text(&self.id),
            "type": "public-key",
            "response": {
                "authenticatorData": text(&data),
                "clientDataJSON": text(client.as_bytes()),
                "signature": text(signature.as_ref()),
                "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
    }
}

/// What an authenticator tells of itself.
fn told(name: &str, flags: u8, counter: u32) -> Vec<u8> {
    let mut data = digest(&SHA256, name.as_bytes()).as_ref().to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    data
}

fn client_data(kind: &str, options: &Value, origin: &str) -> String {
    json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false }).to_string()
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
