//! How well the judges of a run agree with people.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fingerprint::Fingerprint;
use crate::golden::{Label, Said};
use crate::outcome::TrialResult;
use crate::score::Score;
use crate::stats::{Confusion, Corrected, Share, Stratum, ppi_plus_plus, rogan_gladen};

/// One judge against the labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Label of the scorer.
    pub scorer: String,
    /// The judge.
    pub judge: Fingerprint,
    /// Different answers that it judged.
    pub judged: u64,
    /// Of these, the ones that it passed.
    pub passed: u64,
    /// Judged answers that a person labelled pass or fail.
    pub labels: u64,
    /// Answers that the person could not tell; in no figure.
    pub unsure: u64,
    /// Judge against person.
    pub confusion: Confusion,
    /// Answers on which both say the same.
    pub agreement: Share,
    /// Cohen's κ.
    pub kappa: Option<f64>,
    /// Gwet's AC1.
    pub ac1: Option<f64>,
    /// Of the answers that people passed, those that the judge passed.
    pub recall_pass: Share,
    /// Of the answers that people failed, those that the judge failed.
    pub recall_fail: Share,
    /// The judge's own pass rate.
    pub raw: Share,
    /// The pass rate as people would give it: PPI++, by the judge's verdict.
    pub corrected: Option<Corrected>,
    /// The same by Rogan and Gladen.
    pub rogan_gladen: Option<Corrected>,
}

/// One answer that a judge judged.
struct Judged {
    pass: bool,
    label: Option<Said>,
}

/// The judges of some trials, each against the labels that `labels` has for a scorer, by id; equal answers to equal
/// questions count once.
pub fn calibrate<'l>(
    trials: &[TrialResult],
    labels: &dyn Fn(&str) -> Option<&'l BTreeMap<String, Label>>,
) -> Vec<Calibration> {
    let mut judges: BTreeMap<(String, Fingerprint), BTreeMap<String, Judged>> = BTreeMap::new();
    for of in trials.iter().flat_map(TrialResult::judged) {
        let (Some(judge), Some(pass)) = (of.score.judge, of.score.pass()) else { continue };
        let id = of.label_id();
        let label = labels(of.scorer).and_then(|labels| labels.get(&id)).map(|label| label.label);
        let answers = judges.entry((of.scorer.to_owned(), judge.fingerprint)).or_default();
        answers.entry(id).or_insert(Judged { pass, label });
    }
    judges.into_iter().map(|((scorer, judge), answers)| one(scorer, judge, &answers)).collect()
}

fn one(scorer: String, judge: Fingerprint, answers: &BTreeMap<String, Judged>) -> Calibration {
    let mut confusion = Confusion::default();
    let (mut of_passed, mut of_failed) = (Stratum::default(), Stratum::default());
    let mut unsure = 0;
    for Judged { pass, label } in answers.values() {
        let stratum = if *pass { &mut of_passed } else { &mut of_failed };
        match label {
            Some(Said::Unsure) => unsure += 1,
            Some(said) => {
                confusion.add(*pass, *said == Said::Pass);
                stratum.labelled.push((*said == Said::Pass, *pass));
            }
            None => {}
        }
        if !matches!(label, Some(Said::Pass | Said::Fail)) {
            stratum.unlabelled.push(*pass);
        }
    }
    let judged = answers.len() as u64;
    let passed = answers.values().filter(|answer| answer.pass).count() as u64;
    Calibration {
        scorer,
        judge,
        judged,
        passed,
        labels: confusion.n(),
        unsure,
        agreement: confusion.agreement(),
        kappa: confusion.kappa(),
        ac1: confusion.ac1(),
        recall_pass: confusion.recall_pass(),
        recall_fail: confusion.recall_fail(),
        raw: Share::of(passed, judged),
        corrected: corrected(of_passed, of_failed),
        rogan_gladen: rogan_gladen(passed, judged, &confusion),
        confusion,
    }
}

