//! All templates of a folder, parsed and checked together.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::ast;

use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::prompt::ChatRole;
use crate::prompt::blocks::role_of;
use crate::prompt::files::{EXTENSION, Files, is_prompt, is_rubric};
use crate::prompt::outline::{Outline, Place, bodies, parse_file};
use crate::prompt::scope::Scope;
use crate::prompt::shape::Engine;
use crate::prompt::structure;

/// A block that is a message.
#[derive(Debug, Clone)]
pub(super) struct RoleBlock {
    pub(super) name: String,
    pub(super) role: ChatRole,
    /// Its name in the template where it stands.
    pub(super) at: Location,
}

/// What is known of one prompt before it is rendered.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The messages in order; empty when the whole template is one.
    pub(super) messages: Vec<RoleBlock>,
    /// Variables that it uses.
    pub(super) uses: BTreeSet<&'static str>,
    /// Names below `vars` that must have a value.
    pub(super) vars: BTreeSet<String>,
    /// Names of the files it is made of, itself first.
    pub(super) parts: Vec<String>,
}

/// What a check of the folder gives.
pub(super) struct Checked {
    /// Prompts by the name of their file.
    pub(super) prompts: BTreeMap<String, Facts>,
    /// Rubrics of judges by the name of their file.
    pub(super) rubrics: BTreeMap<String, Facts>,
    /// Files that parsed, by name; `true` when the file is a root with messages.
    pub(super) templates: BTreeMap<String, bool>,
}

/// Findings, each once, though a part is walked again for every prompt that uses it.
#[derive(Default)]
pub(super) struct Found {
    list: Vec<Diagnostic>,
    seen: BTreeSet<(String, usize, String)>,
}

impl Found {
    pub(super) fn push(&mut self, finding: Diagnostic) {
        let place = finding.location.as_ref();
        let path = place.map(|l| l.file.path.display().to_string()).unwrap_or_default();
        if self.seen.insert((path, place.map_or(0, |l| l.span.start), finding.message.clone())) {
            self.list.push(finding);
        }
    }

    /// In the order of files and lines.
    fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| {
            let key = |d: &Diagnostic| d.location.as_ref().map(|l| (l.file.path.clone(), l.span.start));
            key(a).cmp(&key(b))
        });
        self.list
    }
}

/// Parsed templates and how they hang together.
pub(super) struct Tree<'t> {
    pub(super) files: &'t Files,
    pub(super) engine: Engine,
    outlines: BTreeMap<&'t str, Outline<'t>>,
    /// Blocks that some template renders with `self.name()`.
    called: BTreeSet<&'t str>,
}

impl<'t> Tree<'t> {
    pub(super) fn outline(&self, name: &str) -> Option<&Outline<'t>> {
        self.outlines.get(name)
    }

    /// Whether some template renders the block with `self.name()`.
    pub(super) fn is_called(&self, block: &str) -> bool {
        self.called.contains(block)
    }

    /// A template and all that it extends, as far as that is known.
    pub(super) fn chain(&self, name: &str) -> Vec<&Outline<'t>> {
        let mut chain: Vec<&Outline<'t>> = Vec::new();
        let mut next = self.outline(name);
        while let Some(outline) = next.filter(|o| !chain.iter().any(|seen| seen.name == o.name)) {
            chain.push(outline);
            next = outline.parent().and_then(|parent| self.outline(parent));
        }
        chain
    }

    /// The last template of the chain.
    pub(super) fn root<'a>(&'a self, outline: &'a Outline<'t>) -> &'a Outline<'t> {
        self.chain(outline.name).last().copied().unwrap_or(outline)
    }

    /// The names of an `extends` circle that goes through this template.
    pub(super) fn cycle(&self, outline: &Outline<'t>) -> Option<Vec<&str>> {
        let chain = self.chain(outline.name);
        let closes = chain.last().and_then(|last| last.parent()) == Some(outline.name);
        closes.then(|| chain.iter().map(|o| o.name).chain([outline.name]).collect())
    }
}

