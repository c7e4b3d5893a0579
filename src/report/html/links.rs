//! Links to cases: from what a number of the report is about to an address inside the page.

use std::cell::RefCell;

use serde::Serialize;

use crate::report::{Report, Versus};
use crate::sentence::{By, CaseFilter, Sentence};

/// A piece of a sentence, and where it leads.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Part {
    text: String,
    href: Option<String>,
}

/// The sentences of a comparison.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    sentence: Vec<Part>,
    weighted: Vec<Part>,
    /// The cases that were compared.
    href: String,
}

/// Some cases by name, because nothing that a reader could filter by says which they are.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Suite and case.
    pub(super) cases: Vec<(String, String)>,
}

/// Makes links, and keeps the lists of cases that they lead to.
pub(super) struct Links<'a> {
    report: &'a Report,
    lists: RefCell<Vec<Listed>>,
}

impl<'a> Links<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self { report, lists: RefCell::default() }
    }

    /// The lists of cases that links lead to.
    pub(super) fn lists(self) -> Vec<Listed> {
        self.lists.into_inner()
    }

    /// Where these cases are; `name` is what a list of them is called.
    pub(super) fn to(&self, cases: &CaseFilter, name: &str) -> String {
        let variants = &self.report.variants;
        let mut filters: Vec<(&str, String)> = cases
            .asked()
            .iter()
            .map(|(by, value)| {
                let found = variants.iter().find(|v| *by == By::Variant && v.variant.to_string() == *value);
                (by.name(), found.map_or_else(|| value.clone(), |v| v.label.clone()))
            })
            .collect();
        if let Some(list) = cases.list() {
            filters.push(("listed", self.listed(name, list)));
        }
        let filters: Vec<(&str, &str)> = filters.iter().map(|(key, value)| (*key, value.as_str())).collect();
        link(&filters)
    }

    /// The name of a list of cases: the wished one, unless another list has it.
    fn listed(&self, wished: &str, cases: &[(String, String)]) -> String {
        let mut lists = self.lists.borrow_mut();
        let taken = |name: &str| lists.iter().any(|list| list.name == name && list.cases != cases);
        let mut name = wished.to_owned();
        for n in 2.. {
            if !taken(&name) {
                break;
            }
            name = format!("{wished} ({n})");
        }
        if !lists.iter().any(|list| list.name == name) {
            lists.push(Listed { name: name.clone(), cases: cases.to_vec() });
        }
        name
    }

    /// A sentence in pieces; `of` is what it is said of.
    pub(super) fn parts(&self, sentence: &Sentence, of: &str) -> Vec<Part> {
        let parts = sentence.parts().into_iter().map(|(text, cases)| Part {
            href: cases.map(|cases| self.to(cases, &format!("{of}: {text}"))),
            text: text.to_owned(),
        });
        parts.collect()
    }

    /// The sentences of a comparison.
    pub(super) fn said(&self, versus: &Versus) -> Said {
        let parts = |sentence: &Sentence| self.parts(sentence, "compared");
        Said {
            sentence: parts(&versus.sentence),
            weighted: versus.weighted.as_ref().map(|w| parts(&w.sentence)).unwrap_or_default(),
            href: self.to(&versus.cases("compared"), "compared"),
        }
    }
}

/// A link that shows some cases.
pub(super) fn link(filters: &[(&str, &str)]) -> String {
    let parts: Vec<String> = filters.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
    format!("#cases?{}", parts.join("&"))
}

/// Percent-encoding of everything that is not an unreserved character of RFC 3986.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(format!("%{byte:02X}").chars());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn links_hold_any_text() {
        assert_eq!(link(&[("suite", "a b&c"), ("q", "é")]), "#cases?suite=a%20b%26c&q=%C3%A9");
    }

    #[test]
    fn columns_are_called_as_in_the_report_and_lists_have_names_of_their_own() {
        let run =
            RunBuilder::new("r").trial(trial("a", "bare").passed()).trial(trial("a", "grounded").passed());
        let report = report(&run.build());
        let links = Links::of(&report);
        let bare = CaseFilter::of(&report.variants[0].variant);
        assert_eq!(links.to(&bare, "x"), "#cases?variant=bare");
        let of = |case: &str| CaseFilter::default().listed(vec![("faq".to_owned(), case.to_owned())]);
        let hrefs = ["a", "b", "a"].map(|case| links.to(&of(case), "broke"));
        assert_eq!(hrefs, ["#cases?listed=broke", "#cases?listed=broke%20%282%29", "#cases?listed=broke"]);
        assert_eq!(links.lists().len(), 2);
    }
}
