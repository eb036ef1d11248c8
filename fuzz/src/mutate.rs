//! Makes inputs out of seeds: what a parser has to be wary of, in a few strokes.
//!
//! Bytes are flipped, cut, doubled and replaced; words of the format are put in; lines, bracketed parts and
//! entries of lists and maps are doubled, left out and grafted from one seed into another, because a text that
//! still has its structure gets further; two seeds are spliced; numbers are pushed to where they overflow. All
//! of it follows from one number, so a run can be repeated.

use std::ops::Range;

use fastrand::Rng;

/// Bytes on which parsers like to trip.
const SHARP: [u8; 10] = [0, 1, b'\n', b'"', b'{', b'<', 0x7f, 0x80, 0xfe, 0xff];
/// Numbers on which they do.
const NUMBERS: [&str; 9] =
    ["0", "-1", "255", "65536", "2147483648", "9223372036854775808", "18446744073709551616", "1e999", "0.5"];

/// An endless source of inputs.
#[derive(Debug)]
pub struct Mutator<'a> {
    rng: Rng,
    seeds: &'a [Vec<u8>],
    words: &'a [&'a str],
    longest: usize,
}

impl<'a> Mutator<'a> {
    /// Inputs from these seeds, with these words, of at most so many bytes.
    pub fn new(number: u64, seeds: &'a [Vec<u8>], words: &'a [&'a str], longest: usize) -> Self {
        Self { rng: Rng::with_seed(number), seeds, words, longest }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = match self.rng.u8(..) {
            0..8 => self.noise(),
            8..24 => self.soup(),
            _ => self.seed(),
        };
        // Few strokes leave most of a seed as it is; many explore.
        let strokes = 1 + self.rng.u32(..).leading_zeros();
        for _ in 0..strokes {
            self.stroke(&mut input);
        }
        input.truncate(self.longest);
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        self.rng.choice(self.seeds).cloned().unwrap_or_default()
    }

    fn noise(&mut self) -> Vec<u8> {
        let length = self.rng.usize(..=self.longest.min(256));
        (0..length).map(|_| self.rng.u8(..)).collect()
    }

    /// Words in any order.
    fn soup(&mut self) -> Vec<u8> {
        let count = self.rng.usize(..24);
        (0..count).flat_map(|_| self.word()).collect()
    }

    fn word(&mut self) -> Vec<u8> {
        match self.rng.choice(self.words) {
            Some(word) => word.as_bytes().to_vec(),
            None => vec![self.rng.u8(..)],
        }
    }

    fn stroke(&mut self, input: &mut Vec<u8>) {
        let at = self.rng.usize(..=input.len());
        match self.rng.u8(..20) {
            0 => {
                let bit = 1 << self.rng.u8(..8);
                input.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            }
            1 => {
                let sharp = self.rng.choice(SHARP).unwrap_or_default();
                input.get_mut(at).into_iter().for_each(|byte| *byte = sharp);
            }
            2 => {
                let word = self.word();
                input.splice(at..at, word);
            }
            3 => {
                let (word, part) = (self.word(), self.part(input));
                input.splice(part, word);
            }
            4 => drop(input.drain(self.part(input))),
            5 => self.double(input, |mutator, input| mutator.part(input)),
            6 => self.splice(input),
            7 => self.number(input),
            8 => drop(input.drain(self.piece(input))),
            9 => self.double(input, |mutator, input| mutator.piece(input)),
            10 => self.transplant(input),
            11 => input.truncate(at),
            12..14 => self.leave_out(input),
            14..16 => self.repeat(input),
            16..19 => self.graft(input),
            _ => {
                let word = self.word();
                let place = self.entry(input);
                input.splice(place, word);
            }
        }
        // Doubling must not run away.
        input.truncate(self.longest);
    }

    /// Some short range.
    fn part(&mut self, input: &[u8]) -> Range<usize> {
        let from = self.rng.usize(..=input.len());
        let most = 1 << self.rng.u8(..7);
        let length = self.rng.usize(..=(input.len() - from).min(most));
        from..from + length
    }

    /// A range that means something: a line, or what stands between brackets or quotes, with them.
    fn piece(&mut self, input: &[u8]) -> Range<usize> {
        let from = self.rng.usize(..=input.len());
        let rest = input.get(from..).unwrap_or_default();
        let Some(skipped) = rest.iter().position(|byte| b"{[(<\"\n".contains(byte)) else {
            return from..input.len();
        };
        let open = rest.get(skipped).copied().unwrap_or_default();
        let close = match open {
            b'{' => b'}',
            b'[' => b']',
            b'(' => b')',
            b'<' => b'>',
            same => same,
        };
        let mut depth = 0_usize;
        for (at, byte) in rest.iter().enumerate().skip(skipped) {
            if *byte == close && (open != close || at > skipped) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + skipped..from + at + usize::from(close != b'\n');
                }
            } else if *byte == open {
                depth += 1;
            }
        }
        from + skipped..input.len()
    }

    /// Puts a range there once more, a few times.
    fn double(&mut self, input: &mut Vec<u8>, range: impl Fn(&mut Self, &[u8]) -> Range<usize>) {
        let range = range(self, input);
        let Some(copy) = input.get(range.clone()).map(<[u8]>::to_vec) else { return };
        let times = if self.rng.u8(..8) == 0 { 1 << self.rng.u8(..8) } else { 1 };
        if copy.len().saturating_mul(times) <= self.longest {
            input.splice(range.end..range.end, copy.repeat(times));
        }
    }

    /// The beginning of this and the end of another seed.
    fn splice(&mut self, input: &mut Vec<u8>) {
        let other = self.seed();
        input.truncate(self.rng.usize(..=input.len()));
        input.extend(other.iter().skip(self.rng.usize(..=other.len())));
    }

    /// A meaningful part of another seed in the place of one of this.
    fn transplant(&mut self, input: &mut Vec<u8>) {
        let other = self.seed();
        let piece = self.piece(&other);
        let place = self.piece(input);
        input.splice(place, other.get(piece).unwrap_or_default().to_vec());
    }

    /// Some entry of a list, a map or a call; an empty range where there is none.
    fn entry(&mut self, input: &[u8]) -> Range<usize> {
        self.rng.choice(entries(input)).unwrap_or(0..0)
    }

    /// One entry less, with its comma.
    fn leave_out(&mut self, input: &mut Vec<u8>) {
        let Range { start, end } = self.entry(input);
        let before = start.checked_sub(1).filter(|at| input.get(*at) == Some(&b','));
        let place = match input.get(end) {
            Some(b',') => start..end + 1,
            _ => before.unwrap_or(start)..end,
        };
        input.drain(place);
    }

    /// One entry once more, behind a comma.
    fn repeat(&mut self, input: &mut Vec<u8>) {
        let place = self.entry(input);
        let copy = input.get(place.clone()).unwrap_or_default();
        let copy = [b",", copy].concat();
        input.splice(place.end..place.end, copy);
    }

    /// An entry of this or another seed in the place of one.
    fn graft(&mut self, input: &mut Vec<u8>) {
        let other = if self.rng.bool() { self.seed() } else { input.clone() };
        let (place, from) = (self.entry(input), self.entry(&other));
        input.splice(place, other.get(from).unwrap_or_default().to_vec());
    }

    /// Another number in the place of one.
    fn number(&mut self, input: &mut Vec<u8>) {
        let from = self.rng.usize(..=input.len());
        let digit = |byte: &u8| byte.is_ascii_digit();
        let Some(start) = input.iter().skip(from).position(digit).map(|at| from + at) else { return };
        let length = input.iter().skip(start).take_while(|byte| digit(byte)).count();
        let number = self.rng.choice(NUMBERS).unwrap_or_default();
        input.splice(start..start + length, number.bytes());
    }
}

