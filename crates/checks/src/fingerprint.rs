//! A finding's identity across runs, and across code and cloud.

use partywall_model::{Asset, CheckId, Fingerprint};
use sha2::{Digest, Sha256};

/// Hashes check, kind, account, region and primary identifier, each `unset` where it is not known. Every
/// part is preceded by its length, so that no two different tuples read the same.
///
/// The region is left out where the identifier is unique without it: an ARN with no region in it names one
/// thing in all regions (a bucket, a role), and a read that fails to tell its region must not change it.
pub fn fingerprint(check: &CheckId, asset: &Asset) -> Fingerprint {
    let identifier = asset.identifier.as_deref().unwrap_or_else(|| asset.id.as_str());
    let parts = [
        check.as_str(),
        asset.kind.as_str(),
        asset.account.as_ref().map_or("unset", |account| account.as_str()),
        region(asset),
        identifier,
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize().iter()).for_each(|(byte, hashed)| *byte = *hashed);
    Fingerprint(bytes)
}

fn region(asset: &Asset) -> &str {
    let is_regionless = match asset.id.as_str().strip_prefix("arn:") {
        Some(rest) => rest.split(':').nth(2) == Some(""),
        None => false,
    };
    match &asset.region {
        Some(region) if !is_regionless => region.as_str(),
        _ => "unset",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partywall_model::Provider;

    #[test]
    fn the_same_thing_keeps_its_fingerprint_and_another_has_another() {
        let check = CheckId::from("s3-bucket-public");
        let mut asset = Asset::new(Provider::Aws, "AWS::S3::Bucket", "arn:aws:s3:::a");
        asset.identifier = Some("a".into());
        let first = fingerprint(&check, &asset);
        asset.name = Some("renamed in the report".into());
        assert_eq!(fingerprint(&check, &asset), first);
        asset.region = Some("eu-west-1".into());
        assert_eq!(fingerprint(&check, &asset), first, "a bucket's name is unique in all regions");
        asset.account = Some("111122223333".into());
        assert_ne!(fingerprint(&check, &asset), first);
    }
}
