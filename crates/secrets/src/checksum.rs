//! The checksums that tokens carry.

use sha2::{Digest, Sha256};

/// CRC-32 as in IEEE 802.3, reflected.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xEDB8_8320 & mask);
        }
    }
    !crc
}

/// A number in base 62 (digits, capitals, small letters), padded to six characters from the left.
pub(crate) fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = DIGITS.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    text
}

/// Whether a text is right by the checksum of Bech32 (BIP 173), whatever its case.
pub(crate) fn is_bech32(text: &str) -> bool {
    const LETTERS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let text = text.to_ascii_lowercase();
    let Some((human, data)) = text.rsplit_once('1') else { return false };
    let values: Option<Vec<u32>> =
        data.chars().map(|letter| LETTERS.find(letter).and_then(|at| u32::try_from(at).ok())).collect();
    let Some(values) = values.filter(|values| values.len() >= 6 && !human.is_empty()) else { return false };
    let high = human.bytes().map(|byte| u32::from(byte >> 5));
    let low = human.bytes().map(|byte| u32::from(byte & 31));
    let all = high.chain([0]).chain(low).chain(values);
    all.fold(1, bech32_step) == 1
}

fn bech32_step(state: u32, value: u32) -> u32 {
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = state >> 25;
    let mut next = ((state & 0x01ff_ffff) << 5) ^ value;
    for (bit, generator) in GENERATORS.iter().enumerate() {
        if (top >> bit) & 1 == 1 {
            next ^= generator;
        }
    }
    next
}

/// Whether a text is right by Base58Check: the last four bytes are the first of a double SHA-256.
pub(crate) fn is_base58check(text: &str) -> bool {
    const LETTERS: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if text.len() > 128 {
        return false;
    }
    let mut bytes: Vec<u8> = Vec::new();
    for letter in text.chars() {
        let Some(mut carry) = LETTERS.find(letter) else { return false };
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 255) as u8);
            carry >>= 8;
        }
    }
    bytes.extend(text.bytes().take_while(|byte| *byte == b'1').map(|_| 0));
    bytes.reverse();
    match bytes.split_last_chunk::<4>() {
        Some((body, sum)) if !body.is_empty() => {
            Sha256::digest(Sha256::digest(body)).as_slice().starts_with(sum)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_gives_the_check_value_of_its_definition() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn base62_pads_and_carries() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(62), b"000010");
        assert_eq!(&base62(u32::MAX), b"4gfFC3");
    }

    #[test]
    fn bech32_accepts_the_samples_of_its_definition_and_no_change_of_them() {
        // BIP 173, test vectors.
        assert!(is_bech32("A12UEL5L"));
        assert!(is_bech32("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"));
        assert!(!is_bech32("split1cheo2y9e2w"));
        assert!(!is_bech32("split1checkupstagehandshakeupstreamerranterredcaperred2y9e3x"));
    }

    #[test]
    fn base58check_accepts_an_address_and_no_change_of_it() {
        assert!(is_base58check("1111111111111111111114oLvT2"));
        assert!(!is_base58check("1111111111111111111114oLvT3"));
        assert!(!is_base58check(""));
    }
}
