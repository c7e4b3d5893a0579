//! The pause that an endpoint asks for, shared by all trials.
//!
//! A refusal speaks for the endpoint until the endpoint shows otherwise: nothing is sent before the pause is
//! over, unless a request that was sent *after* the refused one is answered well. Then the refusal was of
//! that one request, and only that request waits. So an endpoint that is out of quota is left
//! alone, and one that refuses here and there does not stop the others. Where nothing in flight can
//! show it, and the endpoint was last seen to refuse here and there, one request is sent to see.

use std::time::Duration;

use tokio::time::Instant;

/// After a pause, requests are let go over this share of its length, in so many groups.
const RAMP_SHARE: u32 = 10;
const RAMP_GROUPS: u32 = 4;
const LONGEST_RAMP: Duration = Duration::from_secs(1);
/// Requests that are sent during pauses of an endpoint that refused here and there before it counts as closed.
const TRUST: u32 = 2;

/// A pause in force.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    length: Duration,
    /// The newest request that was refused; a good answer to a newer one ends the pause.
    refused: u64,
    /// The endpoint says that nothing is left: only time ends the pause.
    firm: bool,
    /// Whether it was told to the history.
    told: bool,
}

/// Requests that are let go group by group.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    /// When the group that is being sent may go.
    from: Instant,
    gap: Duration,
    groups: u32,
    /// Requests per group, and what is left of this one.
    size: u32,
    left: u32,
}

/// The pause, when there is one, and what follows it.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    pause: Option<Pause>,
    ramp: Option<Ramp>,
    /// The newest request that was answered well, plus one.
    answered: u64,
    /// Length of a pause that ran out before it was told.
    ran_out: Option<Duration>,
    /// How many requests may be sent during pauses, to see: [`TRUST`] once the endpoint was seen to refuse
    /// here and there, one less for each that was refused as well.
    trust: u32,
    /// How often in a row the endpoint was seen to refuse here and there.
    lifted: u32,
    /// A request that was sent during a pause, to see.
    probe: Option<u64>,
}

impl Pauses {
    /// Request number `seq` was refused for so long; `firm` where the endpoint says that nothing is left.
    pub(super) fn refused(&mut self, seq: u64, length: Duration, firm: bool, now: Instant) {
        if self.probe == Some(seq) {
            self.probe = None;
            self.trust = self.trust.saturating_sub(1);
            self.lifted = 0;
        }
        if length.is_zero() {
            return;
        }
        if !firm && seq < self.answered {
            self.lifted();
            return;
        }
        let until = now + length;
        let pause = self.pause.get_or_insert(Pause { until, length, refused: seq, firm, told: false });
        pause.refused = pause.refused.max(seq);
        pause.firm |= firm;
        if until > pause.until {
            pause.length += until - pause.until;
            pause.until = until;
        }
        self.ramp = None;
    }

    /// Request number `seq` was answered well; returns whether that ended a pause.
    pub(super) fn answered(&mut self, seq: u64) -> bool {
        self.answered = self.answered.max(seq + 1);
        let over = self.pause.is_some_and(|p| !p.firm && seq > p.refused);
        if over {
            self.pause = None;
            self.lifted();
        }
        over
    }

    /// The endpoint refused one and answered a newer one. Once may be chance: requests overtake each other.
    fn lifted(&mut self) {
        self.lifted += 1;
        if self.lifted > 1 {
            self.trust = TRUST;
        }
    }

    /// Until when the next request has to wait; `None` = it may go. `limit` is how many may be in flight,
    /// `in_flight` how many are.
    pub(super) fn blocked_until(&mut self, limit: u32, in_flight: u32, now: Instant) -> Option<Instant> {
        if let Some(pause) = self.pause {
            if now < pause.until {
                let may_see = in_flight == 0 && self.trust > 0 && !pause.firm;
                return Some(pause.until).filter(|_| !may_see);
            }
            let gap = (pause.length / RAMP_SHARE).min(LONGEST_RAMP) / RAMP_GROUPS;
            let size = limit.div_ceil(RAMP_GROUPS);
            self.ramp = Some(Ramp { from: pause.until, gap, groups: RAMP_GROUPS, size, left: size });
            self.lifted = 0;
            self.ran_out = Some(pause.length).filter(|_| !pause.told);
            self.pause = None;
        }
        self.ramp.map(|r| r.from).filter(|from| now < *from)
    }

    /// Request number `seq` went.
    pub(super) fn sent(&mut self, seq: u64) {
        if self.pause.is_some() {
            self.probe = Some(seq);
        }
        if let Some(ramp) = &mut self.ramp {
            ramp.left = ramp.left.saturating_sub(1);
            if ramp.left == 0 {
                ramp.from += ramp.gap;
                ramp.groups -= 1;
                ramp.left = ramp.size;
            }
            if ramp.groups == 0 {
                self.ramp = None;
            }
        }
    }

