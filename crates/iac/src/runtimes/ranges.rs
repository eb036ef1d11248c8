//! The highest version that a range allows (npm's and Composer's notations); none where it allows any later one.

/// A version with what of it is written: `14`, `7.4`.
type Bound = (u32, Option<u32>);

/// The highest version, as far as the range names one.
pub(super) fn highest(range: &str) -> Option<String> {
    let mut top: Option<Bound> = None;
    for alternative in
        range.split("||").flat_map(|part| part.split('|')).filter(|part| !part.trim().is_empty())
    {
        let bound = of_alternative(alternative)?;
        top = Some(top.map_or(bound, |top| if later(bound, top) { bound } else { top }));
    }
    let (major, minor) = top?;
    Some(minor.map_or_else(|| major.to_string(), |minor| format!("{major}.{minor}")))
}

/// The last minor versions of the majors of PHP that are complete: a range that allows all of a major allows it.
pub(super) fn last_minor_of_php(version: String) -> String {
    match version.as_str() {
        "5" => "5.6".to_owned(),
        "7" => "7.4".to_owned(),
        _ => version,
    }
}

/// Whether one bound allows later versions than another; a whole major is later than its minors.
fn later(one: Bound, other: Bound) -> bool {
    let order = |bound: Bound| (bound.0, bound.1.unwrap_or(u32::MAX));
    order(one) > order(other)
}

/// All comparators hold at once, so the lowest bound counts.
fn of_alternative(text: &str) -> Option<Bound> {
    let text = text.trim();
    let parts: Vec<&str> = match text.split_once(" - ") {
        Some((_, to)) => return plain(to.trim()),
        None => text.split([' ', ',']).filter(|part| !part.is_empty()).collect(),
    };
    let mut low: Option<Bound> = None;
    let mut open = None;
    for part in parts {
        // A comparator may stand apart from its version.
        if matches!(part, "<" | "<=" | ">" | ">=" | "=" | "^" | "~") {
            open = Some(part);
            continue;
        }
        let joined = open.take().map_or_else(|| part.to_owned(), |sign| format!("{sign}{part}"));
        if let Some(bound) = of_comparator(&joined) {
            low = Some(low.map_or(bound, |low| if later(low, bound) { bound } else { low }));
        }
    }
    low
}

fn of_comparator(text: &str) -> Option<Bound> {
    if let Some(version) = text.strip_prefix("<=") {
        return plain(version);
    }
    if let Some(version) = text.strip_prefix('<') {
        let (major, minor, patch) = numbers(version)?;
        return match (minor.unwrap_or(0), patch.unwrap_or(0)) {
            (0, 0) => Some((major.checked_sub(1)?, None)),
            (minor, 0) => Some((major, Some(minor.checked_sub(1)?))),
            (minor, _) => Some((major, Some(minor))),
        };
    }
    if text.starts_with('>') || text.starts_with('!') {
        return None;
    }
    if let Some(version) = text.strip_prefix('^') {
        return numbers(version).map(|(major, ..)| (major, None));
    }
    if let Some(version) = text.strip_prefix('~') {
        let (major, minor, patch) = numbers(version)?;
        // Composer's `~7.4` allows all of 7, npm's `~14.2` only 14.2: the wider is taken.
        return Some((major, minor.filter(|_| patch.is_some())));
    }
    plain(text.trim_start_matches(['=', 'v']))
}

fn plain(text: &str) -> Option<Bound> {
    numbers(text.trim_start_matches('v')).map(|(major, minor, _)| (major, minor))
}

/// `14.x.1` as its numbers up to the first that is none.
fn numbers(text: &str) -> Option<(u32, Option<u32>, Option<u32>)> {
    let mut parts = text.split(['.', '-', '+', '@']).map(|part| part.parse::<u32>().ok());
    let major = parts.next()??;
    let minor = parts.next().flatten();
    let patch = minor.and(parts.next().flatten());
    Some((major, minor, patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_counts_and_an_open_range_has_none() {
        for (range, expected) in [
            ("14", Some("14")),
            ("14.17.0", Some("14.17")),
            ("14.x", Some("14")),
            ("^12.1 || ^14", Some("14")),
            (">=10 <15", Some("14")),
            (">= 10 <= 14.2", Some("14.2")),
            ("10 - 14", Some("14")),
            ("~14.2.0", Some("14.2")),
            ("~7.4", Some("7")),
            ("7.4.*", Some("7.4")),
            ("<8.0", Some("7")),
            (">=7.1,<8.2", Some("8.1")),
            (">=14", None),
            ("^14 || >=18", None),
            ("*", None),
            ("lts/*", None),
            ("<0", None),
            ("", None),
        ] {
            assert_eq!(highest(range).as_deref(), expected, "{range}");
        }
        assert_eq!(last_minor_of_php("7".to_owned()), "7.4");
        assert_eq!(last_minor_of_php("8".to_owned()), "8");
    }
}
