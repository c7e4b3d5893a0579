//! Rubrics: the templates of judges, in `judges/` below the folder of prompts.
//!
//! A rubric is a prompt with other variables, all of them texts that come fenced from the judge: `question`,
//! `history`, `answer`, `passages`, `goldens`, `questions`, `lang`, and for a comparison `first` and `second`. Its
//! front matter says what is asked for:
//!
//! ```toml
//! shape     = "questions"               # questions | claims | preference
//! questions = ["Is the answer polite?"] # asked when the scorer has none; yes is good
//! needs     = ["passages", "goldens"]   # nothing to judge when all of these are empty
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::value::Serde;
use minijinja::{Environment, Error, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::knowledge::front_matter::Header;
use crate::prompt::blocks::trim_blank_lines;
use crate::prompt::check::Facts;
use crate::prompt::files::{EXTENSION, Files, RUBRICS};
use crate::prompt::render::{innermost, reason};
use crate::prompt::shape::RUBRIC;
use crate::prompt::{ChatRole, Message, RenderError};

const KEYS: [&str; 3] = ["shape", "questions", "needs"];

/// What the front matter's lines become, of the same length: a comment of the template.
const OPEN: &str = "{#-";
const CLOSE: &str = "-#}";
const MARK: &str = "+++";

/// What a judge is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Yes or no to each of some questions.
    Questions,
    /// The claims of the answer, and whether the passages support each.
    Claims,
    /// Which of two answers is better.
    Preference,
}

impl Shape {
    /// All of them.
    pub const ALL: [Shape; 3] = [Self::Questions, Self::Claims, Self::Preference];

    /// The name used in rubrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Questions => "questions",
            Self::Claims => "claims",
            Self::Preference => "preference",
        }
    }

    /// The variables that a rubric of this shape cannot do without.
    fn wants(self) -> &'static [&'static str] {
        match self {
            Self::Questions => &["answer", "questions"],
            Self::Claims => &["answer"],
            Self::Preference => &["first", "second"],
        }
    }
}

/// The template of a judge, checked.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// File stem, without the folder.
    pub name: String,
    /// The template.
    pub file: SourceFile,
    /// What it asks for.
    pub shape: Shape,
    /// Questions that are asked when a scorer has none.
    pub questions: Vec<String>,
    /// Variables of which one must have a text; empty = none must.
    pub needs: Vec<String>,
    /// Hash of the template and all that it is made of.
    pub hash: Fingerprint,
}

/// The text of a rubric's file as a template: its front matter is a comment of the same length.
pub(super) fn cover(text: &str) -> Cow<'_, str> {
    let Some(end) = closing(text) else { return text.into() };
    let mut covered = text.to_owned();
    covered.replace_range(end..end + MARK.len(), CLOSE);
    covered.replace_range(..MARK.len(), OPEN);
    covered.into()
}

/// Where the line that closes the front matter starts.
fn closing(text: &str) -> Option<usize> {
    let mut at = 0;
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let is_mark = line.trim_end() == MARK;
        match (n, is_mark) {
            (0, false) => return None,
            (0, true) | (_, false) => at += line.len(),
            (_, true) => return Some(at),
        }
    }
    None
}

/// The front matter in a covered text.
fn front(text: &str) -> Option<Range<usize>> {
    let start = text.strip_prefix(OPEN)?.find('\n')? + OPEN.len() + 1;
    let end = text.find(&format!("\n{CLOSE}"))? + 1;
    (start <= end).then_some(start..end)
}

/// Reads what the rubrics say of themselves; what is wrong with one is in the findings.
pub(super) fn read_all(
    files: &Files,
    checked: BTreeMap<String, Facts>,
    findings: &mut Diagnostics,
) -> BTreeMap<String, (Rubric, Facts)> {
    let mut rubrics = BTreeMap::new();
    for (path, facts) in checked {
        let Some(file) = files.get(&path) else { continue };
        let name = path.strip_prefix(RUBRICS).unwrap_or(&path);
        let name = name.strip_suffix(EXTENSION).unwrap_or(name).to_owned();
        let parts: Vec<_> = facts.parts.iter().filter_map(|p| files.get(p)).map(|f| &*f.text).collect();
        let hash = Fingerprint::of(&parts);
        if let Some(rubric) = read(&name, file, hash, &facts.uses, findings) {
            rubrics.insert(name, (rubric, facts));
        }
    }
    rubrics
}

fn read(
    name: &str,
    file: &SourceFile,
    hash: Fingerprint,
    uses: &BTreeSet<&'static str>,
    findings: &mut Diagnostics,
) -> Option<Rubric> {
    let Some(range) = front(&file.text) else {
        findings.push(
            Diagnostic::error("the rubric does not say what it asks for")
                .at(file.start())
                .help("start the file with `+++`, `shape = \"questions\"`, and `+++` again"),
        );
        return None;
    };
    let header = Header::parse(file, range, &KEYS, findings);
    let written = header.text("shape", findings);
    let written = written.as_deref().unwrap_or(Shape::Questions.name());
    let Some(shape) = Shape::ALL.into_iter().find(|s| s.name() == written) else {
        let names = Shape::ALL.map(Shape::name);
        let finding = Diagnostic::error(format!("there is no shape `{written}`")).at(header.at("shape"));
        findings.push(finding.suggest(written, names).help(format!("shapes: {}", names.join(", "))));
        return None;
    };
    let questions: Vec<String> = header.get("questions", findings).unwrap_or_default();
    if questions.iter().any(|q| q.trim().is_empty()) {
        findings.push(Diagnostic::error("a question is empty").at(header.at("questions")));
    }
    if shape != Shape::Questions && !questions.is_empty() {
        let message = format!("a rubric of the shape `{}` has no questions", shape.name());
        findings.push(Diagnostic::error(message).at(header.at("questions")));
    }
    let needs: Vec<String> = header.get("needs", findings).unwrap_or_default();
    for need in needs.iter().filter(|need| !RUBRIC.contains(&need.as_str())) {
        let finding = Diagnostic::error(format!("there is no variable `{need}`")).at(header.at("needs"));
        findings.push(finding.suggest(need, RUBRIC));
    }
    for missing in shape.wants().iter().filter(|want| !uses.contains(*want)) {
        let message = format!("the rubric never names `{missing}`");
        let help = format!("a rubric of the shape `{}` shows it: write `{{{{ {missing} }}}}`", shape.name());
        findings.push(Diagnostic::error(message).at(file.start()).help(help));
    }
    Some(Rubric { name: name.to_owned(), file: file.clone(), shape, questions, needs, hash })
}