/// Labels are drawn by the judge's verdict, so each verdict is a stratum; where one of them has too few labels, all
/// together are.
fn corrected(of_passed: Stratum, mut of_failed: Stratum) -> Option<Corrected> {
    let strata = [of_passed, of_failed.clone()];
    ppi_plus_plus(&strata).or_else(|| {
        let [mut all, _] = strata;
        // Drawn as if nobody looked at the verdicts, which holds only when one of them is nearly absent.
        let rare = all.labelled.len() + all.unlabelled.len();
        let rare = rare.min(of_failed.labelled.len() + of_failed.unlabelled.len());
        all.labelled.append(&mut of_failed.labelled);
        all.unlabelled.append(&mut of_failed.unlabelled);
        (rare < 2).then(|| ppi_plus_plus(&[all])).flatten()
    })
}

/// What a person is asked of an answer: the judge's questions, without its verdicts.
pub fn asked_of(score: &Score) -> Vec<String> {
    let is_question = |label: &str| matches!(label, "yes" | "no" | "n/a");
    let questions = score.evidence.iter().filter(|e| is_question(&e.label)).map(|e| e.quote.clone());
    let questions: Vec<String> = questions.collect();
    if questions.is_empty() {
        return vec!["Do the passages support everything that the answer claims?".to_owned()];
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Standing, label_id};
    use crate::report::sample::trial;
    use crate::score::{Evidence, JudgeMark, ScoreState};

    fn judged(case: usize, pass: bool) -> TrialResult {
        let value = f64::from(u8::from(pass));
        let mut trial =
            trial(&format!("c{case}"), "bare").score("tone", ScoreState::Scored { value, pass }, "").0;
        let fingerprint = Fingerprint::of("judge");
        trial.scores[0].judge = Some(JudgeMark { fingerprint, standing: Standing::Uncertified });
        trial
    }

    fn label(trial: &TrialResult, said: Said) -> (String, Label) {
        let id = label_id("tone", &trial.case.input, trial.answer().unwrap());
        let date = "2026-11-23".parse().unwrap();
        (id.clone(), Label { id, case: trial.key.case.clone(), label: said, note: None, by: None, date })
    }

    #[test]
    fn labels_meet_verdicts_by_content() {
        let trials: Vec<TrialResult> = (0..40).map(|n| judged(n, n < 30)).collect();
        let mut labels: BTreeMap<String, Label> = BTreeMap::new();
        for (n, trial) in trials.iter().enumerate().filter(|(n, _)| n % 2 == 0) {
            let said = if n == 0 {
                Said::Unsure
            } else if n < 28 {
                Said::Pass
            } else {
                Said::Fail
            };
            labels.extend([label(trial, said)]);
        }
        // An equal answer to an equal question counts once; a verdict that is none counts not at all.
        let mut twice = trials.clone();
        twice.push(trials[3].clone());
        let mut broken = judged(99, true);
        broken.scores[0].state = ScoreState::JudgeError;
        twice.push(broken);
        let found = calibrate(&twice, &|scorer| (scorer == "tone").then_some(&labels));
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!((one.judged, one.passed, one.labels, one.unsure), (40, 30, 19, 1));
        let expected = Confusion { both_pass: 13, judge_only: 1, person_only: 0, both_fail: 5 };
        assert_eq!(one.confusion, expected);
        assert!(one.kappa.unwrap() > 0.8 && one.ac1.unwrap() > 0.8);
        let corrected = one.corrected.unwrap();
        assert!((corrected.rate - 0.75 * 13.0 / 14.0).abs() < 1e-12, "{corrected:?}");
        assert!(one.rogan_gladen.is_some());
        let none = calibrate(&twice, &|_| None);
        assert_eq!((none[0].labels, none[0].kappa, none[0].corrected), (0, None, None));
    }

    #[test]
    fn the_person_does_not_see_the_verdicts() {
        let mut score = judged(1, true).scores.remove(0);
        assert!(asked_of(&score)[0].starts_with("Do the passages support"));
        score.evidence = vec![Evidence::new("yes", "Is it kind?"), Evidence::new("self-agreement", "3 of 3")];
        assert_eq!(asked_of(&score), ["Is it kind?"]);
    }
}
