//! The simple commands of a shell script, as far as a reader can see them without running anything.
//!
//! This is no shell: it finds where commands begin, takes their words apart, and says what feeds what. A word that
//! is computed stands as it is written.

use partywall_model::{Map, Node};

/// More commands of one script are not looked at.
const COMMANDS: usize = 4096;

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its words without quotes; the first names the program.
    pub(crate) words: Vec<String>,
    /// Bytes of the script that it spans.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// The program whose output it reads through a pipe.
    pub(crate) fed_by: Option<String>,
    /// Whether `sudo` stands before it.
    pub(crate) sudo: bool,
}

impl Command {
    /// The program's name without its folder.
    pub(crate) fn program(&self) -> &str {
        base_name(self.words.first().map_or("", String::as_str))
    }

    /// The options, clusters of letters taken apart: `-fsS` is `-f`, `-s`, `-S`; of `--name=value` the name.
    pub(crate) fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        for word in self.words.iter().skip(1).filter(|word| word.len() > 1 && word.starts_with('-')) {
            let name = word.split('=').next().unwrap_or(word);
            match name.strip_prefix('-') {
                Some(cluster) if !cluster.starts_with('-') => {
                    options.extend(cluster.chars().map(|letter| format!("-{letter}")));
                    options.push(name.to_owned());
                }
                _ => options.push(name.to_owned()),
            }
        }
        options
    }

    /// `Program`, `Words`, `Options`, `Sudo` and `FedBy`.
    pub(crate) fn node(&self) -> Map {
        let texts =
            |texts: &[String]| Node::List(texts.iter().map(|text| Node::text(text.as_str())).collect());
        let entries: [(&str, Node); 5] = [
            ("Program", Node::text(self.program())),
            ("Words", texts(self.words.get(1..).unwrap_or_default())),
            ("Options", texts(&self.options())),
            ("Sudo", Node::Bool(self.sudo)),
            ("FedBy", self.fed_by.as_deref().map_or(Node::Absent, Node::text)),
        ];
        entries.into_iter().collect()
    }
}

/// What stands after the last slash.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The simple commands of a script, in order.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    let mut lexer = Lexer {
        script,
        at: 0,
        before: 0,
        word: None,
        skip_word: false,
        here: Vec::new(),
        command: Command::default(),
        found: Vec::new(),
        pipe: None,
    };
    while lexer.found.len() < COMMANDS && lexer.step() {}
    lexer.before = script.len();
    lexer.end_command(Joint::Apart);
    lexer.found
}

/// What stands between two commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Apart,
    Pipe,
}

