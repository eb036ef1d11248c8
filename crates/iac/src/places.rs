//! Paths inside a tree: plain text with `/`, without `.` and without a `..` that could be resolved.

/// The path in its shortest form: `a/./b/../c` is `a/c`; the empty path is the place where we stand.
pub(crate) fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
                None if absolute => {}
                None => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

/// `path` seen from `folder`; an absolute path stays itself.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        return normal(path);
    }
    normal(&format!("{folder}/{path}"))
}

/// The folder that a file is in; empty for a file that stands where we stand.
pub(crate) fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => path.get(..at).unwrap_or_default(),
        None => "",
    }
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether `path` is `folder` or lies in it.
pub(crate) fn inside(path: &str, folder: &str) -> bool {
    if folder.is_empty() {
        return !path.starts_with('/') && path != ".." && !path.starts_with("../");
    }
    match path.strip_prefix(folder) {
        Some(rest) => rest.is_empty() || rest.starts_with('/') || folder == "/",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_as_short_as_they_go() {
        assert_eq!(normal("./a//b/../c/"), "a/c");
        assert_eq!(normal("../../a"), "../../a");
        assert_eq!(normal("/../a"), "/a");
        assert_eq!(normal("."), "");
        assert_eq!(join("infra", "../modules/x"), "modules/x");
        assert_eq!(join("", "../x"), "../x");
    }

    #[test]
    fn a_path_that_climbs_out_is_not_inside() {
        assert!(inside("a/b", "a"));
        assert!(!inside("ab", "a"));
        assert!(!inside("../x", ""));
        assert!(inside("x", ""));
        assert!(inside("../x/y", "../x"));
    }
}
