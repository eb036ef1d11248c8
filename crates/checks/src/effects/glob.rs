//! The wildcards of IAM: `*` is any text, `?` any one character.

/// Whether letters of different case are the same: in actions, not in resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `a` is `A`.
    Ignore,
    /// It is not.
    Keep,
}

/// Stands for a name that no policy names: what covers it covers every name.
pub(super) const ANY_NAME: &str = "\u{1}\u{1}\u{1}\u{1}\u{1}";

fn folded(text: &str, case: Case) -> Vec<char> {
    text.chars().map(|c| if case == Case::Ignore { c.to_ascii_lowercase() } else { c }).collect()
}

/// Whether a pattern matches a text; no slower than the product of their lengths.
pub fn glob(pattern: &str, text: &str, case: Case) -> bool {
    let (pattern, text) = (folded(pattern, case), folded(text, case));
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some('?') => {
                at += 1;
                from += 1;
            }
            Some(c) if text.get(from) == Some(c) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, star_from)) => {
                    at = star_at + 1;
                    from = star_from + 1;
                    star = Some((star_at, star_from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

/// Whether a pattern matches all that another one matches (it may say no where only a closer look says yes).
pub(super) fn includes(pattern: &str, narrower: &str, case: Case) -> bool {
    // Nothing and a long name for each wildcard: a row of `?` that happens to be as long fits one of them only.
    let filled = |filling: &str| glob(pattern, &narrower.replace('?', "\u{1}").replace('*', filling), case);
    filled("") && filled(ANY_NAME)
}

/// Whether some text is matched by both patterns.
pub(super) fn overlap(a: &str, b: &str, case: Case) -> bool {
    let (a, b) = (folded(a, case), folded(b, case));
    // Of each position of `a`: whether the rest of it and the rest of `b` meet. `b` is walked backwards.
    let mut below: Vec<bool> = rests_of_nothing(&a);
    for of_b in b.iter().rev() {
        let mut row = vec![false; a.len() + 1];
        let mut right = *of_b == '*' && below.last().copied().unwrap_or(false);
        if let Some(last) = row.last_mut() {
            *last = right;
        }
        for (at, of_a) in a.iter().enumerate().rev() {
            let down = below.get(at).copied().unwrap_or(false);
            let diagonal = below.get(at + 1).copied().unwrap_or(false);
            let meets = match (of_a, of_b) {
                // A star ends here, or takes the other side's next character.
                ('*', _) | (_, '*') => right || down,
                ('?', _) | (_, '?') => diagonal,
                (of_a, of_b) => of_a == of_b && diagonal,
            };
            if let Some(cell) = row.get_mut(at) {
                *cell = meets;
            }
            right = meets;
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

fn rests_of_nothing(a: &[char]) -> Vec<bool> {
    let stars = a.iter().rev().take_while(|c| **c == '*').count();
    (0..=a.len()).map(|at| at + stars >= a.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_iam_does() {
        for (pattern, text, matches) in [
            ("s3:Get*", "s3:GetObject", true),
            ("S3:get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:*Object", "s3:GetObjectAcl", false),
            ("*", "", true),
            ("a*b*c", "aXbXbXc", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text, Case::Ignore), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_includes_a_narrower_one() {
        for (pattern, narrower, yes) in [
            ("s3:*", "s3:Get*", true),
            ("s3:Get*", "s3:*", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/?", true),
            ("arn:aws:s3:::b/?", "arn:aws:s3:::b/*", false),
            ("arn:aws:s3:::b/?????", "arn:aws:s3:::b/*", false),
            ("s3:G??*", "s3:Get*", true),
            ("*", "*", true),
            ("a", "a", true),
        ] {
            assert_eq!(includes(pattern, narrower, Case::Ignore), yes, "{pattern} {narrower}");
        }
    }

    #[test]
    fn patterns_overlap_where_one_text_fits_both() {
        for (a, b, meet) in [
            ("s3:*", "s3:GetObject", true),
            ("s3:Get*", "s3:*Object", true),
            ("s3:Get*", "s3:Put*", false),
            ("", "*", true),
            ("", "", true),
            ("a", "", false),
            ("a?c", "*b*", true),
            ("a?c", "ac", false),
            ("**", "x", true),
            ("*a", "*b", false),
        ] {
            assert_eq!(overlap(a, b, Case::Ignore), meet, "{a} {b}");
            assert_eq!(overlap(b, a, Case::Ignore), meet, "{b} {a}");
        }
    }
}
