//! What a command costs: processor seconds, wall seconds, peak memory. Linux only, from `/proc`.

use std::fs;
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::setup::shown;

/// How often the memory of a running command is read.
const INTERVAL: Duration = Duration::from_millis(2);

/// What a finished command cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) status: ExitStatus,
    /// User and system time of the process and all of its descendants that were waited for.
    pub(crate) cpu_seconds: f64,
    pub(crate) wall_seconds: f64,
    /// The greatest resident size of the process itself that was seen, in kilobytes.
    pub(crate) peak_kilobytes: u64,
}

/// Runs a command to its end.
///
/// The kernel keeps the greatest resident size as `VmHWM`; it is read every two milliseconds, so growth in
/// the last moment before the end can be missed.
pub(crate) fn run(command: &mut Command) -> Outcome<Cost> {
    let shown = shown(command);
    let before = children_ticks()?;
    let start = Instant::now();
    let mut child =
        command.spawn().map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}")))?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kilobytes = 0;
    let status = loop {
        if let Ok(status) = fs::read_to_string(&status_file) {
            peak_kilobytes = peak_kilobytes.max(high_water(&status).unwrap_or(0));
        }
        match child.try_wait() {
            Ok(None) => sleep(INTERVAL),
            Ok(Some(status)) => break status,
            Err(error) => return Err(Failure::new(format!("`{shown}` cannot be waited for: {error}"))),
        }
    };
    let wall_seconds = start.elapsed().as_secs_f64();
    let ticks = children_ticks()?.saturating_sub(before);
    let cpu_seconds = exact(ticks) / exact(ticks_per_second()?);
    Ok(Cost { status, cpu_seconds, wall_seconds, peak_kilobytes })
}

/// User and system time of all children that this process has waited for, in clock ticks: the fields
/// `cutime` and `cstime` of `/proc/self/stat` (proc(5)).
fn children_ticks() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| Failure::new(format!("processor time is read from /proc/self/stat: {error}")))?;
    parse_children_ticks(&stat)
        .ok_or_else(|| Failure::new("/proc/self/stat does not have the fields of proc(5)"))
}

fn parse_children_ticks(stat: &str) -> Option<u64> {
    // The second field, the program's name in brackets, may hold spaces.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn ticks_per_second() -> Outcome<u64> {
    let output = Command::new("getconf").arg("CLK_TCK").output();
    output
        .ok()
        .and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse().ok())
        .ok_or_else(|| Failure::new("`getconf CLK_TCK` gives no number"))
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Ticks and kilobytes of a measurement fit into 52 bits.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn exact(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_proc_are_found_behind_an_odd_name() {
        let stat = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 100 200 30 12 20 0 1 0";
        assert_eq!(parse_children_ticks(stat), Some(42));
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    5096 kB\n"), Some(5096));
    }

    #[test]
    fn work_of_a_child_is_counted() {
        let cost = run(Command::new("sh").args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"]))
            .unwrap();
        assert!(cost.status.success());
        assert!(cost.cpu_seconds > 0.0, "{cost:?}");
        assert!(cost.peak_kilobytes > 0, "{cost:?}");
    }
}
