//! Which names a template uses and whether anything gives them a value, found before a run.
//!
//! [`Scope`] walks the templates of one prompt in the order in which they would be rendered: the
//! prompt's own top level, its parents', then the blocks that are really used, with what they include.
//! Where the engine decides at run time (`if`), a name that may be set counts as set.

mod expression;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast;

use crate::diagnostic::Diagnostic;
use crate::prompt::check::{Found, Tree};
use crate::prompt::outline::{Outline, names, range};
use crate::prompt::shape::{Kind, seen_by};

type Frame<'t> = BTreeMap<&'t str, Kind>;

/// The walk over one prompt, and what it found.
pub(super) struct Scope<'t, 'w> {
    tree: &'t Tree<'t>,
    found: &'w mut Found,
    chain: Vec<&'t Outline<'t>>,
    /// The prompt.
    start: &'t Outline<'t>,
    /// The template being walked.
    here: &'t Outline<'t>,
    frames: Vec<Frame<'t>>,
    /// Templates and blocks being walked, so that recursion ends.
    active: Vec<(&'t str, &'t str)>,
    calls_super: bool,
    /// Names tested with `is defined` or given a `default`; they may be absent.
    optional: BTreeSet<String>,
    /// Whether unknown names are findings; not so for a partial, whose includer may set them.
    strict: bool,
    /// Variables that it sees.
    sees: Vec<&'static str>,
    /// Those of them that are used.
    pub(super) uses: BTreeSet<&'static str>,
    /// Names used below `vars`.
    vars: BTreeSet<String>,
}

impl<'t, 'w> Scope<'t, 'w> {
    pub(super) fn new(
        tree: &'t Tree<'t>,
        start: &'t Outline<'t>,
        strict: bool,
        found: &'w mut Found,
    ) -> Self {
        let sees = seen_by(start.name);
        Self {
            tree,
            found,
            sees: sees.iter().map(|(name, _)| *name).collect(),
            chain: Vec::new(),
            start,
            here: start,
            frames: vec![sees.into_iter().collect(), Frame::new()],
            active: Vec::new(),
            calls_super: false,
            optional: BTreeSet::new(),
            strict,
            uses: BTreeSet::new(),
            vars: BTreeSet::new(),
        }
    }

    /// Names below `vars` that must be there.
    pub(super) fn required_vars(&self) -> BTreeSet<String> {
        self.vars.iter().filter(|name| !self.optional.contains(&format!("vars.{name}"))).cloned().collect()
    }

    /// Walks a template through all that it extends, the template itself first.
    pub(super) fn chain(&mut self, chain: Vec<&'t Outline<'t>>) {
        let Some((&first, &root)) = chain.first().zip(chain.last()) else { return };
        if self.active.contains(&(first.name, "")) {
            return;
        }
        self.active.push((first.name, ""));
        let outer = std::mem::replace(&mut self.chain, chain.clone());
        let back = self.here;
        for file in chain {
            self.here = file;
            for stmt in file.body.iter().filter(|stmt| !matches!(stmt, ast::Stmt::Block(_))) {
                self.stmt(stmt);
            }
        }
        self.here = root;
        for stmt in root.body.iter().filter(|stmt| matches!(stmt, ast::Stmt::Block(_))) {
            self.stmt(stmt);
        }
        self.here = back;
        self.chain = outer;
        self.active.pop();
    }

    /// Walks the definition of a block that wins, and those that its `super()` reaches.
    fn block(&mut self, name: &'t str) {
        let owner = self.chain.first().map_or("", |file| file.name);
        if self.active.contains(&(owner, name)) {
            return;
        }
        self.active.push((owner, name));
        let back = self.here;
        let outer = self.calls_super;
        for file in self.chain.clone() {
            let Some(block) = file.block(name) else { continue };
            self.here = file;
            self.calls_super = false;
            self.frames.push(Frame::from([("super", Kind::Any)]));
            self.body(block.body);
            self.frames.pop();
            if !self.calls_super {
                break;
            }
        }
        self.calls_super = outer;
        self.here = back;
        self.active.pop();
    }

