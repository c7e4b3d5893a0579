//! The scorecard of articles: figures, and what is to be done with each.

use std::sync::Arc;

use jiff::civil::Date;

use crate::coverage::conflicts::Found;
use crate::coverage::map::{Map, Place};
use crate::coverage::{ArticleRow, Todo};
use crate::knowledge::{Article, Visibility};
use crate::shorten::first_of;

/// Names in a line of evidence.
const SHOWN: usize = 3;

pub(super) fn rows(map: &Map<'_>, found: &Found, today: Date) -> Vec<ArticleRow> {
    let mut rows: Vec<ArticleRow> =
        map.articles.iter().map(|(place, article)| row(map, found, today, (place, article))).collect();
    rows.sort_by(|a, b| {
        let views = b.views.cmp(&a.views);
        a.todo.cmp(&b.todo).then(b.weight.total_cmp(&a.weight)).then(views).then(a.article.cmp(&b.article))
    });
    rows
}

fn row(map: &Map<'_>, found: &Found, today: Date, (place, article): (&Place, &Arc<Article>)) -> ArticleRow {
    let (mut weight, mut judged, mut passed, mut suspect) = (0.0, 0, 0, 0);
    for case in map.declaring(place) {
        weight += case.scored.case.weight;
        judged += case.judged;
        passed += case.passed;
        let drifted = case.scored.golden.iter().flat_map(|golden| golden.drifted(&case.suite.knowledge));
        let own = |id: &str| id.strip_prefix(&article.id).is_some_and(|rest| rest.starts_with('#'));
        suspect += u64::from(drifted.into_iter().any(|drift| own(&drift.passage)));
    }
    let mut row = ArticleRow {
        article: article.id.clone(),
        source: article.source.clone(),
        title: article.title.clone(),
        file: article.path.display().to_string(),
        visibility: article.visibility,
        owner: article.owner.clone(),
        area: article.area.clone(),
        views: article.views,
        weight,
        touches: map.touches(place),
        judged,
        passed,
        overdue: article.review_by.filter(|due| *due < today),
        suspect,
        conflicts: found.conflicts.get(place).cloned().unwrap_or_default(),
        todo: Todo::Keep,
        evidence: Vec::new(),
    };
    decide(map, found, place, article, &mut row);
    row
}

/// What is to be done, and every reason there is.
fn decide(map: &Map<'_>, found: &Found, place: &Place, article: &Article, row: &mut ArticleRow) {
    let mut why = Vec::new();
    let overdue = row.overdue.map(|due| format!("review was due {due}"));
    for conflict in row.conflicts.iter().take(SHOWN) {
        why.push(format!("{} says {}: {}", conflict.section, conflict.facts, conflict.with));
    }
    let contradicting: Vec<&str> =
        map.contradicting(place).map(|case| case.scored.case.id.as_str()).collect();
    if !contradicting.is_empty() {
        why.push(format!("answers contradict it: {}", first_of(&contradicting, SHOWN)));
    }
    if row.suspect > 0 {
        let goldens = if row.suspect == 1 { "golden was" } else { "goldens were" };
        why.push(format!("edited since {} {goldens} accepted", row.suspect));
    }
    let twin = found
        .same
        .get(place)
        .map(|(id, share)| format!("{:.0} % of its words are those of {id}", share * 100.0));
    let useless = row.touches.none() && row.views.unwrap_or(0) == 0;
    row.todo = match (&overdue, &twin) {
        (Some(_), _) if useless => Todo::Retire,
        (_, Some(_)) => Todo::Merge,
        (Some(_), _) => Todo::Update,
        _ if !row.conflicts.is_empty() => Todo::Update,
        _ => Todo::Keep,
    };
    why.splice(0..0, overdue.into_iter().chain(twin));
    let failing: Vec<&str> = map
        .declaring(place)
        .filter(|case| case.passed < case.judged)
        .map(|case| case.scored.case.id.as_str())
        .collect();
    if !failing.is_empty() {
        why.push(format!("fails: {}", first_of(&failing, SHOWN)));
    }
    let public = article.visibility != Visibility::Internal;
    if row.touches.none() {
        why.push("nothing tests, retrieves or cites it".to_owned());
    } else if row.touches.untested() && public {
        why.push("no case tests it".to_owned());
    } else if row.touches.declared == 0 && row.touches.elsewhere > 0 {
        why.push(format!("its cases were not run here: {}", row.touches.elsewhere));
    }
    if row.touches.beside > 0 && row.touches.cited == 0 && row.touches.declared == 0 {
        why.push(format!("given to {} cases that rest on others", row.touches.beside));
    }
    row.evidence = why;
}
