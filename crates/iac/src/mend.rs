//! One value set in the code of one resource, every other byte kept.
//!
//! Only what is written out can be set: a literal, or an argument that is missing. What is computed, shared or repeated
//! is somebody's intention, and is refused with the reason. What comes out is read again before it is handed on.

mod document;
mod hcl;

use std::ops::Range;

use partywall_content::SafeFix;

use crate::tree::Text;

/// A resource in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The file's path, which says what is written in it.
    pub path: &'a str,
    /// The byte at which the resource begins.
    pub start: u32,
    /// The kind of the asset that it becomes.
    pub kind: &'a str,
}

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edit {
    /// Bytes of the text.
    range: Range<usize>,
    text: String,
}

/// The file with the value set by the first of the fixes that is for the resource's type. None where no fix is, or where
/// nothing is to be done.
///
/// # Errors
/// Why a person has to do it.
pub fn mended(target: &Target<'_>, bytes: &[u8], fixes: &[SafeFix]) -> Result<Option<Vec<u8>>, String> {
    let Some(edit) = edit(target, bytes, fixes)? else { return Ok(None) };
    let mut after = bytes.to_vec();
    if edit.range.start > edit.range.end || edit.range.end > after.len() {
        return Err("the file has changed".to_owned());
    }
    after.splice(edit.range, edit.text.into_bytes());
    match self::edit(target, &after, fixes) {
        Ok(None) => Ok(Some(after)),
        Ok(Some(_)) | Err(_) => Err("the value would not stand where it belongs".to_owned()),
    }
}

fn edit(target: &Target<'_>, bytes: &[u8], fixes: &[SafeFix]) -> Result<Option<Edit>, String> {
    let text = Text::from_bytes(bytes.to_vec());
    if text.broken_line.is_some() {
        return Err("the file is no UTF-8".to_owned());
    }
    if target.path.ends_with(".tf") {
        hcl::edit(&text, target, fixes)
    } else if [".yaml", ".yml", ".json", ".template"].iter().any(|end| target.path.ends_with(end))
        && !target.path.ends_with(".tf.json")
    {
        document::edit(&text, target, fixes)
    } else {
        Err("files of this form are not changed".to_owned())
    }
}

