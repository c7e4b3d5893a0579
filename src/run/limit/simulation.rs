//! What the limiter and the retries come to together, on a clock that costs no time.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::simulated::{
    Endpoint, completion, fails, faults, gives_up, good, least_requests, model, refuses, request, run,
    run_bare,
};
use super::{Deadline, LONGEST_PAUSE};
use crate::outcome::LimitReason;
use crate::provider::{Answered, ErrorKind, Limits, ProviderError, Quota, Usage, Window};
use crate::run::ask::{Asked, Bounds, ask};
use crate::run::stop::Stop;

const SECOND: Duration = Duration::from_secs(1);

fn answered(all: &[Asked]) -> usize {
    all.iter().filter(|asked| asked.result.is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn a_faulty_endpoint_costs_little_more_than_its_own_waits() {
    let cases = 1000;
    assert!((0..cases).all(|case| !gives_up(case)));
    for latency in [Duration::ZERO, Duration::from_millis(5)] {
        let bare = run_bare(Endpoint::new(latency, faults), cases).await;
        let endpoint = Endpoint::new(latency, faults);
        let (model, history) = model(&endpoint, Limits::default());
        let (all, wall) = run(model, cases, Bounds::default()).await;
        assert_eq!(answered(&all), 1000);
        assert_eq!(endpoint.requests(), least_requests(cases), "no request was wasted");
        assert!(wall <= bare.mul_f64(1.3), "{wall:?} against {bare:?}");
        let history = history.lock().unwrap();
        let cuts: Vec<u32> =
            history.iter().filter(|c| c.reason == LimitReason::RateLimited).map(|c| c.concurrency).collect();
        assert!(cuts.len() > 1 && history.len() < 20, "{history:?}");
        assert!(cuts.is_sorted_by(|a, b| a >= b), "{cuts:?}");
        let log = endpoint.log.lock().unwrap();
        assert_eq!(log.too_many, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_sends_before_a_pause_is_over() {
    // 50 requests in ten seconds, whoever asks.
    let window = Duration::from_secs(10);
    let sent = std::sync::Mutex::new((0u64, 0u32));
    let endpoint = Endpoint::new(Duration::from_millis(200), move |seen| {
        let number = seen.at.as_secs() / window.as_secs();
        let mut sent = sent.lock().unwrap();
        if sent.0 != number {
            *sent = (number, 0);
        }
        sent.1 += 1;
        if sent.1 > 50 { refuses((window * (number as u32 + 1)).saturating_sub(seen.at)) } else { good() }
    });
    let (model, history) = model(&endpoint, Limits::default());
    let (all, wall) = run(model, 300, Bounds::default()).await;
    assert_eq!(answered(&all), 300);
    let log = endpoint.log.lock().unwrap();
    for refused in &log.refusals {
        let over = window * (refused.as_secs() as u32 / 10 + 1);
        let early = log.arrivals.iter().filter(|at| *at > refused && **at < over).count();
        // Two to see, when requests that overtook each other made it look choosy.
        assert!(early <= 2, "{early} after {refused:?}");
    }
    assert!(wall < Duration::from_secs(52), "{wall:?}");
    // As many as were in flight when a window was used up.
    assert!(log.refusals.len() < 220, "{}", log.refusals.len());
    assert_eq!(log.too_many, 0);
    let told = history.lock().unwrap();
    assert!(told.iter().any(|c| c.pause_ms > 5000), "the pauses are in the history: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn it_finds_how_many_an_endpoint_takes() {
    let endpoint =
        Endpoint::new(
            Duration::from_millis(100),
            |seen| {
                if seen.in_flight > 10 { refuses(SECOND) } else { good() }
            },
        );
    let (model, _) = model(&endpoint, Limits::default());
    let (all, wall) = run(model, 2000, Bounds::default()).await;
    assert_eq!(answered(&all), 2000);
    let refused = endpoint.log.lock().unwrap().refusals.len();
    assert!(refused < 60, "{refused} refused");
    // 10 in flight need 20 s.
    assert!(wall < Duration::from_secs(30), "{wall:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_faults_is_not_slowed() {
    let cases = 6400;
    let latency = Duration::from_millis(50);
    let bare = run_bare(Endpoint::new(latency, |_| good()), cases).await;
    let endpoint = Endpoint::new(latency, |_| good());
    let (model, history) = model(&endpoint, Limits::default());
    let (all, wall) = run(model, cases, Bounds::default()).await;
    assert_eq!(answered(&all), cases as usize);
    assert!(wall <= bare + latency * 4, "{wall:?} against {bare:?}");
    let steps: Vec<_> = history.lock().unwrap().iter().map(|c| c.concurrency).collect();
    assert_eq!(steps, [16, 32, 64]);
}

#[tokio::test(start_paused = true)]
async fn requests_per_minute_are_kept() {
    let endpoint = Endpoint::new(SECOND, |_| good());
    let (model, _) = model(&endpoint, Limits { rpm: Some(120), ..Limits::default() });
    let (all, wall) = run(model, 240, Bounds::default()).await;
    assert_eq!(answered(&all), 240);
    assert!(wall > Duration::from_secs(118) && wall < Duration::from_secs(125), "{wall:?}");
    let log = endpoint.log.lock().unwrap();
    for (first, from) in log.arrivals.iter().enumerate() {
        let minute = *from + Duration::from_mins(1);
        let inside = log.arrivals[first..].iter().take_while(|at| **at < minute).count();
        assert!(inside <= 120, "{inside} in a minute from {from:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_per_minute_are_kept_by_what_was_used() {
    // 40 tokens are reserved for each answer, 15 used in all.
    let endpoint = Endpoint::new(SECOND, |_| good());
    let (model, _) = model(&endpoint, Limits { tpm: Some(1800), ..Limits::default() });
    let (all, wall) = run(model, 240, Bounds::default()).await;
    assert_eq!(answered(&all), 240);
    // 240 × 15 tokens at 30 per second.
    assert!(wall > Duration::from_secs(110) && wall < Duration::from_secs(130), "{wall:?}");
}

#[tokio::test(start_paused = true)]
async fn headers_that_say_that_nothing_is_left_are_believed() {
    let empty = Window { limit: Some(20), remaining: Some(0), reset: Some(Duration::from_secs(5)) };
    let endpoint = Endpoint::new(Duration::from_millis(100), move |seen| {
        let quota =
            Quota { requests: if seen.case == 19 { empty } else { Window::default() }, ..Quota::default() };
        Ok(Answered { completion: completion(), quota })
    });
    let (model, _) = model(&endpoint, Limits { concurrency: Some(1), ..Limits::default() });
    let (all, wall) = run(model, 30, Bounds::default()).await;
    assert_eq!(answered(&all), 30);
    assert!(wall >= Duration::from_secs(8), "{wall:?}");
    let log = endpoint.log.lock().unwrap();
    assert!(
        log.arrivals.windows(2).filter(|w| w[1].saturating_sub(w[0]) >= SECOND * 5).count() == 1,
        "{:?}",
        log.arrivals
    );
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_endpoint_gets_fewer_requests() {
    let endpoint = Endpoint::new(Duration::from_millis(100), |seen| {
        if seen.at < SECOND {
            let error = ProviderError::new(ErrorKind::Server, "529");
            return Err(ProviderError { status: Some(529), ..error });
        }
        good()
    });
    let (model, history) = model(&endpoint, Limits::default());
    let (all, _) = run(model, 100, Bounds::default()).await;
    assert_eq!(answered(&all), 100);
    let history = history.lock().unwrap();
    assert!(history.iter().any(|c| c.reason == LimitReason::Failing && c.concurrency == 8), "{history:?}");
}

#[tokio::test(start_paused = true)]
async fn a_trial_ends_with_its_time_limit() {
    let endpoint = Endpoint::new(SECOND, |_| refuses(SECOND * 5));
    let (mut model, _) = model(&endpoint, Limits::default());
    model.spec.trial_timeout_s = 60;
    let began = Instant::now();
    let asked = ask(&model, &request(1), &Bounds::default(), &|_, _| {}).await;
    let error = asked.result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("within 60 s") && error.message.contains("`trial_timeout_s`"), "{error}");
    assert!(error.message.ends_with("the last failure: 429"), "{error}");
    assert!(!asked.withdrawn && began.elapsed() <= Duration::from_mins(1));
    assert!(asked.attempts.len() >= 9, "refusals are not counted as failures");
    assert!(asked.attempts[1..].iter().all(|a| a.waited_ms >= 5000.0), "the waits are recorded");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_stalls_is_tried_again_until_the_trial_is_over() {
    let endpoint = Endpoint::new(Duration::from_hours(1), |_| good());
    let (mut model, _) = model(&endpoint, Limits::default());
    (model.spec.timeout_s, model.spec.trial_timeout_s) = (10, 35);
    let began = Instant::now();
    let asked = ask(&model, &request(1), &Bounds::default(), &|_, _| {}).await;
    assert_eq!(began.elapsed().as_secs(), 35);
    assert_eq!(asked.attempts.len(), 4);
    let first = asked.attempts[0].error.as_ref().unwrap();
    assert!(first.message.contains("no answer within 10 s (`timeout_s` of model `mock`)"), "{first:?}");
    let last = asked.attempts[3].error.as_ref().unwrap();
    assert!(last.message.contains("(what is left of `trial_timeout_s` of model `mock`)"), "{last:?}");
    assert!(asked.result.unwrap_err().message.contains("`trial_timeout_s`"));
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_with_its_time_limit() {
    let endpoint = Endpoint::new(SECOND * 3, |_| good());
    let (model, _) = model(&endpoint, Limits::default());
    let bounds = Bounds { deadline: Some(Deadline::after(SECOND * 10)), stop: None };
    let (all, wall) = run(model, 1000, bounds).await;
    assert_eq!(wall, SECOND * 10);
    let (withdrawn, rest): (Vec<_>, Vec<_>) = all.iter().partition(|a| a.withdrawn);
    assert!(rest.iter().all(|a| a.result.is_ok()) && rest.len() > 16, "what was answered in time counts");
    assert_eq!(withdrawn.len() + rest.len(), 1000, "and the rest is left for a later run");
    assert!(withdrawn.iter().all(|a| a.result.is_err()));
}

#[tokio::test(start_paused = true)]
async fn a_drain_finishes_what_is_in_flight_and_sends_nothing_more() {
    let endpoint =
        Endpoint::new(SECOND * 3, |seen| if seen.case == 0 { refuses(SECOND * 60) } else { good() });
    let (model, _) = model(&endpoint, Limits::default());
    let stop = Stop::default();
    let asker = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(SECOND * 4).await;
        asker.ask();
    });
    let (all, wall) = run(model, 1000, Bounds { stop: Some(stop), deadline: None }).await;
    assert!(wall < SECOND * 8, "{wall:?}");
    let good = answered(&all);
    assert!((15..64).contains(&good), "{good}");
    assert!(all.iter().all(|a| a.withdrawn != a.result.is_ok()));
    assert!(endpoint.log.lock().unwrap().arrivals.iter().all(|at| *at <= SECOND * 4));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_too_long_ends_the_run() {
    let endpoint = Endpoint::new(SECOND, |_| refuses(LONGEST_PAUSE + SECOND));
    let (model, _) = model(&endpoint, Limits { concurrency: Some(2), ..Limits::default() });
    let (all, wall) = run(model, 20, Bounds::default()).await;
    assert!(wall < SECOND * 4, "{wall:?}");
    assert!(endpoint.requests() <= 3, "{}", endpoint.requests());
    assert_eq!(all.iter().filter(|a| a.withdrawn).count(), 20 - endpoint.requests());
    assert!(all.iter().all(|a| a.ends_run.as_deref().unwrap().contains("121 s")));
    let refused = all.iter().find(|a| !a.withdrawn).unwrap().result.as_ref().unwrap_err();
    assert_eq!(refused.message, "429; it asks for a pause of 121 s, which is too long to wait for");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_costs_one_request() {
    for kind in [ErrorKind::Auth, ErrorKind::UnknownModel] {
        let endpoint = Endpoint::new(Duration::from_millis(300), move |_| fails(kind));
        let (model, _) = model(&endpoint, Limits::default());
        let (all, _) = run(model, 500, Bounds::default()).await;
        assert_eq!(endpoint.requests(), 1);
        assert_eq!(all.iter().filter(|a| !a.withdrawn).count(), 1, "one error, not 500");
        assert!(all.iter().all(|a| a.result.as_ref().is_err_and(|e| e.kind == kind)));
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_usage_keeps_the_estimate() {
    let endpoint = Endpoint::new(SECOND, |_| {
        let mut completion = completion();
        completion.usage = Usage::default();
        Ok(completion.into())
    });
    let (model, _) = model(&endpoint, Limits { tpm: Some(2400), ..Limits::default() });
    let (all, wall) = run(model, 120, Bounds::default()).await;
    assert_eq!(answered(&all), 120);
    // 120 × 40 tokens at 40 per second.
    assert!(wall > Duration::from_secs(115), "{wall:?}");
}

#[tokio::test(start_paused = true)]
async fn those_who_leave_the_queue_hold_nobody_up() {
    let endpoint = Endpoint::new(SECOND, |_| good());
    let (model, _) = model(&endpoint, Limits { concurrency: Some(1), ..Limits::default() });
    let line = model.line.as_ref().unwrap();
    let first = line.limiter.try_admit(1).unwrap();
    assert!(line.limiter.try_admit(1).is_none());
    let left = tokio::time::timeout(SECOND, line.limiter.admit(1)).await;
    assert!(left.is_err());
    drop(first);
    // One is given its ticket and leaves before it takes it.
    let second = line.limiter.try_admit(1).unwrap();
    {
        let mut gone = Box::pin(line.limiter.admit(1));
        assert!(gone.as_mut().now_or_never().is_none());
        drop(second);
    }
    let third = tokio::time::timeout(SECOND, line.limiter.admit(1)).await;
    assert!(third.is_ok(), "its ticket was given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_lose_no_ticket() {
    let limits = Limits { concurrency: Some(3), ..Limits::default() };
    let limiter = std::sync::Arc::new(super::Limiter::new("https://api.example", &limits));
    let inside = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (limiter, inside) = (limiter.clone(), inside.clone());
        tasks.spawn(async move {
            for _ in 0..500 {
                let ticket = match limiter.try_admit(1) {
                    Some(ticket) => ticket,
                    None => limiter.admit(1).await.unwrap(),
                };
                let before = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                assert!(before < 3);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                ticket.answered(&completion().into());
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(limiter.concurrency(), 3);
}
