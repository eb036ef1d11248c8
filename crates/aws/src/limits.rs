//! How often and how much: limits of size, time and concurrency, the delay before another attempt, and the rate that
//! follows what a service lets through.

use std::time::Duration;

use tokio::time::Instant;

/// The limits of a client. The defaults suit an account of any size.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests under way at once to one service in one region.
    pub concurrency_per_service: usize,
    /// Attempts of a call, the first included.
    pub attempts: u32,
    /// For a call, with all attempts and the waiting between them.
    pub deadline: Duration,
    /// To open a connection.
    pub connect_timeout: Duration,
    /// For one attempt, to the last byte of the answer.
    pub attempt_timeout: Duration,
    /// Bytes of an answer.
    pub body: usize,
    /// Pages of a list.
    pub pages: u64,
    /// The longest wait before a second attempt; it doubles with each, to forty times this.
    pub backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 32,
            concurrency_per_service: 8,
            attempts: 5,
            deadline: Duration::from_secs(180),
            connect_timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(60),
            body: 256 << 20,
            pages: 100_000,
            backoff: Duration::from_millis(500),
        }
    }
}

impl Limits {
    /// The wait before attempt `attempt + 1`: full jitter, a random share of a bound that doubles.
    /// `share` is in 0..1. A service that says how long to wait is waited for, if that is within a minute.
    pub(crate) fn delay(&self, attempt: u32, share: f64, told: Option<Duration>) -> Duration {
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1)).min(40);
        let own = (self.backoff * factor).mul_f64(share.clamp(0.0, 1.0));
        told.map_or(own, |t| own.max(t.min(Duration::from_secs(60))))
    }
}

/// The rate of requests to one service in one region.
///
/// There is none until the service first throttles. From then on a token bucket is kept at a rate that falls to
/// seven tenths of what got through at each throttle, and grows back along a cubic curve: slowly around the rate that
/// was too high, faster away from it (the CUBIC curve of RFC 9438 §4.2, over requests per second).
#[derive(Debug)]
pub(crate) struct AdaptiveRate {
    /// Requests per second; `None` until the first throttle.
    limit: Option<f64>,
    /// The rate at the last throttle, and when it was.
    peak: f64,
    throttled_at: Instant,
    /// Requests that may be sent now; below zero, requests that have been promised a later moment.
    tokens: f64,
    filled_at: Instant,
    measured: f64,
    window_start: Instant,
    window_count: f64,
}

const CUT: f64 = 0.7;
const GROWTH: f64 = 0.4;
const SLOWEST: f64 = 0.5;
const BURST: f64 = 2.0;
const WINDOW: f64 = 0.5;

impl AdaptiveRate {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            limit: None,
            peak: 0.0,
            throttled_at: now,
            tokens: BURST,
            filled_at: now,
            measured: 0.0,
            window_start: now,
            window_count: 0.0,
        }
    }

    /// Takes a place, and says how long to wait for it.
    pub(crate) fn reserve(&mut self, now: Instant) -> Duration {
        self.count(now);
        let Some(rate) = self.limit else { return Duration::ZERO };
        let since = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + since * rate).min(BURST);
        self.filled_at = now;
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / rate) }
    }

    pub(crate) fn throttled(&mut self, now: Instant) {
        let got_through = match self.limit {
            Some(limit) => limit.min(self.measured.max(SLOWEST)),
            None => self.measured.max(1.0),
        };
        self.peak = got_through;
        self.throttled_at = now;
        self.limit = Some((got_through * CUT).max(SLOWEST));
        self.tokens = self.tokens.min(0.0);
        self.filled_at = now;
    }

    pub(crate) fn answered(&mut self, now: Instant) {
        if self.limit.is_none() {
            return;
        }
        let since = now.saturating_duration_since(self.throttled_at).as_secs_f64();
        let turn = (self.peak * (1.0 - CUT) / GROWTH).cbrt();
        let curve = GROWTH * (since - turn).powi(3) + self.peak;
        // What is not used is not granted: the rate stays within twice of what is asked for.
        self.limit = Some(curve.min(2.0 * self.measured.max(1.0)).max(SLOWEST));
    }

    fn count(&mut self, now: Instant) {
        self.window_count += 1.0;
        let since = now.saturating_duration_since(self.window_start).as_secs_f64();
        if since >= WINDOW {
            self.measured = 0.8 * (self.window_count / since) + 0.2 * self.measured;
            self.window_start = now;
            self.window_count = 0.0;
        } else if self.measured == 0.0 {
            // Before the first window has passed: as if the requests so far were all of it.
            self.measured = self.window_count / WINDOW;
        }
    }

    #[cfg(test)]
    pub(crate) fn limit(&self) -> Option<f64> {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn nothing_is_held_back_before_the_first_throttle() {
        let start = Instant::now();
        let mut rate = AdaptiveRate::new(start);
        for i in 0..1000 {
            assert_eq!(rate.reserve(at(start, i)), Duration::ZERO);
        }
        rate.answered(at(start, 1000));
        assert_eq!(rate.limit(), None);
    }

    #[test]
    fn a_throttle_cuts_the_rate_to_seven_tenths_of_what_got_through() {
        let start = Instant::now();
        let mut rate = AdaptiveRate::new(start);
        for i in 0..200 {
            rate.reserve(at(start, i * 10));
        }
        rate.throttled(at(start, 2000));
        let limit = rate.limit().unwrap();
        assert!((55.0..85.0).contains(&limit), "{limit}");
    }

    #[test]
    fn places_are_spread_at_the_limit() {
        let start = Instant::now();
        let mut rate = AdaptiveRate::new(start);
        rate.reserve(start);
        rate.throttled(start);
        let limit = rate.limit().unwrap();
        let waits: Vec<f64> = (0..10).map(|_| rate.reserve(start).as_secs_f64()).collect();
        for pair in waits.windows(2) {
            assert!((pair[1] - pair[0] - 1.0 / limit).abs() < 1e-6, "{waits:?}");
        }
    }

    #[test]
    fn the_rate_recovers_while_requests_are_answered_and_never_falls_to_nothing() {
        let start = Instant::now();
        let mut rate = AdaptiveRate::new(start);
        for i in 0..100 {
            rate.reserve(at(start, i * 20));
        }
        for _ in 0..50 {
            rate.throttled(at(start, 2000));
        }
        let low = rate.limit().unwrap();
        assert!(low >= SLOWEST);
        let mut last = low;
        for i in 0..3000 {
            let now = at(start, 2000 + i * 20);
            rate.reserve(now);
            rate.answered(now);
            last = rate.limit().unwrap();
        }
        assert!(last > 40.0, "{low} grew to {last}");
    }

    #[test]
    fn the_bound_of_the_delay_doubles_and_the_services_own_wait_is_kept_to() {
        let limits = Limits { backoff: Duration::from_millis(100), ..Limits::default() };
        assert_eq!(limits.delay(1, 1.0, None), Duration::from_millis(100));
        assert_eq!(limits.delay(3, 1.0, None), Duration::from_millis(400));
        assert_eq!(limits.delay(30, 1.0, None), Duration::from_secs(4));
        assert_eq!(limits.delay(3, 0.0, None), Duration::ZERO);
        assert_eq!(limits.delay(1, 0.5, Some(Duration::from_secs(2))), Duration::from_secs(2));
        assert_eq!(limits.delay(1, 0.5, Some(Duration::from_secs(3600))), Duration::from_secs(60));
    }
}
