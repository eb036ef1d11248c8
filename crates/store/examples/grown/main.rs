//! Grows a recorded estate of any size, and says what it planted in it.
//!
//!     cargo run --release -p partywall-store --example grown -- --assets 100000 --into DIR
//!
//! Twenty accounts in four regions, with groups that machines share and groups of their own, policies, and
//! a known number of faults and of values that nobody could read. What was planted is printed as JSON:
//! `{"assets": n, "kinds": n, "with_policy": n, "instances": n, "planted": {check: {"fail": n, "unknown": n}}}`.
//! An assessment must find exactly that. The same size gives the same estate, to the byte.

mod estate;
mod grower;

use std::error::Error;
use std::path::PathBuf;

use grower::Grower;

fn main() -> Result<(), Box<dyn Error>> {
    let (size, folder) = arguments()?;
    let mut grower = Grower::new(&folder)?;
    estate::grow(&mut grower, size)?;
    println!("{}", grower.finish()?);
    Ok(())
}

fn arguments() -> Result<(usize, PathBuf), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--assets", size, "--into", folder] => Ok((size.parse()?, PathBuf::from(folder))),
        _ => Err("usage: grown --assets N --into DIR".into()),
    }
}
