//! The expressions of a template: every name, attribute, filter, test and call in them.

use std::ops::Range;

use minijinja::machinery::ast;

use super::Scope;
use crate::diagnostic::Diagnostic;
use crate::prompt::outline::range;
use crate::prompt::shape::{FILTERS, Kind, TESTS};

impl<'t> Scope<'t, '_> {
    pub(super) fn walk(&mut self, expr: &'t ast::Expr<'t>) {
        self.expr(expr);
    }

    pub(super) fn expr(&mut self, expr: &'t ast::Expr<'t>) -> Kind {
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
                self.find(filter.name, filter.expr.as_ref()),
            );
        }
        self.args(&filter.args);
        self.attribute_argument(base.item(), filter);
        base.filtered(filter.name)
    }

    /// Where a filter's name is: behind what it filters, since the engine's own span is the whole chain's.
    fn find(&self, name: &str, after: Option<&ast::Expr<'t>>) -> Range<usize> {
        let from = after.map_or(0, |expr| range(expr.span()).end);
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

    pub(super) fn call(&mut self, call: &'t ast::Call<'t>) {
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
                self.uses.extend(self.sees.iter().copied().find(|known| *known == name));
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
                        .help(self.what_is_seen(name));
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

    fn what_is_seen(&self, name: &str) -> String {
        let seen = self.sees.join(", ");
        if self.sees.contains(&"vars") {
            format!("a prompt sees {seen}; a value of the suite or the case is written `vars.{name}`")
        } else {
            format!("a rubric sees {seen}")
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
}

/// Where an attribute's own name is: its span starts at different places in a chain, but ends with it.
fn last(attr: &ast::Spanned<ast::GetAttr<'_>>) -> Range<usize> {
    let end = range(attr.span()).end;
    end.saturating_sub(attr.name.len())..end
}
