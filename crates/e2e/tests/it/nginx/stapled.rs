//! What the authority says of the certificate (OCSP), which nginx asks for and shows with it.

use std::fs;

use e2e::{
    curl::NAME,
    nginx::{Nginx, missing},
    pake::Pake,
    patience::eventually,
    responder::{Responder, Signed, seen_with_status},
};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SerialNumber,
};

use crate::skipped;

const TEST: &str = "OCSP at nginx";
/// Of the certificate, in hexadecimal.
const SERIAL: &str = "2A00";
/// id-pe-authorityInfoAccess (RFC 5280, 4.2.2.1).
const AUTHORITY_INFO_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
/// id-ad-ocsp, in DER.
const BY_OCSP: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];

/// An authority, whoever answers for it, and the certificate that it gave.
struct Given {
    authority: Certificate,
    signer: (Certificate, KeyPair),
    leaf: (Certificate, KeyPair),
}

fn given(asked_at: &str) -> Given {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
    let key = KeyPair::generate().unwrap();
    let authority = root.self_signed(&key).unwrap();
    let issuer = Issuer::new(root, key);
    let mut answers = CertificateParams::new(Vec::new()).unwrap();
    answers.distinguished_name.push(rcgen::DnType::CommonName, "who answers for it");
    answers.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    let mut leaf = CertificateParams::new([NAME.to_owned()]).unwrap();
    leaf.serial_number = Some(SerialNumber::from(0x2a00_u64));
    let access = CustomExtension::from_oid_content(&AUTHORITY_INFO_ACCESS, access(asked_at));
    leaf.custom_extensions.push(access);
    let made = |params: CertificateParams| {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap(), key)
    };
    Given { signer: made(answers), leaf: made(leaf), authority }
}

/// Where OCSP is to be had: `SEQUENCE { SEQUENCE { id-ad-ocsp, [6] url } }`.
fn access(url: &str) -> Vec<u8> {
    let wrapped = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat();
    let description = [&BY_OCSP[..], &wrapped(0x86, url.as_bytes())].concat();
    wrapped(0x30, &wrapped(0x30, &description))
}

#[test]
fn what_the_authority_says_of_the_certificate_is_shown_with_it() {
    if let Some(program) = missing() {
        return skipped(TEST, &format!("{program} is not installed"));
    }
    let pake = Pake::new().unwrap();
    let mut responder = Responder::prepared().unwrap();
    let Given { authority, signer, leaf } = given(&responder.url());
    let [chain, key, trusted] = ["chain.pem", "chain.key", "authority.pem"].map(|name| pake.folder().join(name));
    fs::write(&chain, format!("{}{}", leaf.0.pem(), authority.pem())).unwrap();
    fs::write(&key, leaf.1.serialize_pem()).unwrap();
    fs::write(&trusted, authority.pem()).unwrap();
    let [shown, secret] = [&chain, &key].map(|file| file.display().to_string());
    let variables = [("PAKE_CERTIFICATE", shown.as_str()), ("PAKE_CERTIFICATE_KEY", &secret)];
    let nginx = Nginx::before(pake.folder(), &variables).unwrap();
    let seen = || seen_with_status(nginx.curl.https, NAME, &trusted).unwrap();

    // While nobody answers there, the certificate is good all the same.
    let without = seen();
    assert!(without.contains("OCSP response: no response sent"), "{without}");
    assert!(without.contains("Verify return code: 0 (ok)"), "{without}");
    drop(nginx);

    // Another one answers for the authority than itself, as with most: nginx looks whether it may.
    let (authority, signing, key) = (authority.pem(), signer.0.pem(), signer.1.serialize_pem());
    responder.vouch(SERIAL, Signed { authority: &authority, signer: &signing, key: &key }).unwrap();
    let nginx = Nginx::before(pake.folder(), &variables).unwrap();
    let seen = || seen_with_status(nginx.curl.https, NAME, &trusted).unwrap();
    let stapled = || Some(seen()).filter(|seen| seen.contains("OCSP Response Status: successful (0x0)"));
    let stapled = eventually("it is shown", stapled).unwrap();
    assert!(stapled.contains("Cert Status: good") && stapled.contains(SERIAL), "{stapled}");
    assert!(stapled.contains("Verify return code: 0 (ok)"), "{stapled}");
}