    fn body(&mut self, body: &'t [ast::Stmt<'t>]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn nested(&mut self, frame: Frame<'t>, body: &'t [ast::Stmt<'t>]) {
        self.frames.push(frame);
        self.body(body);
        self.frames.pop();
    }

    fn stmt(&mut self, stmt: &'t ast::Stmt<'t>) {
        match stmt {
            ast::Stmt::Template(template) => self.body(&template.children),
            ast::Stmt::EmitExpr(emit) => self.walk(&emit.expr),
            ast::Stmt::EmitRaw(_) | ast::Stmt::Continue(_) | ast::Stmt::Break(_) | ast::Stmt::Extends(_) => {}
            ast::Stmt::ForLoop(each) => {
                let item = self.expr(&each.iter).item();
                self.frames.push(Frame::from([("loop", Kind::Any)]));
                self.assign(&each.target, item);
                each.filter_expr.iter().for_each(|expr| self.walk(expr));
                self.body(&each.body);
                self.frames.pop();
                self.nested(Frame::new(), &each.else_body);
            }
            ast::Stmt::IfCond(cond) => {
                self.walk(&cond.expr);
                self.body(&cond.true_body);
                self.body(&cond.false_body);
            }
            ast::Stmt::WithBlock(with) => {
                self.frames.push(Frame::new());
                for (target, expr) in &with.assignments {
                    let kind = self.expr(expr);
                    self.assign(target, kind);
                }
                self.body(&with.body);
                self.frames.pop();
            }
            ast::Stmt::Set(set) => {
                let kind = self.expr(&set.expr);
                self.assign(&set.target, kind);
            }
            ast::Stmt::SetBlock(set) => {
                self.nested(Frame::new(), &set.body);
                set.filter.iter().for_each(|filter| self.walk(filter));
                self.assign(&set.target, Kind::Any);
            }
            ast::Stmt::AutoEscape(escape) => {
                self.walk(&escape.enabled);
                self.body(&escape.body);
            }
            ast::Stmt::FilterBlock(filter) => {
                self.walk(&filter.filter);
                self.nested(Frame::new(), &filter.body);
            }
            ast::Stmt::Block(block) => self.block(block.name),
            ast::Stmt::Include(include) => self.templates(&include.name),
            ast::Stmt::Import(import) => {
                self.frames.push(Frame::new());
                self.templates(&import.expr);
                self.frames.pop();
                self.assign(&import.name, Kind::Any);
            }
            ast::Stmt::FromImport(import) => self.import_names(import),
            ast::Stmt::Macro(made) => {
                self.set(made.name, Kind::Any);
                self.macro_body(made);
            }
            ast::Stmt::CallBlock(call) => {
                self.call(&call.call);
                self.macro_body(&call.macro_decl);
            }
            ast::Stmt::Do(done) => self.call(&done.call),
        }
    }

    /// An included template sees the names around it, and what it sets stays set after it.
    fn templates(&mut self, name: &'t ast::Expr<'t>) {
        self.walk(name);
        for name in names(name).unwrap_or_default() {
            self.chain(self.tree.chain(&name));
        }
    }

    fn import_names(&mut self, import: &'t ast::FromImport<'t>) {
        self.frames.push(Frame::new());
        self.templates(&import.expr);
        self.frames.pop();
        let files = names(&import.expr).unwrap_or_default();
        let files: Vec<_> = files.iter().filter_map(|file| self.tree.outline(file)).collect();
        for (name, alias) in &import.names {
            if let ast::Expr::Var(var) = name
                && !files.is_empty()
                && !files.iter().any(|file| file.exports.contains(var.id))
            {
                let known = files.iter().flat_map(|file| file.exports.iter().copied());
                let message = format!("`{}` has no macro or variable `{}`", files[0].name, var.id);
                self.push(Diagnostic::error(message).suggest(var.id, known), range(var.span()));
            }
            self.assign(alias.as_ref().unwrap_or(name), Kind::Any);
        }
    }

    /// A macro may call those below it, so all of its file's macros count as set inside it.
    fn macro_body(&mut self, made: &'t ast::Macro<'t>) {
        made.defaults.iter().for_each(|default| self.walk(default));
        let siblings = self.here.exports.iter().map(|name| (*name, Kind::Any));
        self.frames.push(siblings.chain([("caller", Kind::Any)]).collect());
        made.args.iter().for_each(|arg| self.assign(arg, Kind::Any));
        self.body(&made.body);
        self.frames.pop();
    }

    fn assign(&mut self, target: &'t ast::Expr<'t>, kind: Kind) {
        match target {
            ast::Expr::Var(var) => self.set(var.id, kind),
            ast::Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item, Kind::Any)),
            ast::Expr::List(list) => list.items.iter().for_each(|item| self.assign(item, Kind::Any)),
            ast::Expr::GetAttr(attr) => self.walk(&attr.expr),
            _ => {}
        }
    }

    fn set(&mut self, name: &'t str, kind: Kind) {
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, kind);
        }
    }

    fn push(&mut self, finding: Diagnostic, span: Range<usize>) {
        self.found.push(finding.at(self.here.at(span)));
    }
}

