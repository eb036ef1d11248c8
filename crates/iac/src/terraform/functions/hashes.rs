//! Hashes of texts and files. MD5 and SHA-1 are left unknown: nothing that is judged depends on them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha512};

use super::{Call, Result, done};
use crate::terraform::value::Value;

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    let kind = match call.name {
        "sha256" | "sha512" | "base64sha256" | "base64sha512" => call.name,
        _ => return None,
    };
    done(call.text(0).map(|text| hashed(kind, text.as_bytes()).unwrap_or(Value::Null)))
}

/// What a function makes of the bytes of a file, if it is one that does not read them as text.
pub(crate) fn of_bytes(name: &str, bytes: &[u8]) -> Option<Value> {
    match name {
        "filebase64" => Some(Value::text(STANDARD.encode(bytes))),
        "filesha256" => hashed("sha256", bytes),
        "filesha512" => hashed("sha512", bytes),
        "filebase64sha256" => hashed("base64sha256", bytes),
        "filebase64sha512" => hashed("base64sha512", bytes),
        "filemd5" | "filesha1" => super::call(name, &[]).ok(),
        _ => None,
    }
}

fn hashed(kind: &str, bytes: &[u8]) -> Option<Value> {
    let text = match kind {
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        "base64sha256" => STANDARD.encode(Sha256::digest(bytes)),
        "base64sha512" => STANDARD.encode(Sha512::digest(bytes)),
        _ => return None,
    };
    Some(Value::text(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
