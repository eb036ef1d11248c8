//! Reads the time of judgement from the command line.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// `today` is the present, a date its last second (so that evidence of the day is not from the future), anything else an RFC 3339 time.
pub(crate) fn parse(text: &str, present: Timestamp) -> Result<Timestamp, String> {
    if matches!(text, "today" | "now") {
        return Ok(present);
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let last = date.to_datetime(Time::constant(23, 59, 59, 0));
        return Offset::UTC.to_timestamp(last).map_err(|error| format!("`{text}`: {error}"));
    }
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no time; write `today`, a date like 2026-11-01 or a time like 2026-11-01T12:00:00Z"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_today_are_read() {
        let present = Timestamp::UNIX_EPOCH;
        assert_eq!(parse("today", present), Ok(present));
        assert_eq!(parse("2026-11-01", present).unwrap().to_string(), "2026-11-01T23:59:59Z");
        assert_eq!(parse("2026-11-01T12:00:00Z", present).unwrap().to_string(), "2026-11-01T12:00:00Z");
        assert!(parse("yesterday", present).unwrap_err().contains("write `today`"));
    }
}
