//! Package URLs: `pkg:npm/%40scope/name@1.2.3` (package-url specification, PURL-SPECIFICATION and PURL-TYPES).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::package::{Ecosystem, Origin, Package};

/// All but the unreserved characters of RFC 3986 and the colon.
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

pub(crate) fn of(package: &Package) -> String {
    let (namespace, name) = parts(package.ecosystem, &package.name);
    let mut url = format!("pkg:{}/", package.ecosystem.purl_type());
    for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
        url.extend(utf8_percent_encode(segment, &ENCODED));
        url.push('/');
    }
    url.extend(utf8_percent_encode(&name, &ENCODED));
    if let Some(version) = package.version.known() {
        url.push('@');
        url.extend(utf8_percent_encode(version, &ENCODED));
    }
    let qualifier = match &package.origin {
        Some(Origin::Repository(address)) => Some(("vcs_url", address)),
        Some(Origin::Archive(address)) => Some(("download_url", address)),
        _ => None,
    };
    if let Some((key, address)) = qualifier {
        url.push_str(&format!("?{key}="));
        url.extend(utf8_percent_encode(address, &ENCODED));
    }
    url
}

/// Namespace and name, in the case that the type asks for.
fn parts(ecosystem: Ecosystem, name: &str) -> (String, String) {
    let split = |at: char| match name.rsplit_once(at) {
        Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
        None => (String::new(), name.to_owned()),
    };
    match ecosystem {
        Ecosystem::Composer => {
            let (vendor, name) = split('/');
            (vendor.to_lowercase(), name.to_lowercase())
        }
        Ecosystem::Go => {
            let (path, name) = split('/');
            (path.to_lowercase(), name.to_lowercase())
        }
        Ecosystem::Npm => split('/'),
        Ecosystem::Maven => split(':'),
        Ecosystem::Cargo | Ecosystem::Gem | Ecosystem::NuGet | Ecosystem::PyPi => {
            (String::new(), name.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{Need, Use, Version};

    #[track_caller]
    fn check(ecosystem: Ecosystem, name: &str, version: &str, url: &str) {
        let package = Package {
            ecosystem,
            name: name.into(),
            version: Version::Known(version.into()),
            origin: None,
            integrity: Vec::new(),
            need: Need::Unsaid,
            used: Use::Unsaid,
            file: "f".into(),
            line: 1,
        };
        assert_eq!(package.purl(), url);
    }

    #[test]
    fn each_ecosystem_has_its_form() {
        check(Ecosystem::Npm, "@Scope/name", "1.0.0+b", "pkg:npm/%40Scope/name@1.0.0%2Bb");
        check(Ecosystem::Maven, "org.example:core", "1.0", "pkg:maven/org.example/core@1.0");
        check(Ecosystem::Go, "github.com/Acme/Mod/v2", "v2.0.1", "pkg:golang/github.com/acme/mod/v2@v2.0.1");
        check(Ecosystem::Composer, "Acme/Lib", "v1.2", "pkg:composer/acme/lib@v1.2");
        check(Ecosystem::PyPi, "a-b", "1!2.0", "pkg:pypi/a-b@1%212.0");
        check(Ecosystem::NuGet, "Acme.Core", "1.0", "pkg:nuget/Acme.Core@1.0");
    }
}
