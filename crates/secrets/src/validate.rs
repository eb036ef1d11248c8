//! Tests of a secret's structure: what a token carries that random text does not.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use partywall_content::SecretValidator;
use serde_json::Value;

use crate::checksum::{base62, crc32, is_base58check, is_bech32};

/// Padding may be left out and trailing bits may be set, as many encoders do.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Whether a secret passes a test. `prefix` is what its rule documents as its beginning.
pub(crate) fn passes(validator: SecretValidator, secret: &str, prefix: &str) -> bool {
    let body = secret.strip_prefix(prefix).unwrap_or(secret);
    match validator {
        SecretValidator::Crc32Base62 => ends_with_crc32_in_base62(body),
        SecretValidator::Crc32Hex => ends_with_crc32_in_hex(secret),
        SecretValidator::AwsKeyId => aws_account(secret).is_some(),
        SecretValidator::Jwt => is_jwt(secret),
        SecretValidator::Pem => pem_body(secret).is_some(),
        SecretValidator::PemEncrypted => pem_body(secret).is_some_and(|body| is_encrypted(secret, &body)),
        SecretValidator::PemPlain => pem_body(secret).is_some_and(|body| !is_encrypted(secret, &body)),
        SecretValidator::Base64 => body.len().is_multiple_of(4) && PLAIN.decode(body).is_ok(),
        SecretValidator::Base64Of32 => PLAIN.decode(body).is_ok_and(|bytes| bytes.len() == 32),
        SecretValidator::Base64Of64 => PLAIN.decode(body).is_ok_and(|bytes| bytes.len() == 64),
        SecretValidator::Base64NamePassword => is_name_and_password(body),
        SecretValidator::Base64Json => is_json_inside(body),
        SecretValidator::PypiMacaroon => is_pypi_macaroon(body),
        SecretValidator::Bech32 => is_bech32(secret),
        SecretValidator::Base58Check => is_base58check(secret),
        SecretValidator::Uuid => is_uuid(body),
        SecretValidator::LettersAndDigits => {
            has(body, |byte| byte.is_ascii_digit()) && has(body, |byte| byte.is_ascii_alphabetic())
        }
        SecretValidator::MixedCase => {
            has(body, |byte| byte.is_ascii_digit())
                && has(body, |byte| byte.is_ascii_lowercase())
                && has(body, |byte| byte.is_ascii_uppercase())
        }
        SecretValidator::Base64Number => starts_with_number(body),
    }
}

/// What may be said of a secret beside its rule, because it is none itself: the account of an AWS key id.
pub(crate) fn told(validators: &[SecretValidator], secret: &str) -> Option<Box<str>> {
    let account =
        validators.contains(&SecretValidator::AwsKeyId).then(|| aws_account(secret)).flatten()??;
    Some(format!("of AWS account {account:012}").into())
}

/// Bits of entropy for each byte, by Shannon, over the bytes of the text itself.
pub(crate) fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f32;
    counts.iter().filter(|count| **count > 0).fold(0.0, |sum, count| {
        let share = *count as f32 / length;
        sum - share * share.log2()
    })
}

fn has(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().any(is)
}

/// GitHub's tokens since 2021, and npm's.
fn ends_with_crc32_in_base62(body: &str) -> bool {
    let Some((random, sum)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    sum.as_bytes() == base62(crc32(random.as_bytes()))
}

/// Grafana's service account tokens.
fn ends_with_crc32_in_hex(secret: &str) -> bool {
    let Some((before, sum)) = secret.rsplit_once('_') else { return false };
    u32::from_str_radix(sum, 16).is_ok_and(|sum| sum.swap_bytes() == crc32(before.as_bytes()))
}

/// The account of an AWS key id. Ids that were made before about 2019 (the first bit
/// is not set) tell none: `Some(None)`.
/// What decodes to more than twelve digits is no key id.
fn aws_account(secret: &str) -> Option<Option<u64>> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let body = secret.get(4..).filter(|body| body.len() == 16)?;
    let mut bits: u64 = 0;
    // Ten letters of five bits: of the first six bytes, the account is all but the first bit and the last seven.
    for letter in body.chars().take(10) {
        bits = (bits << 5) | u64::try_from(LETTERS.find(letter)?).ok()?;
    }
    let bits = bits >> 2;
    if bits >> 47 == 0 {
        return Some(None);
    }
    let account = (bits & 0x7fff_ffff_ff80) >> 7;
    (account <= 999_999_999_999).then_some(Some(account))
}