struct Lexer<'s> {
    script: &'s str,
    at: usize,
    /// Where the letter that is being looked at began.
    before: usize,
    /// The word that is being read, and where it began.
    word: Option<(String, usize)>,
    /// The next word is where output goes, or input comes from.
    skip_word: bool,
    /// Ends of here-documents whose text begins on the next line.
    here: Vec<String>,
    command: Command,
    found: Vec<Command>,
    /// The program before a pipe.
    pipe: Option<String>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.script.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) -> bool {
        let Some(letter) = self.rest().chars().next() else { return false };
        let start = self.at;
        self.before = start;
        self.at += letter.len_utf8();
        match letter {
            '\\' => self.escape(start),
            '\'' => self.quoted_plainly(start),
            '"' => self.quoted(start),
            '`' => self.copy_until('`', start),
            '$' if self.rest().starts_with('(') => self.copy_brackets(start),
            '<' | '>' if self.rest().starts_with('(') => self.copy_brackets(start),
            '<' | '>' => self.redirection(letter),
            '#' if self.word.is_none() => self.skip_line(),
            '\n' => {
                self.end_command(Joint::Apart);
                self.skip_here_documents();
            }
            '&' if self.rest().starts_with('>') => self.end_word(),
            '|' if self.rest().starts_with('|') => {
                self.at += 1;
                self.end_command(Joint::Apart);
            }
            '|' => {
                if self.rest().starts_with('&') {
                    self.at += 1;
                }
                self.end_command(Joint::Pipe);
            }
            ';' | '&' | '(' | ')' => self.end_command(Joint::Apart),
            letter if letter.is_whitespace() => self.end_word(),
            letter => self.push(letter, start),
        }
        true
    }

    fn push(&mut self, letter: char, at: usize) {
        self.word.get_or_insert_with(|| (String::new(), at)).0.push(letter);
    }

    fn push_all(&mut self, until: usize, from: usize) {
        let text = self.script.get(from..until).unwrap_or_default().to_owned();
        self.word.get_or_insert_with(|| (String::new(), from)).0.push_str(&text);
        self.at = until;
    }

    fn escape(&mut self, start: usize) {
        let Some(letter) = self.rest().chars().next() else { return };
        let line_break = self.rest().starts_with("\r\n").then_some(2).or((letter == '\n').then_some(1));
        match line_break {
            Some(length) => self.at += length,
            None => {
                self.at += letter.len_utf8();
                self.push(letter, start);
            }
        }
    }

    fn quoted_plainly(&mut self, start: usize) {
        let length = self.rest().find('\'').unwrap_or(self.rest().len());
        let (from, until) = (self.at, self.at + length);
        self.word.get_or_insert_with(|| (String::new(), start));
        self.push_all(until, from);
        self.at = (until + 1).min(self.script.len());
    }

    fn quoted(&mut self, start: usize) {
        self.word.get_or_insert_with(|| (String::new(), start));
        while let Some(letter) = self.rest().chars().next() {
            let at = self.at;
            self.at += letter.len_utf8();
            match letter {
                '"' => return,
                '\\' => {
                    let Some(next) = self.rest().chars().next() else { return };
                    self.at += next.len_utf8();
                    if next != '\n' {
                        self.push(next, at);
                    }
                }
                '$' if self.rest().starts_with('(') => self.copy_brackets(at),
                letter => self.push(letter, at),
            }
        }
    }

    fn copy_until(&mut self, end: char, start: usize) {
        let length = self.rest().find(end).map_or(self.rest().len(), |at| at + end.len_utf8());
        self.push_all(self.at + length, start);
    }

    /// Takes a substitution into the word as it is written.
    fn copy_brackets(&mut self, start: usize) {
        let mut depth = 0_usize;
        let mut until = self.script.len();
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if byte == b')' && depth == 0 {
                until = self.at + at + 1;
                break;
            }
        }
        self.push_all(until, start);
    }

    fn redirection(&mut self, letter: char) {
        // The number of a stream is no word: `2>file`.
        if self.word.as_ref().is_some_and(|(word, _)| word.bytes().all(|byte| byte.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        if letter == '<' && self.rest().starts_with('<') && !self.rest().starts_with("<<") {
            self.at += 1;
            self.here_document();
            return;
        }
        let more = self.rest().bytes().take_while(|byte| matches!(byte, b'<' | b'>' | b'&' | b'|')).count();
        self.at += more;
        self.skip_word = true;
    }

    fn here_document(&mut self) {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches(['-', ' ', '\t']).len();
        let name: String = rest
            .get(blank..)
            .unwrap_or_default()
            .chars()
            .take_while(|letter| !letter.is_whitespace())
            .collect();
        self.at += blank + name.len();
        let name = name.trim_matches(['"', '\'']).to_owned();
        if !name.is_empty() {
            self.here.push(name);
        }
    }

    fn skip_here_documents(&mut self) {
        for end in std::mem::take(&mut self.here) {
            while !self.rest().is_empty() {
                let length = self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
                let is_end = self.rest().get(..length).unwrap_or_default().trim() == end;
                self.at += length;
                if is_end {
                    break;
                }
            }
        }
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn end_word(&mut self) {
        let Some((word, start)) = self.word.take() else { return };
        if std::mem::take(&mut self.skip_word) {
            return;
        }
        if self.command.words.is_empty() {
            self.command.start = start;
        }
        self.command.end = self.before;
        self.command.words.push(word);
    }

    fn end_command(&mut self, joint: Joint) {
        self.end_word();
        self.skip_word = false;
        let mut command = std::mem::take(&mut self.command);
        strip_prefixes(&mut command);
        command.fed_by = self.pipe.take();
        if command.words.is_empty() {
            return;
        }
        if joint == Joint::Pipe {
            self.pipe = Some(command.program().to_owned());
        }
        self.found.push(command);
    }
}

/// Takes away what only stands before a command: assignments, words of the language, `sudo`, `env`.
fn strip_prefixes(command: &mut Command) {
    let mut first = 0;
    while let Some(word) = command.words.get(first) {
        let is_option_of_prefix = first > 0 && word.starts_with('-');
        match base_name(word) {
            "sudo" => command.sudo = true,
            "env" | "exec" | "time" | "nice" | "nohup" | "command" | "builtin" | "then" | "do" | "else"
            | "elif" | "if" | "while" | "until" | "!" | "{" | "}" | "fi" | "done" => {}
            _ if is_assignment(word) => {}
            _ if is_option_of_prefix => {
                // `sudo -u name`: the value belongs to the option.
                if matches!(word.as_str(), "-u" | "-g" | "-n") {
                    first += 1;
                }
            }
            _ => break,
        }
        first += 1;
    }
    command.words.drain(..first.min(command.words.len()));
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|letter: char| letter.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, wanted: &[&[&str]]) {
        let found: Vec<Vec<String>> = commands(script).into_iter().map(|command| command.words).collect();
        assert_eq!(found, wanted, "{script}");
    }

    #[test]
    fn commands_are_found_and_their_words_taken_apart() {
        check("a b && c 'd e' || f \"g\\\"h\"; i", &[&["a", "b"], &["c", "d e"], &["f", "g\"h"], &["i"]]);
        check("a \\\n  b # no\nc", &[&["a", "b"], &["c"]]);
        check("a > out 2>&1 b", &[&["a", "b"]]);
        check("if ! a; then X=1 b; fi", &[&["a"], &["b"]]);
        check("cat <<EOF > x\nrm -rf /\nEOF\nb", &[&["cat"], &["b"]]);
        check("sh -c \"$(curl x | y)\" z", &[&["sh", "-c", "$(curl x | y)", "z"]]);
    }

    #[test]
    fn pipes_and_prefixes_are_told() {
        let found = commands("curl -fsSk x | sudo -u root bash -s");
        assert_eq!(found[0].options(), ["-f", "-s", "-S", "-k", "-fsSk"]);
        assert_eq!(found[1].fed_by.as_deref(), Some("curl"));
        assert!(found[1].sudo);
        assert_eq!(found[1].words, ["bash", "-s"]);
    }

    #[test]
    fn a_command_knows_its_bytes() {
        let script = "x && apt-get install -y a";
        let found = commands(script);
        assert_eq!(&script[found[1].start..found[1].end], "apt-get install -y a");
    }

    #[test]
    fn what_never_ends_is_read_to_the_end() {
        for script in ["'a", "\"a", "a $(b", "`a", "<<", "a <", "\\", "\"\\"] {
            let _whatever = commands(script);
        }
    }
}
