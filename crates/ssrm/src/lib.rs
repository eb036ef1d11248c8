//! Responsibility: who holds each control for each asset, how well the customer's side is held, and what
//! to mend first.
//!
//! Three steps, each over the one before: [`Resolver`] says of every asset and control whose it is (a
//! [`Line`]); [`status`] joins the lines with what the checks found into the score's input; [`score`] turns
//! that into ranges and levels. [`fixes`], [`switches`] and [`frameworks`] read the result. All of it is plain
//! functions over what was read: no I/O, and the time is an argument.

pub mod fixes;
pub mod frameworks;
pub mod handover;
mod line;
mod resolve;
pub mod score;
pub mod status;
pub mod switches;

pub use line::{Drift, Line, LineSet, Need, Position, SwitchState, shown};
pub use resolve::Resolver;