/// The white space at the beginning of the line that a byte is on.
fn indentation(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1);
    let line = text.get(start..).unwrap_or_default();
    let end = line.find(|letter| letter != ' ' && letter != '\t').unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// How lines end.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use partywall_content::SafeValue;

    use super::*;

    fn fix(of: &str, set: &str) -> SafeFix {
        SafeFix { of: of.into(), set: set.into(), to: SafeValue::Bool(true) }
    }

    /// Mends the resource that begins at `at`, and again: nothing is left to be done.
    fn mend(
        path: &str,
        text: &str,
        at: &str,
        kind: &str,
        fixes: &[SafeFix],
    ) -> Result<Option<String>, String> {
        let start = u32::try_from(text.find(at).unwrap()).unwrap();
        let target = Target { path, start, kind };
        let after = mended(&target, text.as_bytes(), fixes)?;
        let Some(after) = after else { return Ok(None) };
        assert_eq!(mended(&target, &after, fixes), Ok(None), "it is done once");
        Ok(Some(String::from_utf8(after).unwrap()))
    }

    fn in_hcl(text: &str, set: &str) -> Result<Option<String>, String> {
        mend("main.tf", text, "resource", "", &[fix("aws_x", set)])
    }

    #[test]
    fn hcl_gets_the_argument_and_keeps_every_other_byte() {
        for (set, before, after) in [
            ("a", "# é\nresource \"aws_x\" \"y\" {\n}\n", "# é\nresource \"aws_x\" \"y\" {\n  a = true\n}\n"),
            ("a", "resource \"aws_x\" \"y\" {}", "resource \"aws_x\" \"y\" {\n  a = true\n}"),
            (
                "a",
                "resource \"aws_x\" \"y\" { b = 1 }\n",
                "resource \"aws_x\" \"y\" {\n  b = 1\n\n  a = true\n}\n",
            ),
            (
                "a",
                "resource \"aws_x\" \"y{\" {\r\n\tb   = 1 # why\r\n}\r\n# end",
                "resource \"aws_x\" \"y{\" {\r\n\tb   = 1 # why\r\n\r\n\ta = true\r\n}\r\n# end",
            ),
            (
                "a",
                "resource \"aws_x\" \"y\" {\n  a =  false // off\n  c = {}\n}\n",
                "resource \"aws_x\" \"y\" {\n  a =  true // off\n  c = {}\n}\n",
            ),
            (
                "a.b",
                "resource \"aws_x\" \"y\" {\n  a {\n    b = null\n  }\n}\n",
                "resource \"aws_x\" \"y\" {\n  a {\n    b = true\n  }\n}\n",
            ),
            (
                "a.b",
                "resource \"aws_x\" \"y\" {\n  c = 1\n  a {}\n}\n",
                "resource \"aws_x\" \"y\" {\n  c = 1\n  a {\n    b = true\n  }\n}\n",
            ),
            (
                "a.b",
                "resource \"aws_x\" \"y\" {\n  c = 1\n}\n",
                "resource \"aws_x\" \"y\" {\n  c = 1\n\n  a {\n    b = true\n  }\n}\n",
            ),
        ] {
            assert_eq!(in_hcl(before, set).unwrap().as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn hcl_that_is_computed_repeated_or_of_another_type_is_left_alone() {
        for (set, text, why) in [
            ("a", "resource \"aws_x\" \"y\" {\n  a = var.a\n}\n", "`a` is computed"),
            ("a", "resource \"aws_x\" \"y\" {\n  a = \"${var.a}\"\n}\n", "`a` is computed"),
            ("a.b", "resource \"aws_x\" \"y\" {\n  a {\n  }\n  a {\n  }\n}\n", "more than one"),
            ("a.b", "resource \"aws_x\" \"y\" {\n  a = []\n}\n", "`a` is computed"),
            (
                "a.b",
                "resource \"aws_x\" \"y\" {\n  dynamic \"a\" {\n    for_each = []\n    content {}\n  }\n}\n",
                "`a` is computed",
            ),
            ("a", "resource \"aws_x\" \"y\" {\n", "cannot be read"),
        ] {
            let said = in_hcl(text, set).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        assert_eq!(in_hcl("resource \"aws_z\" \"y\" {\n}\n", "a"), Ok(None));
        assert_eq!(in_hcl("resource \"aws_x\" \"y\" {\n  a = true\n}\n", "a"), Ok(None));
    }

    #[test]
    fn a_byte_order_mark_is_kept() {
        let text = "\u{feff}resource \"aws_x\" \"y\" {\n}\n";
        let after = in_hcl(text, "a").unwrap().unwrap();
        assert_eq!(after, "\u{feff}resource \"aws_x\" \"y\" {\n  a = true\n}\n");
    }

    fn in_template(path: &str, text: &str, set: &str) -> Result<Option<String>, String> {
        let at = if path.ends_with(".json") { "\"Key\"" } else { "Key:" };
        mend(path, text, at, "", &[fix("AWS::X::Y", set)])
    }

    #[test]
    fn a_template_gets_the_property_and_keeps_every_other_byte() {
        for (path, set, before, after) in [
            (
                "t.yaml",
                "A",
                "Resources:\n  # é\n  Key:\n    Type: AWS::X::Y # why\n    Properties:\n      B: 1 # one\n      C: [x]\n",
                "Resources:\n  # é\n  Key:\n    Type: AWS::X::Y # why\n    Properties:\n      B: 1 # one\n      A: true\n      C: [x]\n",
            ),
            (
                "t.yaml",
                "A",
                "Resources:\n  Key:\n    Type: AWS::X::Y",
                "Resources:\n  Key:\n    Type: AWS::X::Y\n    Properties:\n      A: true",
            ),
            (
                "t.yaml",
                "A.B",
                "Resources:\r\n  Key:\r\n    Type: AWS::X::Y\r\n    Properties:\r\n      C:\r\n        - 1\r\n",
                "Resources:\r\n  Key:\r\n    Type: AWS::X::Y\r\n    Properties:\r\n      A:\r\n        B: true\r\n      C:\r\n        - 1\r\n",
            ),
            (
                "t.yaml",
                "A.B",
                "Resources:\n  Key:\n    Type: AWS::X::Y\n    Properties: { A: { B: 'false' } }\n",
                "Resources:\n  Key:\n    Type: AWS::X::Y\n    Properties: { A: { B: true } }\n",
            ),
            (
                "t.yaml",
                "A",
                "Resources:\n  Key: { Type: AWS::X::Y, Properties: {} }\n",
                "Resources:\n  Key: { Type: AWS::X::Y, Properties: {\"A\": true} }\n",
            ),
            (
                "t.json",
                "A.B",
                "{\n  \"Resources\": {\n    \"Key\": {\n      \"Type\": \"AWS::X::Y\",\n      \"Properties\": {\n        \"C\": \"é\"\n      }\n    }\n  }\n}\n",
                "{\n  \"Resources\": {\n    \"Key\": {\n      \"Type\": \"AWS::X::Y\",\n      \"Properties\": {\n        \"A\": {\"B\": true},\n        \"C\": \"é\"\n      }\n    }\n  }\n}\n",
            ),
            (
                "t.json",
                "A",
                "{\"Resources\":{\"Key\":{\"Type\":\"AWS::X::Y\",\"Properties\":{\"A\":false}}}}",
                "{\"Resources\":{\"Key\":{\"Type\":\"AWS::X::Y\",\"Properties\":{\"A\":true}}}}",
            ),
            (
                "t.json",
                "A",
                "{\"Resources\":{\"Key\":{\"Type\":\"AWS::X::Y\"}}}",
                "{\"Resources\":{\"Key\":{\"Properties\": {\"A\": true}, \"Type\":\"AWS::X::Y\"}}}",
            ),
        ] {
            assert_eq!(in_template(path, before, set).unwrap().as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn a_template_that_computes_or_shares_is_left_alone() {
        let with = |properties: &str| {
            format!("Resources:\n  Key:\n    Type: AWS::X::Y\n    Properties:{properties}\n")
        };
        for (set, text, why) in [
            ("A", with("\n      A: !Ref On"), "`A` is computed"),
            ("A.B", with("\n      A: !If [X, {B: false}, {}]"), "`A` is computed"),
            ("A.B", with("\n      A: 1"), "`A` is no map"),
            ("A", with("\n      A: false\n      A: true"), "cannot be read"),
            ("A", with(" *shared"), "cannot be read"),
            ("A", format!("x: &shared {{ A: false }}\n{}", with(" *shared")), "shared"),
            ("A", with("\n      <<: {}"), "shared"),
            ("A", with(" ["), "cannot be read"),
        ] {
            let said = in_template("t.yaml", &text, set).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn a_manifest_gets_the_value_in_the_container_that_is_meant() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: x\n    - name: b\n      securityContext:\n        privileged: true\n";
        let fixes = [fix("Container", "securityContext.runAsNonRoot")];
        let at = |name: &str| mend("pod.yaml", text, &format!("name: {name}\n"), "Container", &fixes);
        let first = "    - name: a\n      securityContext:\n        runAsNonRoot: true\n      image: x\n";
        assert!(at("a").unwrap().unwrap().contains(first));
        let second = "        privileged: true\n        runAsNonRoot: true\n";
        let after = at("b").unwrap().unwrap();
        assert!(after.ends_with(second), "{after}");
        assert_eq!(after.len(), text.len() + "        runAsNonRoot: true\n".len());
        assert_eq!(mend("pod.yaml", text, "name: a\n", "Pod", &fixes), Ok(None));
    }

    #[test]
    fn a_resource_that_is_not_there_any_more_is_refused() {
        let fixes = [fix("aws_x", "a")];
        let target = Target { path: "main.tf", start: 7, kind: "" };
        let said = mended(&target, b"resource \"aws_x\" \"y\" {\n}\n", &fixes).unwrap_err();
        assert!(said.contains("not where it was"), "{said}");
    }
}
