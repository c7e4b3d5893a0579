//! Whether every text of a template can be sent: blocks that nobody renders, text outside of them,
//! parents and parts that are not there.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::prompt::blocks::{USER, meant_role, role_of};
use crate::prompt::check::{Found, Tree, is_whole};
use crate::prompt::outline::{Outline, Part, Place, Use};

const NEVER_SENT: &str = "text outside all blocks is never sent";

/// Checks one template and how it fits to those it names.
pub(super) fn check<'t>(tree: &'t Tree<'t>, outline: &'t Outline<'t>, found: &mut Found) {
    check_parts(tree, outline, found);
    if outline.parts.iter().any(|part| part.how == Use::Extends) {
        check_child(tree, outline, found);
    } else {
        check_root(tree, outline, found);
    }
}

fn check_parts(tree: &Tree<'_>, outline: &Outline<'_>, found: &mut Found) {
    let mut extends = 0;
    for part in &outline.parts {
        let at = |finding: Diagnostic| finding.at(outline.at(part.range.clone()));
        if part.how == Use::ExtendsGuarded {
            found.push(at(Diagnostic::error("`extends` stands inside another statement")
                .help("a template has one parent: write `extends` at its start, without a condition")));
        }
        extends += usize::from(part.how == Use::Extends);
        if part.how == Use::Extends && extends > 1 {
            found.push(at(Diagnostic::error("the template extends a second one")));
        }
        let Some(names) = &part.names else {
            found.push(at(Diagnostic::error("the name of the template is computed")
                .help("write the file's name, or `\"a.j2\" if … else \"b.j2\"`, so that it can be checked before a run")));
            continue;
        };
        if part.how == Use::Extends && names.len() != 1 {
            found.push(at(Diagnostic::error("`extends` names more than one template")));
        }
        for name in names {
            check_name(tree, outline, part, name, found);
        }
    }
    if let Some(cycle) = tree.cycle(outline) {
        let extends = outline.parts.iter().find(|part| part.how == Use::Extends);
        let at = extends.map_or(0..0, |part| part.range.clone());
        found.push(
            Diagnostic::error("the template extends itself")
                .at(outline.at(at))
                .help(format!("the circle is {}", cycle.join(" → "))),
        );
    }
}

fn check_name(tree: &Tree<'_>, outline: &Outline<'_>, part: &Part, name: &str, found: &mut Found) {
    let at = |finding: Diagnostic| finding.at(outline.at(part.range.clone()));
    if let Some(target) = tree.outline(name) {
        let messages =
            tree.root(target).blocks.iter().any(|b| b.place == Place::Top && role_of(b.name).is_some());
        if messages && matches!(part.how, Use::Include | Use::IncludeIfThere) {
            found.push(at(Diagnostic::error(format!("`{name}` has blocks of its own that are messages"))
                .help("extend it, or move what both need to a file without role blocks")));
        }
        return;
    }
    if part.how == Use::IncludeIfThere || tree.files.contains_key(name) {
        return;
    }
    let outside =
        name.starts_with(['/', '\\']) || name.contains(':') || name.split(['/', '\\']).any(|p| p == "..");
    if outside {
        found.push(at(Diagnostic::error(format!("`{name}` leads out of the folder of prompts"))
            .help("parts of a prompt stand in the folder of prompts; their names start there")));
        return;
    }
    let near = tree.files.keys().find(|file| file.ends_with(&format!("/{name}"))).map(String::as_str);
    let near = near.or_else(|| did_you_mean(name, tree.files.keys().map(String::as_str)));
    let mut finding = Diagnostic::error(format!("there is no template `{name}`"));
    if let Some(near) = near {
        finding = finding.help(format!("did you mean `{near}`?"));
    }
    found.push(at(finding.help("names start at the folder of prompts and end in .j2")));
}

