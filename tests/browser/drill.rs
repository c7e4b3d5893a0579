//! From every number to its cases: each is inside a link, and the link shows as many as the number says.

use std::path::Path;

use crate::chrome::Page;
use crate::{WIDE, found, world};

/// Where digits stand that count no cases of this run.
const ELSEWHERE: [(&str, &str); 10] = [
    ("#app", "the list of cases itself"),
    ("noscript", "what is said without it"),
    ("caption, thead, .caption, .unseen", "headings: `95 % interval`"),
    ("figcaption, .note:not(#again .note)", "how a number is made"),
    ("svg", "ticks of an axis; the points beside them are links"),
    ("time", "when it was"),
    ("code", "thresholds of rules as they were written, and ids of runs"),
    (".tags", "names of runs, and of ways to look up passages"),
    (".stated", "what was planned or decided, before or after"),
    (".elsewhere", "cases of another run, which are in its own report"),
];

/// What a sentence says of cases that nobody has asked, or of a threshold.
const WISHES: [&str; 8] = [
    r"about [\d,]+ (case|wording)s? would( tell)?",
    r"some \d+ cases would tell",
    r"(within|at most) \d+ points( better)?",
    r"and \d+ missing of",
    r"\d+ that passed before were not selected",
    r"\d+ (try|tries)( \(\d+ of them in the store and in no experiment\))? against this base",
    r"\[run [0-9a-f-]+, [0-9-]+\]",
    r"\d+ wordings have no verdict on both sides",
];

/// Texts with a digit that no link is around.
fn unlinked(file: &Path) -> Vec<String> {
    let mut page = Page::of(file, WIDE);
    let selectors = ELSEWHERE.map(|(selector, _)| selector).join(", ");
    let found = page.eval(&format!(
        "(() => {{ const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT); \
         const wishes = new RegExp({wishes}, 'g'); const left = []; let text; \
         while ((text = texts.nextNode())) {{ const at = text.parentElement; \
         if (/\\d/.test(text.data.replace(wishes, '')) && !at.closest('a') && !at.closest({selectors})) \
         left.push(at.closest('section').id + ': ' + at.textContent.trim()); }} return left; }})()",
        wishes = serde_json::json!(WISHES.join("|")),
        selectors = serde_json::json!(selectors),
    ));
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_number_stands_alone() {
    let (_server, _project, everything) = world::everything();
    assert_eq!(unlinked(&everything), Vec::<String>::new());
    let (_server, _project, held) = world::held();
    assert_eq!(unlinked(&held), Vec::<String>::new());
    let (_project, shipped) = world::shipped();
    assert_eq!(unlinked(&shipped), Vec::<String>::new());
}

/// Numbers in links that count something else than cases of this run.
const OTHER: &str = "#again, [aria-label='Table: Over repeats'] td:nth-child(2), [aria-label='Table: Tokens, cost and latency']";

/// Follows every link whose text begins with a count, and says where none of the counts above the list is that number;
/// beside how many links were followed.
fn disagreeing(file: &Path) -> (Vec<String>, usize) {
    let mut page = Page::of(file, WIDE);
    let links = page.eval(&format!(
        "[...document.querySelectorAll('main a[href^=\"#cases?\"]')].filter((a) => !a.closest({}) \
         && !a.closest('svg') && !a.closest('td')?.textContent.includes('all wordings of a case as one')).map((a) => [a.getAttribute('href'), a.textContent])",
        serde_json::json!(OTHER)
    ));
    let mut wrong = Vec::new();
    let mut followed = 0;
    for link in links.as_array().unwrap() {
        let (href, text) = (link[0].as_str().unwrap(), link[1].as_str().unwrap());
        let words: Vec<&str> = text.split(' ').collect();
        let counts = words.len() == 1 || ["case", "cases", "not", "unreadable"].contains(&words[1]);
        let Ok(count) = words[0].replace(',', "").parse::<u64>() else { continue };
        if !counts {
            continue;
        }
        page.eval(&format!("location.hash = {}", serde_json::json!(href)));
        page.settle();
        let shown = found(&mut page);
        let said: Vec<u64> =
            shown.split([' ', '(']).filter_map(|word| word.replace(',', "").parse().ok()).collect();
        // Rows, all rows, cases, trials.
        if ![said.first(), said.get(2), said.get(3)].contains(&Some(&count)) {
            wrong.push(format!("{text}: {shown}: {href}"));
        }
        followed += 1;
    }
    assert_eq!(page.trouble().1, Vec::<String>::new());
    (wrong, followed)
}

#[test]
fn a_link_shows_as_many_as_it_says() {
    let (_server, _project, held) = world::held();
    let (wrong, followed) = disagreeing(&held);
    assert_eq!(wrong, Vec::<String>::new());
    assert!(followed > 60, "{followed}");
    let (_project, shipped) = world::shipped();
    let (wrong, followed) = disagreeing(&shipped);
    assert_eq!(wrong, Vec::<String>::new());
    assert!(followed > 60, "{followed}");
}

#[test]
fn what_was_fixed_and_broken_is_found_beside_what_it_is_compared_with() {
    let (_server, _project, file) = world::held();
    let mut page = Page::of(&file, WIDE);
    let sentence =
        "[...document.querySelectorAll('#rates li')].find((li) => li.textContent.includes('(fixed '))";
    for what in ["fixed", "broke"] {
        let link =
            format!("[...{sentence}.querySelectorAll('a')].find((a) => a.href.includes('compared={what}'))");
        let count = page.text(&format!("{link}.textContent"));
        page.eval(&format!("{link}.click()"));
        page.settle();
        assert!(
            found(&mut page).starts_with(&format!("{count} of ")),
            "{what} {count}: {}",
            found(&mut page)
        );
        // The reader sees by which filter, and may go on from there.
        let chosen = page.text("document.getElementById('f-compared').value");
        assert!(chosen.starts_with(&format!("{what} against ")), "{chosen}");
    }
    // A case in the words of a rule.
    page.eval("document.querySelector('.banner td a[href*=\"case=\"]').click()");
    page.settle();
    assert!(found(&mut page).starts_with("1 of "), "{}", found(&mut page));
    assert_eq!(page.trouble().1, Vec::<String>::new());
}
