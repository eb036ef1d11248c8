//! Addresses of resources, and references to them.

/// `module.a["x"].aws_s3_bucket.b[0]`, in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// The calls that lead to it: name, and key in brackets or nothing.
    pub(super) calls: Vec<(String, String)>,
    /// `aws_s3_bucket.b` or `data.aws_ami.a`.
    pub(super) block: String,
    /// `[0]`, `["a"]`, or nothing.
    pub(super) key: String,
}

impl Address {
    /// Reads an address; none where it is no resource's.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut parts = parts(text).into_iter().peekable();
        let mut address = Self::default();
        while parts.peek().is_some_and(|(name, key)| *name == "module" && key.is_empty()) {
            parts.next();
            let (name, key) = parts.next()?;
            address.calls.push((name.to_owned(), key.to_owned()));
        }
        let (first, _) = parts.next()?;
        let (second, key) = parts.next()?;
        (address.block, address.key) = match first {
            "data" | "ephemeral" => {
                let (third, key) = parts.next()?;
                (format!("{first}.{second}.{third}"), key.to_owned())
            }
            _ => (format!("{first}.{second}"), key.to_owned()),
        };
        parts.next().is_none().then_some(address)
    }

    /// `module.a["x"].module.b`, or nothing.
    pub(super) fn module(&self) -> String {
        module(&self.calls)
    }

    /// The address of the block, without keys.
    pub(super) fn without_keys(&self) -> String {
        let calls: String = self.calls.iter().map(|(name, _)| format!("module.{name}.")).collect();
        format!("{calls}{}", self.block)
    }
}

/// The address of a module.
pub(super) fn module(calls: &[(String, String)]) -> String {
    let parts: Vec<String> = calls.iter().map(|(name, key)| format!("module.{name}{key}")).collect();
    parts.join(".")
}

/// The parts between dots, each with what follows it in brackets. Dots in quotes separate nothing.
pub(super) fn parts(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut start, mut in_brackets, mut in_text, mut escaped) = (0, false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' if in_brackets => in_text = !in_text,
            b'[' if !in_text => in_brackets = true,
            b']' if !in_text => in_brackets = false,
            b'.' if !in_brackets => {
                found.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.extend(text.get(start..));
    found.into_iter().map(|part| part.split_at(part.find('[').unwrap_or(part.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_dots_brackets_and_quotes() {
        let address = Address::of(r#"module.a["x.y]\"."].module.b[0].data.aws_ami.c["k"]"#).unwrap();
        assert_eq!(address.module(), r#"module.a["x.y]\"."].module.b[0]"#);
        assert_eq!((address.block.as_str(), address.key.as_str()), ("data.aws_ami.c", r#"["k"]"#));
        assert_eq!(address.without_keys(), "module.a.module.b.data.aws_ami.c");
        for text in ["", "aws_s3_bucket", "module.a", "aws_s3_bucket.a.id", "data.aws_ami"] {
            assert_eq!(Address::of(text), None, "{text}");
        }
    }
}