fn check_root<'t>(tree: &'t Tree<'t>, outline: &'t Outline<'t>, found: &mut Found) {
    let top = || outline.blocks.iter().filter(|block| block.place == Place::Top);
    let first_role = top().find(|block| role_of(block.name).is_some());
    for block in &outline.blocks {
        if role_of(block.name).is_some() && block.place != Place::Top {
            let (place, help) = match block.place {
                Place::Inside(outer) => {
                    (format!("in the block `{outer}`"), "give it another name, or move it out")
                }
                _ => (
                    "in another statement".to_owned(),
                    "put the statement into the block: an empty message is not sent",
                ),
            };
            let message = format!("the block `{}` stands {place} and is no message", block.name);
            found.push(Diagnostic::error(message).at(outline.at(block.range.clone())).help(help));
        }
    }
    let Some(first_role) = first_role else {
        for block in top() {
            if let Some(role) = meant_role(block.name) {
                let message =
                    format!("the block `{}` is no message, so the whole template is one", block.name);
                found.push(
                    Diagnostic::warning(message)
                        .at(outline.at(block.range.clone()))
                        .help(format!("did you mean `{role}`?")),
                );
            }
        }
        return;
    };
    if !top().any(|block| block.name == USER) {
        found.push(
            Diagnostic::error("there are messages but no `user` block")
                .at(outline.at(first_role.range.clone()))
                .help("write `{% block user %}{{ input }}{% endblock %}`: the customer's turn is sent there"),
        );
    }
    for block in top().filter(|block| role_of(block.name).is_none()) {
        let meant = meant_role(block.name);
        if meant.is_none() && tree.is_called(block.name) {
            continue;
        }
        let message = format!("the block `{}` is no message and is never sent", block.name);
        let finding = match meant {
            Some(role) => Diagnostic::error(message).help(format!("did you mean `{role}`?")),
            None => Diagnostic::warning(message).help(
                "messages are system, user, assistant, user_1, assistant_1 and so on; put other blocks into one of them",
            ),
        };
        found.push(finding.at(outline.at(block.range.clone())));
    }
    warn_loose(outline, outline.loose.clone(), found);
}

fn check_child<'t>(tree: &'t Tree<'t>, outline: &'t Outline<'t>, found: &mut Found) {
    warn_loose(outline, outline.loose.clone(), found);
    let chain = tree.chain(outline.name);
    let (Some((_, ancestors)), true) = (chain.split_first(), is_whole(&chain)) else { return };
    let known: Vec<&str> = ancestors.iter().flat_map(|file| file.blocks.iter().map(|b| b.name)).collect();
    for block in &outline.blocks {
        let dead = !known.contains(&block.name) && !matches!(block.place, Place::Inside(_));
        let role = role_of(block.name).is_some() || meant_role(block.name).is_some();
        if !dead || (!role && tree.is_called(block.name)) {
            continue;
        }
        let message =
            format!("no template that this one extends has a block `{}`: it is never sent", block.name);
        let finding = if role { Diagnostic::error(message) } else { Diagnostic::warning(message) };
        found.push(
            finding
                .at(outline.at(block.range.clone()))
                .suggest(block.name, known.iter().copied())
                .help(format!("the blocks there are {}", known.join(", "))),
        );
    }
}

/// Blocks that a prompt must fill and does not.
pub(super) fn check_required<'t>(chain: &[&'t Outline<'t>], found: &mut Found) {
    let Some((prompt, ancestors)) = chain.split_first() else { return };
    for file in ancestors {
        for block in file.blocks.iter().filter(|block| block.required) {
            let first = chain.iter().find_map(|file| file.block(block.name));
            if first.is_some_and(|first| first.required) {
                let extends = prompt.parts.iter().find(|part| part.how == Use::Extends);
                let at: Range<usize> = extends.map_or(0..0, |part| part.range.clone());
                let message = format!("`{}` requires a block `{}`", file.name, block.name);
                found.push(Diagnostic::error(message).at(prompt.at(at)));
            }
        }
    }
}

/// A prompt that forgets the question measures nothing.
pub(super) fn check_input(outline: &Outline<'_>, uses: &BTreeSet<&'static str>, found: &mut Found) {
    if !uses.contains("input") {
        let message = "the prompt never names `input`, so the customer's question is not sent";
        found.push(Diagnostic::warning(message).at(outline.file.start()));
    }
}

fn warn_loose(outline: &Outline<'_>, loose: Option<Range<usize>>, found: &mut Found) {
    if let Some(range) = loose {
        let help = "move it into a block, or make it a comment with `{# … #}`";
        found.push(Diagnostic::warning(NEVER_SENT).at(outline.at(range)).help(help));
    }
}

