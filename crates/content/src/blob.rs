//! Packs content into one compressed blob and back, so that a program starts without parsing files.

use crate::load::Content;

/// zstd's level for the blob: it is packed once, at build.
const LEVEL: i32 = 19;
/// A blob that unpacks to more than this is refused, in bytes.
const SIZE_LIMIT: usize = 64 << 20;

/// Why a blob cannot be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The form of the content.
    #[error("the packed content is malformed: {0}")]
    Form(#[from] postcard::Error),
    /// The compression.
    #[error("the packed content cannot be decompressed: {0}")]
    Compression(#[from] std::io::Error),
}

/// Packs content. The form is for this version of the program only.
///
/// # Errors
/// None is expected for content that was loaded.
pub fn pack(content: &Content) -> Result<Vec<u8>, BlobError> {
    Ok(zstd::bulk::compress(&postcard::to_stdvec(content)?, LEVEL)?)
}

/// Unpacks content.
///
/// # Errors
/// Bytes that [`pack`] of this version did not make.
pub fn unpack(blob: &[u8]) -> Result<Content, BlobError> {
    Ok(postcard::from_bytes(&zstd::bulk::decompress(blob, SIZE_LIMIT)?)?)
}