#[cfg(test)]
mod tests {
    use crate::prompt::testing::load;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        load(files).1
    }

    #[test]
    fn unknown_names_are_found_with_a_suggestion() {
        assert_eq!(
            findings(&[(
                "a.j2",
                "{{ imput }} {{ plan }}\n{% for p in pasages %}{{ p.text }}{% endfor %}{{ p }}{{ user.name }}"
            )]),
            [
                "a.j2:1:1 warning: the prompt never names `input`, so the customer's question is not sent <{{ imput }} {{ plan }}> []",
                "a.j2:1:4 error: nothing gives `imput` a value <imput> [did you mean `input`?; a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.imput`]",
                "a.j2:1:16 error: nothing gives `plan` a value <plan> [did you mean `lang`?; a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.plan`]",
                "a.j2:2:13 error: nothing gives `pasages` a value <pasages> [did you mean `passages`?; a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.pasages`]",
                "a.j2:2:50 error: nothing gives `p` a value <p> [a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.p`]",
                "a.j2:2:57 error: nothing gives `user` a value <user> [a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.user`]",
            ]
        );
    }

    #[test]
    fn names_that_something_sets_are_known() {
        assert_eq!(
            findings(&[
                (
                    "_lib.j2",
                    "{% macro ask(text, mark=\"?\") %}{{ text ~ mark }}{{ caller() }}{{ later() }}{% endmacro %}{% macro later() %}{% endmacro %}"
                ),
                (
                    "_part.j2",
                    "{{ shop }} {{ city | default(\"\") }}{% if strict is defined and strict %}x{% endif %}{% set found = 1 %}"
                ),
                (
                    "_base.j2",
                    "{% set shop = \"Volta\" %}{% block user %}{{ input }}{{ shop }}{{ top }}{% block more %}{{ gone }}{% endblock %}{% endblock %}"
                ),
                (
                    "a.j2",
                    "{% extends \"_base.j2\" %}{% set top = 1 %}{% block more %}{% include \"_part.j2\" %}{{ found }}{% endblock %}"
                ),
                (
                    "b.j2",
                    "{% import \"_lib.j2\" as lib %}{% from \"_lib.j2\" import ask as put %}\
                    {% set shop, n = \"x\", namespace(a=1) %}{% set n.a = 2 %}{% for k, v in vars | items %}{{ k }}{{ v }}{{ loop.index }}{% else %}none{% endfor %}\
                    {% with q = input %}{{ q | upper }}{% endwith %}{% call lib.ask(input) %}{{ lang }}{% endcall %}{{ put(\"x\") }}\
                    {% filter upper %}{{ shop }}{% endfilter %}{% set text %}{{ input }}{% endset %}{{ text }}{{ range(3) | list }}{% include \"_part.j2\" %}\
                    {% if lang == \"ro\" %}{% set hi = 1 %}{% endif %}{{ hi }}{{ \"x\" if input is defined else none }}{{ [1, input][0] }}{{ {\"a\": lang}.a }}"
                ),
            ]),
            [""; 0]
        );
    }

    #[test]
    fn filters_tests_and_functions_are_checked() {
        assert_eq!(
            findings(&[(
                "a.j2",
                "{{ input | uper }} {{ input is defned }} {{ rnge(3) }}\n{% filter trimm %}x{% endfilter %}{{ self.tone() }}{{ passages | map(\"upper\") | jion(\", \") }}"
            )]),
            [
                "a.j2:1:12 error: there is no filter `uper` <uper> [did you mean `upper`?]",
                "a.j2:1:32 error: there is no test `defned` <defned> [did you mean `defined`?]",
                "a.j2:1:45 error: there is no function or macro `rnge` <rnge> [did you mean `range`?]",
                "a.j2:2:11 error: there is no filter `trimm` <trimm> [did you mean `trim`?]",
                "a.j2:2:43 error: there is no block `tone` <tone> []",
                "a.j2:2:81 error: there is no filter `jion` <jion> [did you mean `join`?]",
            ]
        );
    }

    #[test]
    fn attributes_are_checked_where_they_are_known() {
        assert_eq!(
            findings(&[(
                "a.j2",
                "{{ case.aera }}{{ case[\"tgas\"] }}{{ input.upper() }}{{ lang.code }}{{ passages.text }}\
                {% for p in passages | sort(attribute=\"titel\") | reverse %}{{ p.titel }}{{ p.url }}{% endfor %}\
                {{ passages[0].body }}{{ (passages | first).texts }}{{ history[-1].speaker }}{% for t in history[1:] %}{{ t.role }}{{ t.test }}{% endfor %}\
                {{ passages | selectattr(\"visiblity\", \"eq\", \"public\") | list }}{{ passages | map(attribute=\"heading\") | join }}"
            )]),
            [
                "a.j2:1:9 error: `case` has no `aera` <aera> [did you mean `area`?; it has id, area, tags, tier]",
                "a.j2:1:24 error: `case` has no `tgas` <\"tgas\"> [did you mean `tags`?; it has id, area, tags, tier]",
                "a.j2:1:43 error: a text has no `upper` <upper> [`upper` is a filter here: write `| upper`]",
                "a.j2:1:61 error: a text has no `code` <code> []",
                "a.j2:1:80 error: the list of passages has no `text` <text> [go through it with `{% for … %}`]",
                "a.j2:1:125 error: a passage has no `titel` <\"titel\"> [did you mean `title`?; it has id, article, title, heading, text, url, visibility, updated]",
                "a.j2:1:151 error: a passage has no `titel` <titel> [did you mean `title`?; it has id, article, title, heading, text, url, visibility, updated]",
                "a.j2:1:197 error: a passage has no `body` <body> [it has id, article, title, heading, text, url, visibility, updated]",
                "a.j2:1:226 error: a passage has no `texts` <texts> [did you mean `text`?; it has id, article, title, heading, text, url, visibility, updated]",
                "a.j2:1:249 error: a turn has no `speaker` <speaker> [it has role, text]",
                "a.j2:1:302 error: a turn has no `test` <test> [did you mean `text`?; it has role, text]",
                "a.j2:1:346 error: a passage has no `visiblity` <\"visiblity\"> [did you mean `visibility`?; it has id, article, title, heading, text, url, visibility, updated]",
            ]
        );
    }

    #[test]
    fn a_partial_is_judged_where_it_is_used() {
        assert_eq!(
            findings(&[
                ("_part.j2", "{{ tone }}"),
                ("_alone.j2", "{{ whatever }}{{ case.aera }}"),
                ("a.j2", "{% set tone = 1 %}{{ input }}{% include \"_part.j2\" %}"),
                ("b.j2", "{{ input }}{% include \"_part.j2\" %}"),
            ]),
            [
                "_alone.j2:1:23 error: `case` has no `aera` <aera> [did you mean `area`?; it has id, area, tags, tier]",
                "_part.j2:1:4 error: nothing gives `tone` a value <tone> [a prompt sees input, history, passages, lang, case, vars; a value of the suite or the case is written `vars.tone`; it is missing when `b.j2` is rendered]",
            ]
        );
    }

    #[test]
    fn what_a_prompt_uses_is_what_it_renders() {
        let base = "{% block system %}{{ vars.product }}{% endblock %}{% block user %}{% block help %}{{ passages }}{{ vars.old }}{% endblock %}{{ input }}{% endblock %}";
        let (set, found) = load(&[
            ("_base.j2", base),
            ("bare.j2", "{% extends \"_base.j2\" %}{% block help %}{% endblock %}"),
            (
                "full.j2",
                "{% extends \"_base.j2\" %}{% block help %}{{ super() }}{{ vars[\"extra\"] }}{% endblock %}",
            ),
            (
                "soft.j2",
                "{{ input }}{% if vars.a is defined %}{{ vars.a }}{% endif %}{{ vars.b | default(1) }}{{ vars.c }}{% set passages = 1 %}{{ passages }}",
            ),
        ]);
        assert_eq!(found, [""; 0]);
        let uses = |name: &str| set.get(name).unwrap().uses_passages;
        assert_eq!((uses("bare"), uses("full"), uses("soft")), (false, true, false));
        assert_eq!(set.vars_of("bare").into_iter().collect::<Vec<_>>(), ["product"]);
        assert_eq!(set.vars_of("full").into_iter().collect::<Vec<_>>(), ["extra", "old", "product"]);
        assert_eq!(set.vars_of("soft").into_iter().collect::<Vec<_>>(), ["c"]);
    }

    #[test]
    fn parts_that_include_each_other_end() {
        let (set, found) = load(&[
            ("a.j2", "{{ input }}{% include \"b.j2\" %}"),
            ("b.j2", "{{ input }}{% include \"a.j2\" %}"),
        ]);
        assert_eq!(found, [""; 0]);
        assert_eq!(set.files_of("a").len(), 2);
    }
}
