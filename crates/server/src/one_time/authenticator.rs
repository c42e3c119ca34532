//! Codes of an authenticator app: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds, which is all that every
//! app understands.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use totp_rs::{Builder, Totp};

/// Length of the secret, in bytes: 160 bits, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// What an authenticator app and PAKE both know.
#[derive(Debug)]
pub struct Authenticator {
    secret: SecretBox<[u8; SECRET_BYTES]>,
}

/// What was kept is no secret of an authenticator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kept secret has {0} bytes instead of {SECRET_BYTES}")]
pub struct NoSecret(usize);

impl Authenticator {
    /// A new secret.
    pub fn draw(chance: &mut impl CryptoRng) -> Self {
        Self { secret: SecretBox::init_with_mut(|secret: &mut [u8; SECRET_BYTES]| chance.fill_bytes(secret)) }
    }

    /// The one of which this secret was kept.
    pub fn of(secret: &SecretSlice<u8>) -> Result<Self, NoSecret> {
        let secret = secret.expose_secret();
        let secret = secret.try_into().map_err(|_| NoSecret(secret.len()))?;
        Ok(Self { secret: SecretBox::new(Box::new(secret)) })
    }

    /// The secret, to be sealed and kept.
    pub fn secret(&self) -> &[u8] {
        self.secret.expose_secret()
    }

    /// The secret as people type it, where no camera reads the address: base32.
    pub fn typed(&self) -> SecretString {
        SecretString::from(BASE32_NOPAD.encode(self.secret()))
    }

    /// The address that an app reads from a picture: `otpauth://totp/…`. Nothing when no address can be made of the names.
    pub fn address(&self, issuer: &str, account: &str) -> Option<SecretString> {
        // A colon stands between the two names and must not be in them.
        let [issuer, account] = [issuer, account].map(|name| name.replace(':', " "));
        let totp = self.builder().with_issuer(Some(issuer)).with_account_name(account).build().ok()?;
        totp.to_url().ok().map(SecretString::from)
    }

    /// The step for which this code is good, when that is the present one or one of its neighbours: clocks differ. Steps
    /// count half minutes since 1970. Whoever accepts the code keeps its step, and never again accepts one that is not later.
    pub fn accepted_step(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let code: String = code.chars().filter(|char| !char.is_whitespace()).collect();
        let now = u64::try_from(now.timestamp()).ok()?;
        // Codes are compared in constant time.
        self.totp()?.check(&code, now).and_then(|step| i64::try_from(step).ok())
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(*self.secret.expose_secret())
    }

    fn totp(&self) -> Option<Totp> {
        self.builder().build().ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    fn of_rfc() -> Authenticator {
        Authenticator::of(&SecretSlice::from(b"12345678901234567890".to_vec())).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(seconds, 0).unwrap()
    }

    /// RFC 6238, appendix B: the last six of eight digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_the_rfc_and_tell_their_step() {
        for (seconds, code) in VECTORS {
            assert_eq!(of_rfc().accepted_step(code, at(seconds)), Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after_and_no_longer() {
        let (seconds, code) = VECTORS[3];
        let step = seconds / 30;
        for now in [step - 1, step, step + 1] {
            assert_eq!(of_rfc().accepted_step(code, at(now * 30)), Some(step));
            assert_eq!(of_rfc().accepted_step(code, at(now * 30 + 29)), Some(step));
        }
        for seconds in [(step - 1) * 30 - 1, (step + 2) * 30] {
            assert_eq!(of_rfc().accepted_step(code, at(seconds)), None);
        }
    }

    #[test]
    fn wrong_codes_are_refused_and_spaces_do_not_matter() {
        let (seconds, _) = VECTORS[3];
        for code in ["005925", "05924", "0005924", "5924", "", "00592٤", "+05924", "-05924", "00592a", "005924005924"]
        {
            assert_eq!(of_rfc().accepted_step(code, at(seconds)), None, "{code}");
        }
        assert_eq!(of_rfc().accepted_step(" 005 924\n", at(seconds)), Some(seconds / 30));
        assert_eq!(of_rfc().accepted_step("755224", at(-1)), None, "before there were steps");
        assert_eq!(of_rfc().accepted_step("755224", at(0)), Some(0), "the first code of RFC 4226");
    }

    #[test]
    fn the_secret_is_drawn_kept_and_found_again() {
        let drawn = Authenticator::draw(&mut StdRng::seed_from_u64(1));
        let other = Authenticator::draw(&mut StdRng::seed_from_u64(2));
        assert_ne!(drawn.secret(), other.secret());
        let kept = Authenticator::of(&SecretSlice::from(drawn.secret().to_vec())).unwrap();
        assert_eq!(kept.secret(), drawn.secret());
        assert_eq!(Authenticator::of(&SecretSlice::from(vec![1; 19])).unwrap_err(), NoSecret(19));
        assert_eq!(of_rfc().typed().expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(!format!("{:?}", of_rfc()).contains("49, 50, 51"), "{:?}", of_rfc());
    }

    #[test]
    fn the_address_is_one_that_apps_read() {
        let address = of_rfc().address("PAKE at Würzburg", "ada+1@example.org").unwrap();
        assert_eq!(
            address.expose_secret(),
            "otpauth://totp/PAKE%20at%20W%C3%BCrzburg:ada%2B1%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=PAKE%20at%20W%C3%BCrzburg"
        );
        for (issuer, account) in [("a:b", "c:d"), ("PAKE", "имя"), ("PAKE", "?&#/%"), ("", "x")] {
            let address = of_rfc().address(issuer, account).unwrap();
            let read = Totp::from_url(address.expose_secret()).unwrap();
            assert_eq!(read.account_name(), account.replace(':', " "));
            assert_eq!(read.secret().as_bytes(), of_rfc().secret());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_compared_without_a_panic(code in ".{0,20}", seconds in 0_i64..4_000_000_000) {
            let step = of_rfc().accepted_step(&code, at(seconds));
            prop_assert!(step.is_none_or(|step| (step - seconds / 30).abs() <= 1));
        }

        #[test]
        fn any_name_gives_an_address_or_none(issuer in ".{0,20}", account in ".{0,20}") {
            if let Some(address) = of_rfc().address(&issuer, &account) {
                prop_assert!(address.expose_secret().starts_with("otpauth://totp/"));
                prop_assert!(address.expose_secret().is_ascii());
            }
        }
    }
}