#[cfg(test)]
mod tests {
    use crate::prompt::testing::load;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        load(files).1
    }

    const BASE: &str = "{% block system %}{% block tone %}kind{% endblock %}{% endblock %}{% block user %}{{ input }}{% endblock %}";

    #[test]
    fn syntax_errors_of_all_files_come_at_once() {
        assert_eq!(
            findings(&[
                ("a.j2", "{% if input %}x"),
                ("b.j2", "ok {{ input }\n"),
                ("c.j2", "{% blok user %}")
            ]),
            [
                "a.j2:1:15 error: the template is not Jinja: unexpected end of input, expected end of block <x> []",
                "b.j2:1:13 error: the template is not Jinja: unexpected `}`, expected end of variable block <}> []",
                "c.j2:1:4 error: the template is not Jinja: unknown statement blok <blok> []",
            ]
        );
    }

    #[test]
    fn blocks_that_nobody_renders_are_found() {
        assert_eq!(
            findings(&[
                ("_base.j2", BASE),
                (
                    "a.j2",
                    "{% extends \"_base.j2\" %}{% block tine %}x{% endblock %}{% block sytem %}y{% endblock %}"
                ),
                (
                    "b.j2",
                    "{% extends \"_base.j2\" %}{% block assistant_1 %}x{% endblock %}{% block tone %}{% block in %}{% endblock %}{% endblock %}"
                ),
                (
                    "c.j2",
                    "{% block sytem %}x{% endblock %}{% block notes %}x{% endblock %}{% block user %}{{ input }}{{ self.aside() }}{% endblock %}{% block aside %}x{% endblock %}"
                ),
                ("d.j2", "{% block users %}{{ input }}{% endblock %}"),
            ]),
            [
                "a.j2:1:34 warning: no template that this one extends has a block `tine`: it is never sent <tine> [did you mean `tone`?; the blocks there are system, tone, user]",
                "a.j2:1:65 error: no template that this one extends has a block `sytem`: it is never sent <sytem> [did you mean `system`?; the blocks there are system, tone, user]",
                "b.j2:1:34 error: no template that this one extends has a block `assistant_1`: it is never sent <assistant_1> [the blocks there are system, tone, user]",
                "c.j2:1:10 error: the block `sytem` is no message and is never sent <sytem> [did you mean `system`?]",
                "c.j2:1:42 warning: the block `notes` is no message and is never sent <notes> [messages are system, user, assistant, user_1, assistant_1 and so on; put other blocks into one of them]",
                "d.j2:1:10 warning: the block `users` is no message, so the whole template is one <users> [did you mean `user`?]",
            ]
        );
    }

    #[test]
    fn messages_need_their_places() {
        assert_eq!(
            findings(&[
                ("a.j2", "{% block system %}x{% endblock %}{% block user_1 %}{{ input }}{% endblock %}"),
                ("b.j2", "{% block user %}{% block system %}{{ input }}{% endblock %}{% endblock %}"),
                (
                    "c.j2",
                    "{% if lang == \"ro\" %}{% block system %}x{% endblock %}{% endif %}{% block user %}{{ input }}{% endblock %}"
                ),
            ]),
            [
                "a.j2:1:10 error: there are messages but no `user` block <system> [write `{% block user %}{{ input }}{% endblock %}`: the customer's turn is sent there]",
                "b.j2:1:26 error: the block `system` stands in the block `user` and is no message <system> [give it another name, or move it out]",
                "c.j2:1:31 error: the block `system` stands in another statement and is no message <system> [put the statement into the block: an empty message is not sent]",
            ]
        );
    }

    #[test]
    fn text_that_is_never_sent_is_warned_about() {
        assert_eq!(
            findings(&[
                ("_base.j2", BASE),
                ("a.j2", "{# fine #}\n\n  Be kind.\nAnd short.\n{% block user %}{{ input }}{% endblock %}"),
                ("b.j2", "{% extends \"_base.j2\" %}\n{% set x = 1 %}{% if lang %}{{ lang }}{% endif %}"),
                ("c.j2", "{% include \"_t.j2\" %}{% block user -%} {{ input }} {%- endblock %}"),
                ("_t.j2", "x"),
            ]),
            [
                "a.j2:3:3 warning: text outside all blocks is never sent <Be kind.> [move it into a block, or make it a comment with `{# … #}`]",
                "b.j2:2:32 warning: text outside all blocks is never sent <lang> [move it into a block, or make it a comment with `{# … #}`]",
                "c.j2:1:4 warning: text outside all blocks is never sent <include \"_t.j2\"> [move it into a block, or make it a comment with `{# … #}`]",
            ]
        );
    }

    #[test]
    fn parents_and_parts_must_be_there() {
        assert_eq!(
            findings(&[
                ("_base.j2", BASE),
                ("shared/_tone.j2", "x"),
                ("a.j2", "{% extends \"_bse.j2\" %}{% block usr %}{% endblock %}"),
                (
                    "b.j2",
                    "{{ input }}{% include \"_tone.j2\" %}{% include \"../secret.txt\" %}{% include \"/etc/passwd\" %}"
                ),
                (
                    "c.j2",
                    "{{ input }}{% include \"none.j2\" ignore missing %}{% include \"tone_\" ~ lang %}{% include \"a.j2\" if lang == \"ro\" else \"gone.j2\" %}"
                ),
                (
                    "d.j2",
                    "{{ input }}{% include \"_base.j2\" %}{% from \"shared/_tone.j2\" import ask %}{{ ask() }}"
                ),
                ("e.j2", "{% if lang %}{% extends \"_base.j2\" %}{% endif %}{{ input }}"),
            ]),
            [
                "a.j2:1:12 error: there is no template `_bse.j2` <\"_bse.j2\"> [did you mean `_base.j2`?; names start at the folder of prompts and end in .j2]",
                "b.j2:1:23 error: there is no template `_tone.j2` <\"_tone.j2\"> [did you mean `shared/_tone.j2`?; names start at the folder of prompts and end in .j2]",
                "b.j2:1:47 error: `../secret.txt` leads out of the folder of prompts <\"../secret.txt\"> [parts of a prompt stand in the folder of prompts; their names start there]",
                "b.j2:1:76 error: `/etc/passwd` leads out of the folder of prompts <\"/etc/passwd\"> [parts of a prompt stand in the folder of prompts; their names start there]",
                "c.j2:1:61 error: the name of the template is computed <\"tone_\" ~ lang> [write the file's name, or `\"a.j2\" if … else \"b.j2\"`, so that it can be checked before a run]",
                "c.j2:1:81 error: there is no template `gone.j2` <include \"a.j2\" if lang == \"ro\" else \"gone.j2\"> [names start at the folder of prompts and end in .j2]",
                "d.j2:1:23 error: `_base.j2` has blocks of its own that are messages <\"_base.j2\"> [extend it, or move what both need to a file without role blocks]",
                "d.j2:1:69 error: `shared/_tone.j2` has no macro or variable `ask` <ask> []",
                "e.j2:1:25 error: `extends` stands inside another statement <\"_base.j2\"> [a template has one parent: write `extends` at its start, without a condition]",
            ]
        );
    }

    #[test]
    fn circles_and_unfilled_blocks_are_found() {
        assert_eq!(
            findings(&[
                ("a.j2", "{% extends \"b.j2\" %}"),
                ("b.j2", "{% extends \"c.j2\" %}"),
                ("c.j2", "{% extends \"b.j2\" %}"),
                ("me.j2", "{% extends \"me.j2\" %}"),
                (
                    "_must.j2",
                    "{% block user %}{{ input }}{% block rules required %}{% endblock %}{% endblock %}"
                ),
                ("forgets.j2", "{% extends \"_must.j2\" %}"),
                ("fills.j2", "{% extends \"_must.j2\" %}{% block rules %}x{% endblock %}"),
            ]),
            [
                "b.j2:1:12 error: the template extends itself <\"c.j2\"> [the circle is b.j2 → c.j2 → b.j2]",
                "c.j2:1:12 error: the template extends itself <\"b.j2\"> [the circle is c.j2 → b.j2 → c.j2]",
                "forgets.j2:1:12 error: `_must.j2` requires a block `rules` <\"_must.j2\"> []",
                "me.j2:1:12 error: the template extends itself <\"me.j2\"> [the circle is me.j2 → me.j2]",
            ]
        );
    }
}