/// What stands between brackets and commas, whatever the format; brackets within quotes are none.
fn entries(input: &[u8]) -> Vec<Range<usize>> {
    let mut entries = Vec::new();
    let mut open = Vec::new();
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in input.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' | b'(' => open.push(at + 1),
            b',' => {
                if let Some(start) = open.last_mut() {
                    entries.push(*start..at);
                    *start = at + 1;
                }
            }
            b'}' | b']' | b')' => entries.extend(open.pop().map(|start| start..at)),
            _ => {}
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(number: u64) -> Vec<Vec<u8>> {
        let seeds = [b"{\"a\": [1, 2]}\n{\"b\": 3}\n".to_vec(), b"second".to_vec()];
        let mut mutator = Mutator::new(number, &seeds, &["null", "[]"], 64);
        (0..5_000).map(|_| mutator.input()).collect()
    }

    #[test]
    fn the_same_number_gives_the_same_inputs_and_another_gives_others() {
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
    }

    #[test]
    fn inputs_stay_short_and_are_not_all_alike() {
        let mut inputs = inputs(7);
        assert!(inputs.iter().all(|input| input.len() <= 64));
        let made = inputs.len();
        inputs.sort();
        inputs.dedup();
        assert!(inputs.len() > made / 3, "{} of {made} differ", inputs.len());
    }

    #[test]
    fn entries_stand_between_brackets_and_commas_outside_of_quotes() {
        let text = br#"{"a,}": [1, f(x)], b}"#;
        let entries: Vec<&[u8]> = entries(text).into_iter().map(|range| &text[range]).collect();
        let expected: [&[u8]; 5] = [b"1", b"x", b" f(x)", br#""a,}": [1, f(x)]"#, b" b"];
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_piece_is_a_bracketed_part_with_its_brackets() {
        let text = b"x {a{b}c} y";
        let mut mutator = Mutator::new(3, &[], &[], 64);
        let pieces: Vec<&[u8]> = (0..200).map(|_| mutator.piece(text)).map(|range| &text[range]).collect();
        assert!(pieces.contains(&&b"{a{b}c}"[..]) && pieces.contains(&&b"{b}"[..]), "{pieces:?}");
    }
}
