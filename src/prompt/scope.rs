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
    pub(super) fn new(tree: &'t Tree<'t>, start: &'t Outline<'t>, strict: bool, found: &'w mut Found) -> Self {
        Self {
            tree,
            found,
            chain: Vec::new(),
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
                self.call(&call.call, &range(call.call.span()));
                self.macro_body(&call.macro_decl);
            }
            ast::Stmt::Do(done) => self.call(&done.call, &range(done.call.span())),
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
                let end = range(attr.span()).end;
                let base = self.expr(&attr.expr);
                self.attribute(base, attr.name, &(end.saturating_sub(attr.name.len())..end));
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
            ast::Expr::Call(call) => self.call(call, &range(call.span())),
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
            self.push(finding.suggest(filter.name, FILTERS.iter().copied()), self.find(filter.name, &filter.expr));
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

    fn call(&mut self, call: &'t ast::Call<'t>, span: &Range<usize>) {
        match &call.expr {
            ast::Expr::Var(var) if var.id == "super" => self.calls_super = true,
            ast::Expr::Var(var) => {
                self.callee(var.id, &range(var.span()));
            }
            ast::Expr::GetAttr(attr) => match &attr.expr {
                ast::Expr::Var(var) if var.id == "self" => self.self_block(attr.name, span),
                base => {
                    let end = range(attr.span()).end;
                    let kind = self.expr(base);
                    self.attribute(kind, attr.name, &(end.saturating_sub(attr.name.len())..end));
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
                    let finding = Diagnostic::error(format!("nothing gives `{name}` a value"))
                        .suggest(name, self.visible().collect::<Vec<_>>())
                        .help(format!(
                            "a prompt sees {}; a value of the suite or the case is written `vars.{name}`",
                            CONTEXT.join(", ")
                        ));
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