/// Renders a rubric; `values` are the texts that it names, and what is left out is empty.
pub(super) fn render(
    env: &Environment<'static>,
    files: &Files,
    (rubric, facts): (&Rubric, &Facts),
    values: &[(&str, &str)],
) -> Result<Vec<Message>, RenderError> {
    let of = |name: &str| values.iter().find(|(n, _)| *n == name).map_or("", |(_, text)| text);
    let context: BTreeMap<&str, &str> = RUBRIC.into_iter().map(|name| (name, of(name))).collect();
    let context = Value::from(Serde(context));
    let failed = |error: &Error| {
        let error = innermost(error);
        let file = error.name().and_then(|name| files.get(name)).unwrap_or(&rubric.file);
        let finding = Diagnostic::error(format!("the rubric `{}` fails: {}", rubric.name, reason(error)));
        RenderError(Box::new(finding.at(file.start())))
    };
    let file = facts.parts.first().map(String::as_str).unwrap_or_default();
    let template = env.get_template(file).map_err(|error| failed(&error))?;
    let mut messages = Vec::new();
    let mut push = |role: ChatRole, text: &str| {
        if !text.trim().is_empty() {
            messages.push(Message::new(role, trim_blank_lines(text)));
        }
    };
    if facts.messages.is_empty() {
        push(ChatRole::User, &template.render(context).map_err(|error| failed(&error))?);
    } else {
        let mut state = template.render_captured(context).map_err(|error| failed(&error))?;
        for block in &facts.messages {
            let text = state.with_state_mut(|state| state.render_block(&block.name));
            push(block.role, &text.map_err(|error| failed(&error))?);
        }
    }
    if messages.last().is_none_or(|last| last.role != ChatRole::User) {
        let message = format!("the rubric `{}` does not end with a user message", rubric.name);
        return Err(RenderError(Box::new(Diagnostic::error(message).at(rubric.file.start()))));
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::testing::load;

    const TONE: &str = "+++\nshape = \"questions\"\nquestions = [\"Is it kind?\"]\n+++\n\
        {% block system %}You judge.{% endblock %}\n{% block user %}{{ answer }}\n{{ questions }}{% endblock %}";

    #[test]
    fn a_rubric_is_no_prompt_and_sees_its_own_variables() {
        let (set, findings) = load(&[("bare.j2", "{{ input }}"), ("judges/tone.j2", TONE)]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(set.names().collect::<Vec<_>>(), ["bare"]);
        assert_eq!(set.rubrics().collect::<Vec<_>>(), ["tone"]);
        let rubric = set.rubric("tone").unwrap();
        assert_eq!(
            (rubric.shape, rubric.questions.as_slice()),
            (Shape::Questions, &["Is it kind?".to_owned()][..])
        );
        let messages =
            set.render_rubric("tone", &[("answer", "{{ 1 + 1 }}"), ("questions", "1. x")]).unwrap();
        let texts: Vec<_> = messages.iter().map(|m| (m.role.name(), m.content.as_str())).collect();
        assert_eq!(texts, [("system", "You judge."), ("user", "{{ 1 + 1 }}\n1. x")]);
        assert!(set.render_rubric("tonne", &[]).is_err());
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        let (_, findings) = load(&[
            ("judges/a.j2", "{{ answer }}"),
            ("judges/b.j2", "+++\nshape = \"clams\"\n+++\n{{ answer }}"),
            ("judges/c.j2", "+++\nneeds = [\"passage\"]\nquestion = 1\n+++\n{{ answr }}"),
            ("judges/d.j2", "+++\nshape = \"claims\"\nquestions = [\" \"]\n+++\n{{ answer.x }}"),
        ]);
        let all = findings.join("\n");
        for part in [
            "judges/a.j2:1:1 error: the rubric does not say what it asks for",
            "there is no shape `clams`",
            "did you mean `claims`?",
            "there is no variable `passage`",
            "did you mean `passages`?",
            "nothing gives `answr` a value",
            "a rubric sees question, history, answer",
            "the rubric never names `answer`",
            "the rubric never names `questions`",
            "a question is empty",
            "has no questions",
            "a text has no `x`",
        ] {
            assert!(all.contains(part), "{part}\n{all}");
        }
    }

    #[test]
    fn the_front_matter_keeps_its_lines_and_length() {
        for text in ["", "x", "+++\n", "+++\nx\n", "a\n+++\n+++"] {
            assert_eq!(cover(text), text);
        }
        let covered = cover(TONE);
        assert_eq!(covered.len(), TONE.len());
        assert_eq!(
            &covered[front(&covered).unwrap()],
            "shape = \"questions\"\nquestions = [\"Is it kind?\"]\n"
        );
        assert_eq!(cover("+++\n+++\nx"), "{#-\n-#}\nx");
    }
}
