//! Shares of the requests for a canary: the edge has twenty slots, and each is led to the one release or the other.

use anyhow::ensure;

/// What one slot of the edge is of all requests, in percent.
pub const SLOT: u8 = 5;

/// Shares that can be led to a new release one after the other: whole slots, each more than the one before, never all.
pub fn shares(wanted: &[u8]) -> anyhow::Result<Vec<u8>> {
    for share in wanted {
        let is_slots = share % SLOT == 0 && (SLOT..100).contains(share);
        ensure!(is_slots, "--canary: {share} is no share that can be led anywhere: 5, 10, 15 and so on to 95");
    }
    ensure!(
        wanted.is_sorted_by(|one, next| one < next),
        "--canary: each share has to be more than the one before, like 5,25,50"
    );
    Ok(wanted.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_slots_and_rise() {
        for good in [&[][..], &[5], &[5, 25, 50], &[95]] {
            assert_eq!(shares(good).unwrap(), good);
        }
        for bad in [&[0][..], &[100], &[7], &[25, 5], &[5, 5], &[5, 25, 255]] {
            assert!(shares(bad).unwrap_err().to_string().starts_with("--canary: "), "{bad:?}");
        }
    }
}
