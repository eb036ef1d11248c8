//! What outlives a run: saved evidence and the history of runs. No other crate writes state.
//!
//! [`evidence`] is the folder of what was read from an estate, so that it can be judged again without the
//! account; [`history`] is the database of what earlier runs found, so that a gap has an age. Both outlive
//! the program that wrote them: their forms are versioned, kept apart from the types of the model, and a
//! sample of every version is read in the tests.

pub mod evidence;
pub mod history;
