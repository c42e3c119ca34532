use std::fs;

use super::*;
use crate::testing::{certificate::Files, config};

#[test]
fn a_certificate_that_changes_is_taken_up_and_a_bad_one_leaves_the_old_one_in_use() {
    let mut files = Files::new();
    let certificates = Certificates::open(&files.config(config())).unwrap().unwrap();
    let in_use = || certificates.kept.read().unwrap().key.cert[0].clone();
    assert!(!certificates.renew().unwrap(), "nothing has changed");
    let first = files.certificate.clone();
    // A renewal that is half done: the key of one and the certificate of the other.
    let old_key = fs::read(files.key_file()).unwrap();
    files.renew();
    let new_key = fs::read(files.key_file()).unwrap();
    fs::write(files.key_file(), [&old_key[..], b"\n"].concat()).unwrap();
    let error = certificates.renew().unwrap_err().to_string();
    assert!(error.contains("tls.key_file") && error.contains("is not the key of the certificate"), "{error}");
    assert_eq!(in_use(), first);
    fs::write(files.key_file(), &new_key).unwrap();
    assert!(certificates.renew().unwrap());
    assert_eq!(in_use(), files.certificate);
    fs::remove_file(files.certificate_file()).unwrap();
    assert!(certificates.renew().is_err());
    assert_eq!(in_use(), files.certificate);
}

#[test]
fn what_is_wrong_with_the_files_is_told_with_the_setting_that_names_them() {
    let files = Files::new();
    let good = (fs::read(files.certificate_file()).unwrap(), fs::read(files.key_file()).unwrap());
    let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    for (certificate, key, setting, said) in [
        (b"".to_vec(), good.1.clone(), "tls.certificate_file", "holds none in PEM form"),
        (b"\xff\x00".to_vec(), good.1.clone(), "tls.certificate_file", "holds none in PEM form"),
        (good.1.clone(), good.1.clone(), "tls.certificate_file", "holds none in PEM form"),
        (garbage, good.1.clone(), "tls.certificate_file", "does not begin with an X.509 certificate"),
        (good.0.clone(), good.0.clone(), "tls.key_file", "holds none in PEM form"),
    ] {
        fs::write(files.certificate_file(), certificate).unwrap();
        fs::write(files.key_file(), key).unwrap();
        let error = Certificates::open(&files.config(config())).unwrap_err();
        assert_eq!(error.setting, setting, "{}", error.message);
        assert!(error.message.contains(said), "{}", error.message);
    }
    fs::remove_file(files.key_file()).unwrap();
    fs::write(files.certificate_file(), good.0).unwrap();
    let error = Certificates::open(&files.config(config())).unwrap_err();
    assert!(error.message.contains("cannot be read") && error.setting == "tls.key_file", "{}", error.message);
}

#[test]
fn without_files_there_is_no_tls() {
    assert!(Certificates::open(&config()).unwrap().is_none());
}
