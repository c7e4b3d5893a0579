//! Which names a template uses and whether anything gives them a value, found before a run.
//!
//! [`Scope`] walks the templates of one prompt in the order in which they would be rendered: the
//! prompt's own top level, its parents', then the blocks that are really used, with what they include.
//! Where the engine decides at run time (`if`), a name that may be set counts as set.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast;

use crate::diagnostic::Diagnostic;
use crate::prompt::check::{Found, Tree};
use crate::prompt::outline::{Outline, names, range};
use crate::prompt::shape::{CONTEXT, FILTERS, Kind, TESTS};

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
    /// Variables of [`CONTEXT`] that are used.
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
        Self {
            tree,
            found,
            chain: Vec::new(),
            start,
            here: start,
            frames: vec![CONTEXT.into_iter().map(|name| (name, Kind::of(name))).collect(), Frame::new()],
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
            let plain = file.body.iter().filter(|stmt| !matches!(stmt, ast::Stmt::Block(_)));
            plain.for_each(|stmt| self.stmt(stmt));
        }
        self.here = root;
        root.body.iter().filter(|stmt| matches!(stmt, ast::Stmt::Block(_))).for_each(|stmt| self.stmt(stmt));
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
        body.iter().for_each(|stmt| self.stmt(stmt));
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
            ast::Stmt::EmitRaw(_) | ast::Stmt::Continue(_) | ast::Stmt::Break(_) => {}
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
            ast::Stmt::Extends(_) => {}
            ast::Stmt::Include(include) => self.templates(&include.name),
            ast::Stmt::Import(import) => {
                self.frames.push(Frame::new());
                self.templates(&import.expr);
                self.frames.pop();
                self.assign(&import.name, Kind::Any);
            }
            ast::Stmt::FromImport(import) => self.from_import(import),
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

    fn from_import(&mut self, import: &'t ast::FromImport<'t>) {
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

    fn walk(&mut self, expr: &'t ast::Expr<'t>) {
        self.expr(expr);
    }

    fn expr(&mut self, expr: &'t ast::Expr<'t>) -> Kind {
        match expr {
            ast::Expr::Var(var) => return self.var(var.id, &range(var.span())),
            ast::Expr::Const(_) => {}
            ast::Expr::Slice(slice) => {
                [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|e| self.walk(e));
                return self.expr(&slice.expr);
            }
            ast::Expr::UnaryOp(op) => self.walk(&op.expr),
            ast::Expr::BinOp(op) => {
                self.walk(&op.left);
                self.walk(&op.right);
            }
            ast::Expr::Compare(compare) => {
                self.walk(&compare.expr);
                compare.ops.iter().for_each(|op| self.walk(&op.expr));
            }
            ast::Expr::IfExpr(choice) => {
                self.walk(&choice.test_expr);
                let kind = self.expr(&choice.true_expr);
                let other = choice.false_expr.as_ref().map(|expr| self.expr(expr));
                return if other.is_none_or(|other| other == kind) { kind } else { Kind::Any };
            }
            ast::Expr::Filter(filter) => return self.filter(filter),
            ast::Expr::Test(test) => {
                let name = range(test.span());
                if !self.tree.engine.has_test(test.name) {
                    let finding = Diagnostic::error(format!("there is no test `{}`", test.name));
                    let finding = finding.suggest(test.name, TESTS.iter().copied());
                    self.push(finding, name.start..name.start + test.name.len());
                }
                if matches!(test.name, "defined" | "undefined") {
                    self.optional(&test.expr);
                } else {
                    self.walk(&test.expr);
                }
                self.args(&test.args);
            }
            ast::Expr::GetAttr(attr) => {
                let base = self.expr(&attr.expr);
                self.attribute(base, attr.name, &last(attr));
            }
            ast::Expr::GetItem(item) => {
                let base = self.expr(&item.expr);
                self.walk(&item.subscript_expr);
                if let ast::Expr::Const(key) = &item.subscript_expr
                    && let Some(name) = key.value.as_str()
                {
                    self.attribute(base, name, &range(item.subscript_expr.span()));
                } else {
                    return base.item();
                }
            }
            ast::Expr::Call(call) => self.call(call),
            ast::Expr::List(list) => list.items.iter().for_each(|item| self.walk(item)),
            ast::Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.walk(item)),
            ast::Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|item| self.walk(item)),
        }
        Kind::Any
    }

    fn filter(&mut self, filter: &'t ast::Filter<'t>) -> Kind {
        let default = matches!(filter.name, "default" | "d");
        let base = match &filter.expr {
            Some(expr) if default => self.optional(expr),
            Some(expr) => self.expr(expr),
            None => Kind::Any,
        };
        if !self.tree.engine.has_filter(filter.name) {
            let finding = Diagnostic::error(format!("there is no filter `{}`", filter.name));
            self.push(
                finding.suggest(filter.name, FILTERS.iter().copied()),
                self.find(filter.name, &filter.expr),
            );
        }
        self.args(&filter.args);
        self.attribute_argument(base.item(), filter);
        base.filtered(filter.name)
    }

    /// Where a filter's name is: behind what it filters, since the engine's own span is the whole chain's.
    fn find(&self, name: &str, after: &Option<ast::Expr<'t>>) -> Range<usize> {
        let from = after.as_ref().map_or(0, |expr| range(expr.span()).end);
        let rest = self.here.file.text.get(from..).unwrap_or_default();
        let start = rest.find(name).map_or(from, |at| from + at);
        start..start + name.len()
    }

    /// `passages | map(attribute="title")` and its like name an attribute in a text.
    fn attribute_argument(&mut self, item: Kind, filter: &'t ast::Filter<'t>) {
        let positional = matches!(filter.name, "selectattr" | "rejectattr" | "groupby");
        let named = filter.args.iter().enumerate().find_map(|(i, arg)| match arg {
            ast::CallArg::Kwarg("attribute", expr) => Some(expr),
            ast::CallArg::Pos(expr) if positional && i == 0 => Some(expr),
            _ => None,
        });
        if let Some(ast::Expr::Const(text)) = named
            && let Some(path) = text.value.as_str()
        {
            let first = path.split('.').next().unwrap_or_default();
            self.attribute(item, first, &range(text.span()));
        }
    }

    fn args(&mut self, args: &'t [ast::CallArg<'t>]) {
        for arg in args {
            match arg {
                ast::CallArg::Pos(expr)
                | ast::CallArg::Kwarg(_, expr)
                | ast::CallArg::PosSplat(expr)
                | ast::CallArg::KwargSplat(expr) => self.walk(expr),
            }
        }
    }

    fn call(&mut self, call: &'t ast::Call<'t>) {
        match &call.expr {
            ast::Expr::Var(var) if var.id == "super" => self.calls_super = true,
            ast::Expr::Var(var) => {
                self.callee(var.id, &range(var.span()));
            }
            ast::Expr::GetAttr(attr) => match &attr.expr {
                ast::Expr::Var(var) if var.id == "self" => self.self_block(attr.name, &last(attr)),
                base => {
                    let kind = self.expr(base);
                    self.attribute(kind, attr.name, &last(attr));
                }
            },
            other => self.walk(other),
        }
        self.args(&call.args);
    }

    /// `self.tone()` renders a block by its name.
    fn self_block(&mut self, name: &'t str, span: &Range<usize>) {
        if self.chain.iter().any(|file| file.block(name).is_some()) {
            self.block(name);
        } else if self.strict {
            let known: Vec<_> = self.chain.iter().flat_map(|f| f.blocks.iter().map(|b| b.name)).collect();
            let finding = Diagnostic::error(format!("there is no block `{name}`")).suggest(name, known);
            self.push(finding, span.clone());
        }
    }

    fn callee(&mut self, name: &'t str, span: &Range<usize>) {
        if self.lookup(name).is_some() {
            self.var(name, span);
        } else if self.strict && !self.tree.engine.functions().contains(&name) {
            let known = self.visible().chain(self.tree.engine.functions());
            let finding = Diagnostic::error(format!("there is no function or macro `{name}`"));
            self.push(finding.suggest(name, known.collect::<Vec<_>>()), span.clone());
        }
    }

    /// A value that may be absent: what it names directly need not be known.
    fn optional(&mut self, expr: &'t ast::Expr<'t>) -> Kind {
        match expr {
            ast::Expr::Var(var) => {
                self.optional.insert(var.id.to_owned());
                self.var(var.id, &range(var.span()))
            }
            ast::Expr::GetAttr(attr) if matches!(&attr.expr, ast::Expr::Var(var) if var.id == "vars") => {
                self.optional.insert(format!("vars.{}", attr.name));
                self.expr(expr)
            }
            other => self.expr(other),
        }
    }

    fn lookup(&self, name: &str) -> Option<(usize, Kind)> {
        let frames = self.frames.iter().enumerate().rev();
        frames.into_iter().find_map(|(depth, frame)| frame.get(name).map(|kind| (depth, *kind)))
    }

    fn visible(&self) -> impl Iterator<Item = &'t str> {
        self.frames.iter().flat_map(|frame| frame.keys().copied())
    }

    fn var(&mut self, name: &'t str, span: &Range<usize>) -> Kind {
        match self.lookup(name) {
            Some((0, kind)) => {
                self.uses.extend(CONTEXT.into_iter().find(|known| *known == name));
                kind
            }
            Some((_, kind)) => kind,
            None => {
                let known = self.optional.contains(name)
                    || matches!(name, "self" | "super" | "loop" | "caller")
                    || self.tree.engine.functions().contains(&name);
                if self.strict && !known {
                    let mut finding = Diagnostic::error(format!("nothing gives `{name}` a value"))
                        .suggest(name, self.visible().collect::<Vec<_>>())
                        .help(format!(
                            "a prompt sees {}; a value of the suite or the case is written `vars.{name}`",
                            CONTEXT.join(", ")
                        ));
                    if self.here.name != self.start.name {
                        finding =
                            finding.help(format!("it is missing when `{}` is rendered", self.start.name));
                    }
                    self.push(finding, span.clone());
                }
                Kind::Any
            }
        }
    }

    fn attribute(&mut self, base: Kind, name: &str, span: &Range<usize>) {
        if base == Kind::Vars {
            self.vars.insert(name.to_owned());
        }
        let Some(known) = base.attributes().filter(|known| !known.contains(&name)) else { return };
        let mut finding = Diagnostic::error(format!("{} has no `{name}`", base.words()));
        if known.is_empty() {
            if self.tree.engine.has_filter(name) {
                finding = finding.help(format!("`{name}` is a filter here: write `| {name}`"));
            } else if base.item() != Kind::Any {
                finding = finding.help("go through it with `{% for … %}`");
            }
        } else {
            finding = finding.suggest(name, known.iter().copied());
            finding = finding.help(format!("it has {}", known.join(", ")));
        }
        self.push(finding, span.clone());
    }

    fn push(&mut self, finding: Diagnostic, span: Range<usize>) {
        self.found.push(finding.at(self.here.at(span)));
    }
}

/// Where an attribute's own name is: its span starts at different places in a chain, but ends with it.
fn last(attr: &ast::Spanned<ast::GetAttr<'_>>) -> Range<usize> {
    let end = range(attr.span()).end;
    end.saturating_sub(attr.name.len())..end
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
