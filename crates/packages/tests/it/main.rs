//! What each file of packages becomes.

mod files;
mod hostile;
mod javascript;
mod others;
mod python;