/// Whether a chain ends in a template that extends nothing.
pub(super) fn is_whole(chain: &[&Outline<'_>]) -> bool {
    chain.last().is_some_and(|root| root.parent().is_none())
}

/// Checks every template; all mistakes are in the findings.
pub(super) fn check(files: &Files, findings: &mut Diagnostics) -> Checked {
    let mut found = Found::default();
    let trees = parse_all(files, &mut found);
    let outlines: BTreeMap<&str, Outline<'_>> = trees
        .iter()
        .filter_map(|(name, tree)| Some((*name, Outline::new(name, files.get(*name)?, tree))))
        .collect();
    let mut called = BTreeSet::new();
    for tree in trees.values() {
        collect_called(std::slice::from_ref(tree), &mut called);
    }
    let tree = Tree { files, engine: Engine::new(), outlines, called };
    let checked = check_tree(&tree, &mut found);
    for finding in found.into_sorted() {
        findings.push(finding);
    }
    checked
}

/// Parses the `*.j2` files and those they name.
fn parse_all<'t>(files: &'t Files, found: &mut Found) -> BTreeMap<&'t str, ast::Stmt<'t>> {
    let mut trees = BTreeMap::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut queue: Vec<&str> =
        files.keys().map(String::as_str).filter(|n| n.ends_with(EXTENSION)).rev().collect();
    while let Some(name) = queue.pop() {
        let Some((name, file)) = files.get_key_value(name).filter(|(name, _)| done.insert(name)) else {
            continue;
        };
        match parse_file(name, file) {
            Ok(tree) => {
                let outline = Outline::new(name, file, &tree);
                let named = outline.parts.iter().filter_map(|part| part.names.as_ref()).flatten();
                queue.extend(
                    named.filter_map(|part| files.get_key_value(part)).map(|(part, _)| part.as_str()),
                );
                trees.insert(name.as_str(), tree);
            }
            Err(finding) => found.push(*finding),
        }
    }
    trees
}

fn check_tree<'t>(tree: &'t Tree<'t>, found: &mut Found) -> Checked {
    let (mut prompts, mut rubrics) = (BTreeMap::new(), BTreeMap::new());
    for outline in tree.outlines.values() {
        structure::check(tree, outline, found);
    }
    for outline in tree.outlines.values().filter(|o| is_prompt(o.name) || is_rubric(o.name)) {
        let chain = tree.chain(outline.name);
        structure::check_required(&chain, found);
        let messages = messages(&chain);
        let mut scope = Scope::new(tree, outline, is_whole(&chain), found);
        scope.chain(chain.clone());
        let (uses, vars) = (scope.uses.clone(), scope.required_vars());
        let facts = Facts { messages, uses, vars, parts: parts(tree, outline) };
        if is_rubric(outline.name) {
            rubrics.insert(outline.name.to_owned(), facts);
            continue;
        }
        if is_whole(&chain) {
            structure::check_input(outline, &facts.uses, found);
        }
        prompts.insert(outline.name.to_owned(), facts);
    }
    // Once more on its own, for what no prompt uses.
    for outline in tree.outlines.values() {
        Scope::new(tree, outline, false, found).chain(vec![outline]);
    }
    let templates = tree.outlines.values().map(|outline| {
        let root = outline.parent().is_none() && !messages(&[outline]).is_empty();
        (outline.name.to_owned(), root)
    });
    Checked { prompts, rubrics, templates: templates.collect() }
}

/// The messages of a chain: the role blocks at the top level of its root.
fn messages(chain: &[&Outline<'_>]) -> Vec<RoleBlock> {
    let Some(root) = chain.last() else { return Vec::new() };
    let top = root.blocks.iter().filter(|block| block.place == Place::Top);
    let roles = top.filter_map(|block| {
        let role = role_of(block.name)?;
        // The finding of an empty message points at the definition that was rendered.
        let (file, won) = chain.iter().find_map(|file| Some((file, file.block(block.name)?)))?;
        Some(RoleBlock { name: block.name.to_owned(), role, at: file.at(won.range.clone()) })
    });
    roles.collect()
}

/// All files that a template names, directly or through others.
fn parts<'t>(tree: &Tree<'t>, outline: &Outline<'t>) -> Vec<String> {
    let mut parts: Vec<String> = vec![outline.name.to_owned()];
    let mut at = 0;
    while let Some(name) = parts.get(at).cloned() {
        at += 1;
        let Some(outline) = tree.outline(&name) else { continue };
        let named = outline.parts.iter().filter_map(|part| part.names.as_ref()).flatten();
        for part in named.filter(|part| tree.files.contains_key(*part)) {
            if !parts.contains(part) {
                parts.push(part.clone());
            }
        }
    }
    parts
}

/// Names called as `self.name()`, wherever that stands.
fn collect_called<'t>(body: &'t [ast::Stmt<'t>], called: &mut BTreeSet<&'t str>) {
    for stmt in body {
        if let ast::Stmt::EmitExpr(emit) = stmt
            && let ast::Expr::Call(call) = &emit.expr
            && let ast::Expr::GetAttr(attr) = &call.expr
            && matches!(&attr.expr, ast::Expr::Var(var) if var.id == "self")
        {
            called.insert(attr.name);
        }
        for inner in bodies(stmt) {
            collect_called(inner, called);
        }
    }
}
