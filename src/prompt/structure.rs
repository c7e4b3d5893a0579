//! Whether every text of a template can be sent: blocks that nobody renders, text outside of them,
//! parents and parts that are not there.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::prompt::blocks::{USER, meant_role, role_of};
use crate::prompt::check::{Found, Tree};
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
        let messages = tree.root(target).blocks.iter().any(|b| b.place == Place::Top && role_of(b.name).is_some());
        if messages && matches!(part.how, Use::Include | Use::IncludeIfThere) {
            found.push(at(Diagnostic::error(format!("`{name}` has blocks of its own that are messages"))
                .help("extend it, or move what both need to a file without role blocks")));
        }
        return;
    }
    if part.how == Use::IncludeIfThere || tree.files.contains_key(name) {
        return;
    }
    let outside = name.starts_with(['/', '\\']) || name.contains(':') || name.split(['/', '\\']).any(|p| p == "..");
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
                Place::Inside(outer) => (format!("in the block `{outer}`"), "give it another name, or move it out"),
                _ => ("in another statement".to_owned(), "put the statement into the block: an empty message is not sent"),
            };
            let message = format!("the block `{}` stands {place} and is no message", block.name);
            found.push(Diagnostic::error(message).at(outline.at(block.range.clone())).help(help));
        }
    }
    let Some(first_role) = first_role else {
        for block in top() {
            if let Some(role) = meant_role(block.name) {
                let message = format!("the block `{}` is no message, so the whole template is one", block.name);
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
    let (Some((_, ancestors)), true) = (chain.split_first(), tree.is_whole(&chain)) else { return };
    let known: Vec<&str> = ancestors.iter().flat_map(|file| file.blocks.iter().map(|b| b.name)).collect();
    for block in &outline.blocks {
        let dead = !known.contains(&block.name) && !matches!(block.place, Place::Inside(_));
        let role = role_of(block.name).is_some() || meant_role(block.name).is_some();
        if !dead || (!role && tree.is_called(block.name)) {
            continue;
        }
        let message = format!("no template that this one extends has a block `{}`: it is never sent", block.name);
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

fn warn_loose(outline: &Outline<'_>, loose: Option<Range<usize>>, found: &mut Found) {
    if let Some(range) = loose {
        let help = "move it into a block, or make it a comment with `{# … #}`";
        found.push(Diagnostic::warning(NEVER_SENT).at(outline.at(range)).help(help));
    }
}