fn is_jwt(secret: &str) -> bool {
    let mut parts = secret.split('.');
    let (Some(header), Some(payload)) = (parts.next(), parts.next()) else { return false };
    let object = |part: &str| {
        let bytes = FOR_URLS.decode(part.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
    };
    object(header).is_some_and(|header| header.get("alg").is_some_and(Value::is_string))
        && object(payload).is_some()
}

/// The bytes between the lines of a PEM block, with the headers of old encrypted keys left out. Line breaks may be
/// written as `\n`, as in JSON.
fn pem_body(secret: &str) -> Option<Vec<u8>> {
    let after = secret.split_once("-----BEGIN")?.1.split_once("-----")?.1;
    let inside = after.split_once("-----END")?.0;
    let text = inside.replace("\\r", "").replace("\\n", "\n");
    let is_body = |line: &&str| !line.contains(':') && !line.starts_with('=');
    let lines = text.lines().map(|line| line.trim_matches([' ', '\t', '\r', '"', '\'', '+', ',', '\\']));
    let joined: String = lines.filter(is_body).collect();
    PLAIN.decode(joined.trim_end_matches('=')).ok().filter(|bytes| bytes.len() >= 32)
}

fn is_encrypted(secret: &str, body: &[u8]) -> bool {
    // An OpenSSH key names its cipher first, and `none` where there is none.
    let is_openssh = body.starts_with(b"openssh-key-v1\0");
    let is_open = body.get(15..23).is_some_and(|cipher| cipher == b"\0\0\0\x04none");
    secret.contains("ENCRYPTED") || (is_openssh && !is_open)
}

fn is_name_and_password(body: &str) -> bool {
    let Some(text) = PLAIN.decode(body).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return false;
    };
    text.split_once(':').is_some_and(|(name, password)| {
        !name.is_empty() && password.len() > 2 && !text.contains(|letter: char| letter.is_control())
    })
}

/// Only the part to the first `_` or `.` is looked at: tokens go on with a random one.
fn is_json_inside(body: &str) -> bool {
    let first = body.split(['_', '.']).next().unwrap_or(body);
    let whole = first.get(..first.len() - first.len() % 4).unwrap_or(first);
    FOR_URLS
        .decode(whole.trim_end_matches('='))
        .or_else(|_| PLAIN.decode(whole.trim_end_matches('=')))
        .is_ok_and(|bytes| bytes.starts_with(b"{\""))
}

/// Version 2 of macaroons, with a location: `02 01`, its length, its name.
fn is_pypi_macaroon(body: &str) -> bool {
    let whole = body.get(..body.len() - body.len() % 4).unwrap_or(body);
    FOR_URLS.decode(whole).is_ok_and(|bytes| {
        bytes.starts_with(b"\x02\x01\x08pypi.org") || bytes.starts_with(b"\x02\x01\x0dtest.pypi.org")
    })
}

fn is_uuid(body: &str) -> bool {
    let version = body.as_bytes().get(14);
    version.is_some_and(|version| (b'1'..=b'8').contains(version))
}

/// Discord's bot tokens begin with the id of their bot.
fn starts_with_number(body: &str) -> bool {
    let first = body.split('.').next().unwrap_or(body);
    let number = FOR_URLS.decode(first).ok().filter(|bytes| bytes.len() >= 15);
    number.is_some_and(|bytes| bytes.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_key_id_tells_its_account() {
        let of = |id: &str| aws_account(id);
        // Made for this test: the account 123456789012 with ten random letters after it.
        let mut bits: u64 = (1 << 47) | (123_456_789_012 << 7);
        bits <<= 2;
        let letters: Vec<u8> = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".to_vec();
        let mut body: Vec<u8> = (0..10).rev().map(|at| letters[(bits >> (at * 5)) as usize & 31]).collect();
        body.extend(b"MNOPQR");
        let id = format!("AKIA{}", String::from_utf8(body).unwrap());
        assert_eq!(of(&id), Some(Some(123_456_789_012)));
        assert_eq!(of("AKIA7777777777777777"), None, "thirteen digits are no account");
        assert_eq!(of("AKIAIOSFODNN7ABCDEFG"), Some(None), "an old id tells none");
        assert_eq!(of("AKIA0189"), None);
    }

    #[test]
    fn entropy_is_zero_for_one_letter_and_two_bits_for_four() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert!((entropy(b"abcd") - 2.0).abs() < 1e-6);
    }

    #[test]
    fn broken_parts_pass_no_test() {
        use SecretValidator::*;
        for validator in [
            Crc32Base62,
            Crc32Hex,
            AwsKeyId,
            Jwt,
            Pem,
            PemEncrypted,
            PemPlain,
            Base64Of32,
            Base64Of64,
            Base64NamePassword,
            Base64Json,
            PypiMacaroon,
            Bech32,
            Base58Check,
            Uuid,
            LettersAndDigits,
            MixedCase,
            Base64Number,
        ] {
            for text in ["", "é", "....", "_", "=", "ghp_", "-----BEGIN-----", "\u{0}\u{0}\u{0}"] {
                assert!(!passes(validator, text, "ghp_"), "{validator:?} of {text:?}");
            }
        }
    }
}
