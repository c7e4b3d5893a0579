//! What the limiter and the retries come to together, on a clock that costs no time.

use std::time::Duration;

use tokio::time::Instant;

use super::simulated::{
    Endpoint, completion, fails, faults, gives_up, good, least_requests, model, refuses, request, run,
    run_bare,
};
use super::{Deadline, LONGEST_PAUSE};
use crate::outcome::LimitReason;
use crate::provider::{Answered, ErrorKind, Limits, ProviderError, Quota, Window};
use crate::run::ask::{Bounds, ask};
use crate::run::stop::Stop;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_faulty_endpoint_costs_little_more_than_its_own_waits() {
    let cases = 1000;
    assert!((0..cases).all(|case| !gives_up(case)));
    for latency in [Duration::ZERO, Duration::from_millis(5), Duration::from_millis(50)] {
        let bare = run_bare(Endpoint::new(latency, faults), cases).await;
        let endpoint = Endpoint::new(latency, faults);
        let (model, history) = model(&endpoint, Limits::default());
        let (all, wall) = run(model, cases, Bounds::default()).await;
        assert_eq!(all.iter().filter(|a| a.result.is_ok()).count(), 1000);
        assert_eq!(endpoint.requests(), least_requests(cases), "no request was wasted");
        let log = endpoint.log.lock().unwrap();
        let history = history.lock().unwrap();
        eprintln!(
            "{latency:?} wall {wall:?} bare {bare:?} {:?} too many {} most after {}",
            history.iter().map(|h| (h.concurrency, h.pause_ms, h.reason)).take(20).collect::<Vec<_>>(),
            log.too_many,
            log.most_after
        );
    }
}