    /// A pause that was not told yet: what is left of one that nothing in flight can end any more, or the
    /// whole of one that ran out.
    pub(super) fn news(&mut self, in_flight: u32, now: Instant) -> Option<Duration> {
        if let Some(length) = self.ran_out.take() {
            return Some(length);
        }
        let certain = in_flight == 0 && self.trust == 0;
        let pause = self.pause.as_mut().filter(|p| !p.told && (p.firm || certain))?;
        pause.told = true;
        Some(pause.until.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nobody_goes_before_the_end() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, false, now);
        pauses.refused(2, SECOND / 2, false, now);
        assert_eq!(pauses.blocked_until(8, 1, now), Some(now + SECOND), "the longer one counts");
        assert!(!pauses.answered(3), "sent before the refused one");
        assert_eq!(pauses.blocked_until(8, 1, now + SECOND - Duration::from_millis(1)), Some(now + SECOND));
        assert_eq!(pauses.blocked_until(8, 1, now + SECOND), None);
    }

    #[test]
    fn an_endpoint_that_goes_on_answering_is_not_left_alone() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, false, now);
        assert!(pauses.answered(5));
        assert_eq!(pauses.blocked_until(8, 1, now), None);
        pauses.refused(3, SECOND, false, now);
        assert_eq!(pauses.blocked_until(8, 1, now), None, "a newer one was answered already");
        pauses.refused(6, SECOND, false, now);
        assert_eq!(pauses.blocked_until(8, 1, now), Some(now + SECOND));
    }

    #[test]
    fn an_endpoint_that_refuses_here_and_there_is_asked_once_to_see() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, false, now);
        assert_eq!(pauses.blocked_until(8, 0, now), Some(now + SECOND), "nothing is known of it yet");
        pauses.answered(5);
        pauses.refused(6, SECOND, false, now);
        assert_eq!(pauses.blocked_until(8, 0, now), Some(now + SECOND), "once may be chance");
        pauses.answered(7);
        pauses.refused(8, SECOND, false, now);
        assert_eq!(pauses.blocked_until(8, 1, now), Some(now + SECOND), "the one in flight may show it");
        assert_eq!(pauses.news(0, now), None, "nothing is certain yet");
        assert_eq!(pauses.blocked_until(8, 0, now), None);
        for seq in 9..11 {
            pauses.sent(seq);
            assert_eq!(pauses.blocked_until(8, 1, now), Some(now + SECOND), "one at a time");
            pauses.refused(seq, SECOND, false, now);
        }
        assert_eq!(pauses.blocked_until(8, 0, now), Some(now + SECOND), "now it is");
        assert_eq!(pauses.news(0, now), Some(SECOND));
    }

    #[test]
    fn a_firm_pause_ends_by_time_only() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, true, now);
        assert!(!pauses.answered(100));
        assert_eq!(pauses.blocked_until(8, 1, now), Some(now + SECOND));
    }

    #[test]
    fn after_a_pause_requests_go_group_by_group() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, false, now);
        let end = now + SECOND;
        let gap = Duration::from_millis(25);
        for group in 0..4 {
            let at = end + gap * group;
            assert_eq!(pauses.blocked_until(8, 1, at), None);
            pauses.sent(5);
            assert_eq!(pauses.blocked_until(8, 1, at), None, "two of the eight");
            pauses.sent(5);
            let next = (group < 3).then_some(at + gap);
            assert_eq!(pauses.blocked_until(8, 1, at), next, "then freely");
        }
    }

    #[test]
    fn a_pause_is_told_once_and_only_when_it_is_certain() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        assert_eq!(pauses.news(0, now), None);
        pauses.refused(4, SECOND, false, now);
        assert_eq!(pauses.news(3, now), None, "one of the three may still be answered");
        assert_eq!(pauses.news(0, now + SECOND / 2), Some(SECOND / 2));
        assert_eq!(pauses.news(0, now), None);
        pauses.refused(5, Duration::ZERO, false, now);
        assert_eq!(pauses.blocked_until(1, 1, now), Some(now + SECOND));
    }

    #[test]
    fn a_pause_that_slow_answers_outlasted_is_told_at_its_end() {
        let now = Instant::now();
        let mut pauses = Pauses::default();
        pauses.refused(4, SECOND, false, now);
        assert_eq!(pauses.blocked_until(4, 1, now + SECOND * 2), None);
        assert_eq!(pauses.news(3, now + SECOND * 2), Some(SECOND));
        assert_eq!(pauses.news(3, now + SECOND * 2), None);
    }
}
