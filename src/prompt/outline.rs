//! What one template consists of: its parent, parts, blocks and exported names.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::machinery::{Span, ast, parse};
use minijinja::syntax::SyntaxConfig;

use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// Where a block stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'t> {
    /// At the top level.
    Top,
    /// Inside another block.
    Inside(&'t str),
    /// Inside an `if`, `for` or other statement at the top level.
    Guarded,
}

/// One `{% block %}`.
pub(super) struct Block<'t> {
    pub(super) name: &'t str,
    pub(super) place: Place<'t>,
    pub(super) required: bool,
    pub(super) body: &'t [ast::Stmt<'t>],
    /// The name in the opening tag.
    pub(super) range: Range<usize>,
}

/// How a template uses another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// `extends` at the top level.
    Extends,
    /// `extends` inside another statement.
    ExtendsGuarded,
    /// `include`.
    Include,
    /// `include … ignore missing`.
    IncludeIfThere,
    /// `import` or `from … import`.
    Import,
}

/// A template named by another.
pub(super) struct Part {
    pub(super) how: Use,
    /// The names it may have; `None` when they are computed.
    pub(super) names: Option<Vec<String>>,
    /// The expression that names it.
    pub(super) range: Range<usize>,
}

/// One parsed template.
pub(super) struct Outline<'t> {
    pub(super) name: &'t str,
    pub(super) file: &'t SourceFile,
    pub(super) body: &'t [ast::Stmt<'t>],
    pub(super) parts: Vec<Part>,
    pub(super) blocks: Vec<Block<'t>>,
    /// Macros and variables that an import of this file offers.
    pub(super) exports: BTreeSet<&'t str>,
    /// First text or output that stands outside all blocks.
    pub(super) loose: Option<Range<usize>>,
}

/// Bytes of a span.
pub(super) fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// Parses one template; a syntax error becomes a finding at its place.
pub(super) fn parse_file<'t>(name: &'t str, file: &'t SourceFile) -> Result<ast::Stmt<'t>, Diagnostic> {
    parse(&file.text, name, SyntaxConfig::default()).map_err(|error| {
        let at = error.range().map_or_else(|| file.start(), |range| file.at(range));
        Diagnostic::error(format!("the template is not Jinja: {}", error.detail().unwrap_or("syntax error"))).at(at)
    })
}

impl<'t> Outline<'t> {
    pub(super) fn new(name: &'t str, file: &'t SourceFile, tree: &'t ast::Stmt<'t>) -> Self {
        let body = if let ast::Stmt::Template(template) = tree { template.children.as_slice() } else { &[] };
        let mut outline =
            Self { name, file, body, parts: Vec::new(), blocks: Vec::new(), exports: BTreeSet::new(), loose: None };
        outline.walk(body, Place::Top);
        outline.export(body);
        outline.loose = outline.find_loose(body);
        outline
    }

