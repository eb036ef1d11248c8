//! One shared text for names that come again and again.
//!
//! Keys, kinds, accounts and operations repeat in nearly every record; sharing them saves an allocation
//! for each and most of an estate's memory.

use std::collections::HashSet;
use std::sync::Arc;

/// So many texts are shared; a file that invents ever new keys does not grow the table further.
const CAPACITY: usize = 1 << 16;
/// A longer text is not worth sharing.
const LENGTH_LIMIT: usize = 128;
/// As a power of two: places for texts that are found by a look at their ends.
const RECENT_BITS: u32 = 10;

/// Gives one shared text for equal texts.
#[derive(Debug)]
pub(super) struct Interner {
    /// Found by a hash that nobody can aim at, so that no file makes it slow.
    known: HashSet<Arc<str>>,
    /// The text that was last found at each place; nearly all names are found here, without hashing.
    recent: Vec<Arc<str>>,
    /// The same for values, of which most are never seen again: they are never kept for longer than until
    /// another falls on their place.
    values: Vec<Arc<str>>,
}

impl Default for Interner {
    fn default() -> Self {
        let empty = vec![Arc::from(""); 1 << RECENT_BITS];
        Self { known: HashSet::new(), recent: empty.clone(), values: empty }
    }
}

impl Interner {
    /// The text, shared with earlier equal ones where that pays.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        let Some(recent) = self.recent.get_mut(place(text)) else { return text.into() };
        if **recent == *text {
            return Arc::clone(recent);
        }
        if text.len() > LENGTH_LIMIT {
            return text.into();
        }
        let shared = match self.known.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = text.into();
                if self.known.len() < CAPACITY {
                    self.known.insert(Arc::clone(&new));
                }
                new
            }
        };
        *recent = Arc::clone(&shared);
        shared
    }

    /// A value, shared with an equal one that was read not long ago.
    pub(super) fn share_value(&mut self, text: &str) -> Arc<str> {
        match self.values.get_mut(place(text)) {
            Some(recent) if text.len() <= LENGTH_LIMIT => {
                if **recent != *text {
                    *recent = text.into();
                }
                Arc::clone(recent)
            }
            _ => text.into(),
        }
    }
}

/// Where a text stands among the recent ones: its length and ends, mixed (Fibonacci hashing).
fn place(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(23),
        _ => bytes.iter().fold(0, |ends, byte| ends << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> (u64::BITS - RECENT_BITS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_the_table_stays_bounded() {
        let mut interner = Interner::default();
        let first = interner.share("Configuration.SecurityGroupIds");
        for at in 0..2 * CAPACITY {
            assert_eq!(*interner.share(&at.to_string()), *at.to_string());
        }
        assert_eq!(interner.known.len(), CAPACITY);
        assert!(Arc::ptr_eq(&interner.share("Configuration.SecurityGroupIds"), &first));
    }

    #[test]
    fn texts_with_equal_ends_are_told_apart() {
        let mut interner = Interner::default();
        for text in ["beginning-a-endingxx", "beginning-b-endingxx", "", "a", "a\0", "\0a", "ä"] {
            assert_eq!(&*interner.share(text), text);
            assert_eq!(&*interner.share(text), text);
            assert_eq!(&*interner.share_value(text), text);
            assert_eq!(&*interner.share_value(text), text);
        }
    }
}
