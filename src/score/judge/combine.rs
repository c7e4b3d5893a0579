//! From the replies to one finding: each reply is read by itself, and more than half must agree.

use crate::provider::StopReason;
use crate::score::{Evidence, Finding, Reply, ScoreState};

use super::fence::neutral;
use super::verdict::{Claim, Contract, Support, Verdict};

/// What a reply is read with.
pub(super) struct Reading<'a> {
    pub(super) answer: &'a str,
    pub(super) questions: &'a [String],
    /// Ids of the passages that were shown.
    pub(super) known: &'a [&'a str],
    pub(super) min: f64,
}

/// Characters of a reply that is no verdict, as evidence.
const SHOWN: usize = 300;

/// The finding that more than half of the replies agree on; `JudgeError` or `Unparsed` without one.
pub(super) fn combine(contract: &Contract<'_>, reading: &Reading<'_>, replies: &[Reply]) -> Finding {
    let findings: Vec<Finding> = replies.iter().map(|reply| one(contract, reading, reply)).collect();
    let asked = findings.len();
    let class = |finding: &Finding| match finding.state {
        ScoreState::Scored { pass, .. } => Some(Some(pass)),
        ScoreState::NotApplicable => Some(None),
        ScoreState::Unparsed | ScoreState::JudgeError => None,
    };
    let agree = |with: Option<bool>| findings.iter().filter(|f| class(f) == Some(with)).count();
    let winner = [Some(true), Some(false), None].into_iter().find(|class| agree(*class) * 2 > asked);
    let Some(winner) = winner else { return undecided(findings) };
    let votes = agree(winner);
    let mut same: Vec<Finding> = findings.into_iter().filter(|f| class(f) == Some(winner)).collect();
    let values: Vec<f64> = same
        .iter()
        .filter_map(|f| if let ScoreState::Scored { value, .. } = f.state { Some(value) } else { None })
        .collect();
    let mut first = same.swap_remove(0);
    if let ScoreState::Scored { value, .. } = &mut first.state {
        *value = values.iter().sum::<f64>() / values.len().max(1) as f64;
    }
    if asked > 1 {
        let quote = format!("{votes} of {asked}");
        first.evidence.push(Evidence::new("self-agreement", quote));
    }
    first
}

/// No majority: an outage goes before replies that nobody can read, and those before a judge that contradicts itself.
fn undecided(findings: Vec<Finding>) -> Finding {
    let asked = findings.len();
    let mut failed: Vec<Finding> = Vec::new();
    let mut garbled: Vec<Finding> = Vec::new();
    for finding in findings {
        match finding.state {
            ScoreState::JudgeError => failed.push(finding),
            ScoreState::Unparsed => garbled.push(finding),
            _ => {}
        }
    }
    let of = |n: usize, finding: Finding| {
        let reason =
            if asked > 1 { format!("{} ({n} of {asked} times)", finding.reason) } else { finding.reason };
        Finding { reason, ..finding }
    };
    if let Some(first) = failed.first().cloned() {
        return of(failed.len(), first);
    }
    match garbled.first().cloned() {
        Some(first) => of(garbled.len(), first),
        None if asked == 0 => Finding::judge_error("the judge was not asked"),
        None => Finding::unparsed(format!("no verdict has a majority among {asked} replies")),
    }
}

fn one(contract: &Contract<'_>, reading: &Reading<'_>, reply: &Reply) -> Finding {
    let completion = match reply {
        Ok(completion) => completion,
        Err(error) => return Finding::judge_error(format!("the judge failed: {error}")),
    };
    let garbled = |why: &str| {
        let shown: String = completion.text.chars().take(SHOWN).collect();
        let evidence = if shown.trim().is_empty() { Vec::new() } else { vec![Evidence::new("reply", shown)] };
        Finding::unparsed(format!("the judge gave no verdict: {why}")).with(evidence)
    };
    match completion.stop {
        StopReason::ContentFilter => return garbled("a content filter stopped the reply"),
        StopReason::Refusal => return garbled("the endpoint says that the model refused"),
        StopReason::Length => return garbled("the reply was cut off; give its model more `max_tokens`"),
        _ => {}
    }
    match contract.read(&completion.text) {
        Err(why) => garbled(&why),
        Ok(Verdict::Questions(answers)) => questions(reading, &answers),
        Ok(Verdict::Claims(claims)) => claims_finding(reading, &claims),
        Ok(Verdict::Preference(..)) => garbled("a preference where one answer was judged"),
    }
}

fn questions(reading: &Reading<'_>, answers: &[(Option<bool>, String)]) -> Finding {
    let word = |answer: Option<bool>| match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "n/a",
    };
    let evidence = answers.iter().zip(reading.questions).map(|((answer, why), question)| {
        let note = (!why.trim().is_empty()).then(|| why.trim().to_owned());
        Evidence { note, ..Evidence::new(word(*answer), question.as_str()) }
    });
    let evidence: Vec<Evidence> = evidence.collect();
    let yes = answers.iter().filter(|(answer, _)| *answer == Some(true)).count();
    let no = answers.iter().filter(|(answer, _)| *answer == Some(false)).count();
    if yes + no == 0 {
        return Finding::not_applicable("no question applies to this answer").with(evidence);
    }
    let value = yes as f64 / (yes + no) as f64;
    let first_no = evidence.iter().find(|e| e.label == "no").map(|e| e.quote.as_str());
    let reason = match first_no {
        None => "the judge says yes to every question".to_owned(),
        Some(question) => format!("the judge says no to {no} of {} questions: {question}", yes + no),
    };
    Finding::scored(value, value >= reading.min, reason).with(evidence)
}

fn claims_finding(reading: &Reading<'_>, claims: &[Claim]) -> Finding {
    let of = |support: Support| claims.iter().filter(|claim| claim.verdict == support).count();
    let (supported, contradicted, not_found) =
        (of(Support::Supported), of(Support::Contradicted), of(Support::NotFound));
    let all = claims.len();
    if all == 0 {
        return Finding::not_applicable("the answer makes no claims");
    }
    let evidence = claims.iter().map(|claim| evidence(reading, claim)).collect();
    let value = supported as f64 / all as f64;
    let reason = if supported == all {
        format!("the passages support all {all} claims")
    } else {
        format!(
            "of {all} claims the passages support {supported}, contradict {contradicted} and lack {not_found}"
        )
    };
    Finding::scored(value, contradicted == 0 && value >= reading.min, reason).with(evidence)
}

fn evidence(reading: &Reading<'_>, claim: &Claim) -> Evidence {
    let label = match claim.verdict {
        Support::Supported => "supported",
        Support::Contradicted => "contradicted",
        Support::NotFound => "not-found",
    };
    let named = claim.passage.as_deref().map(|id| id.trim().trim_start_matches('[').trim_end_matches(']'));
    // A judge may make up an id.
    let passage = named.filter(|id| reading.known.contains(id)).map(str::to_owned);
    Evidence { span: find(reading.answer, &claim.text), passage, ..Evidence::new(label, claim.text.as_str()) }
}

/// Where a claim stands word for word in the answer, in characters.
fn find(answer: &str, claim: &str) -> Option<std::ops::Range<usize>> {
    let claim = claim.trim();
    let at = |text: &str, claim: &str| {
        let start = text.find(claim).filter(|_| !claim.is_empty())?;
        let first = text[..start].chars().count();
        Some(first..first + claim.chars().count())
    };
    // The judge saw the text without angle brackets; one character stands for one.
    at(answer, claim).or_else(|| {
        let shown = neutral(answer);
        at(&shown, claim).filter(|_| shown.chars().count() == answer.chars().count())
    })
}