    pub(super) fn block(&self, name: &str) -> Option<&Block<'t>> {
        self.blocks.iter().find(|block| block.name == name)
    }

    pub(super) fn at(&self, range: Range<usize>) -> Location {
        self.file.at(range)
    }

    /// The template that this one extends, when it says so with one plain name.
    pub(super) fn parent(&self) -> Option<&str> {
        let mut extends = self.parts.iter().filter(|part| part.how == Use::Extends);
        match extends.next()?.names.as_deref() {
            Some([name]) => Some(name),
            _ => None,
        }
    }

    fn walk(&mut self, body: &'t [ast::Stmt<'t>], place: Place<'t>) {
        for stmt in body {
            let inner = match stmt {
                ast::Stmt::Block(block) => {
                    let whole = range(block.span());
                    let start = self.file.text[whole.clone()].find(block.name).unwrap_or(0) + whole.start;
                    self.blocks.push(Block {
                        name: block.name,
                        place,
                        required: block.required,
                        body: &block.body,
                        range: start..start + block.name.len(),
                    });
                    Place::Inside(block.name)
                }
                _ if place == Place::Top => Place::Guarded,
                _ => place,
            };
            match stmt {
                ast::Stmt::Extends(extends) if place == Place::Top => self.part(Use::Extends, &extends.name),
                ast::Stmt::Extends(extends) => self.part(Use::ExtendsGuarded, &extends.name),
                ast::Stmt::Include(include) if include.ignore_missing => {
                    self.part(Use::IncludeIfThere, &include.name);
                }
                ast::Stmt::Include(include) => self.part(Use::Include, &include.name),
                ast::Stmt::Import(import) => self.part(Use::Import, &import.expr),
                ast::Stmt::FromImport(import) => self.part(Use::Import, &import.expr),
                _ => {}
            }
            for body in bodies(stmt) {
                self.walk(body, inner);
            }
        }
    }

    fn part(&mut self, how: Use, name: &ast::Expr<'t>) {
        self.parts.push(Part { how, names: names(name), range: range(name.span()) });
    }

    fn export(&mut self, body: &'t [ast::Stmt<'t>]) {
        for stmt in body {
            match stmt {
                ast::Stmt::Macro(made) => {
                    self.exports.insert(made.name);
                }
                ast::Stmt::Set(set) => self.export_target(&set.target),
                ast::Stmt::SetBlock(set) => self.export_target(&set.target),
                ast::Stmt::Import(import) => self.export_target(&import.name),
                ast::Stmt::FromImport(import) => {
                    for (name, alias) in &import.names {
                        self.export_target(alias.as_ref().unwrap_or(name));
                    }
                }
                ast::Stmt::IfCond(cond) => {
                    self.export(&cond.true_body);
                    self.export(&cond.false_body);
                }
                _ => {}
            }
        }
    }

    fn export_target(&mut self, target: &ast::Expr<'t>) {
        match target {
            ast::Expr::Var(var) => {
                self.exports.insert(var.id);
            }
            ast::Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.export_target(item)),
            ast::Expr::List(list) => list.items.iter().for_each(|item| self.export_target(item)),
            _ => {}
        }
    }

    fn find_loose(&self, body: &'t [ast::Stmt<'t>]) -> Option<Range<usize>> {
        body.iter().find_map(|stmt| match stmt {
            ast::Stmt::EmitRaw(raw) => {
                let from = range(raw.span());
                // A trimmed tag gives a raw text that is shorter than its span.
                let text = raw.raw.trim().lines().next().filter(|line| !line.is_empty())?;
                let start = self.file.text[from.clone()].find(text).unwrap_or(0) + from.start;
                Some(start..start + text.trim_end().len())
            }
            ast::Stmt::EmitExpr(emit) => Some(range(emit.span())),
            ast::Stmt::Include(include) => Some(range(include.span())),
            ast::Stmt::CallBlock(call) => Some(range(call.call.span())),
            ast::Stmt::Block(_) | ast::Stmt::Macro(_) | ast::Stmt::SetBlock(_) => None,
            other => bodies(other).into_iter().find_map(|body| self.find_loose(body)),
        })
    }
}

/// The statements inside a statement.
pub(super) fn bodies<'t>(stmt: &'t ast::Stmt<'t>) -> Vec<&'t [ast::Stmt<'t>]> {
    match stmt {
        ast::Stmt::Template(template) => vec![&template.children],
        ast::Stmt::ForLoop(each) => vec![&each.body, &each.else_body],
        ast::Stmt::IfCond(cond) => vec![&cond.true_body, &cond.false_body],
        ast::Stmt::WithBlock(with) => vec![&with.body],
        ast::Stmt::SetBlock(set) => vec![&set.body],
        ast::Stmt::AutoEscape(escape) => vec![&escape.body],
        ast::Stmt::FilterBlock(filter) => vec![&filter.body],
        ast::Stmt::Block(block) => vec![&block.body],
        ast::Stmt::Macro(made) => vec![&made.body],
        ast::Stmt::CallBlock(call) => vec![&call.macro_decl.body],
        _ => Vec::new(),
    }
}

/// The names that an expression may give: one text, a list of them, or one of two by a condition.
pub(super) fn names(expr: &ast::Expr<'_>) -> Option<Vec<String>> {
    match expr {
        ast::Expr::Const(constant) => match constant.value.as_str() {
            Some(name) => Some(vec![name.to_owned()]),
            None => constant.value.try_iter().ok()?.map(|name| name.as_str().map(str::to_owned)).collect(),
        },
        ast::Expr::List(list) => {
            let all: Option<Vec<_>> = list.items.iter().map(names).collect();
            all.map(|names| names.concat())
        }
        ast::Expr::IfExpr(choice) => {
            let mut all = names(&choice.true_expr)?;
            all.extend(names(choice.false_expr.as_ref()?)?);
            Some(all)
        }
        _ => None,
    }
}
