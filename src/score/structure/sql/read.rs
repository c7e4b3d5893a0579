//! Reading SQL: the statements in it, the tables they name, and where.

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{ObjectName, ObjectType, Query, Select, SetExpr, Statement, Visit, Visitor};
use sqlparser::dialect::{Dialect, dialect_from_str};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::Rules;
use crate::score::structure::document::{Part, SHOWN, evidence_at, read};
use crate::score::{Check, Evidence, Finding, ScoreInput};

/// Most words and signs: a parsed tree may be as deep as the text is long.
const MOST_TOKENS: usize = 10_000;
/// Up to here the tree fits any thread's stack.
const FEW_TOKENS: usize = 200;
/// Stack for a deeper tree.
const STACK: usize = 256 << 20;

/// Why a text was not read.
enum Fault {
    /// It is no SQL: what is wrong, and where.
    Wrong(String, Option<Location>),
    /// It cannot be told.
    Unread(String),
}

/// What a text says.
#[derive(Debug, Default)]
struct Found {
    /// First words, in order.
    statements: Vec<String>,
    tables: Vec<Table>,
    scopes: Vec<Scope>,
}

#[derive(Debug)]
struct Table {
    name: String,
    place: Option<(Location, Location)>,
}

/// The names that the `with` of a query defines.
#[derive(Debug, Default)]
struct Scope {
    visible: Vec<String>,
    /// Addresses of bodies that were not left yet: a name is seen by what follows its body, not by the body itself.
    pending: Vec<(usize, String)>,
}

fn small(name: &str) -> String {
    name.to_lowercase()
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            // Its body says what it is.
            Statement::Query(_) => {}
            other => {
                let written = other.to_string();
                let word = written.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                self.statements.push(small(word));
            }
        }
        if let Statement::Drop { names, object_type: ObjectType::Table | ObjectType::View, .. } = statement {
            for name in names {
                self.see(name);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let mut scope = Scope::default();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = small(&cte.alias.name.value);
            if query.with.as_ref().is_some_and(|with| with.recursive) {
                scope.visible.push(name);
            } else {
                scope.pending.push((std::ptr::from_ref(&*cte.query).addr(), name));
            }
        }
        let writes = matches!(
            &*query.body,
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
        );
        if self.scopes.is_empty() && !writes {
            self.statements.push("select".to_owned());
        }
        self.scopes.push(scope);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scopes.pop();
        if let Some(outer) = self.scopes.last_mut()
            && let Some(i) =
                outer.pending.iter().position(|(body, _)| *body == std::ptr::from_ref(query).addr())
        {
            outer.visible.push(outer.pending.remove(i).1);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.into.is_some() {
            self.statements.push("create".to_owned());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.see(relation);
        ControlFlow::Continue(())
    }
}

impl Found {
    fn see(&mut self, relation: &ObjectName) {
        let idents: Vec<_> = relation.0.iter().filter_map(|part| part.as_ident()).collect();
        let whole = idents.len() == relation.0.len();
        let name = if whole {
            idents.iter().map(|ident| small(&ident.value)).collect::<Vec<_>>().join(".")
        } else {
            small(&relation.to_string())
        };
        if idents.len() == 1 && self.scopes.iter().any(|scope| scope.visible.contains(&name)) {
            return;
        }
        let place = idents.first().zip(idents.last()).map(|(first, last)| (first.span.start, last.span.end));
        self.tables.push(Table { name, place });
    }
}

fn dialect_of(name: &str) -> Result<Box<dyn Dialect>, Fault> {
    dialect_from_str(name).ok_or_else(|| Fault::Unread(format!("there is no dialect {name}")))
}

fn parse(dialect: &str, text: &str) -> Result<Found, Fault> {
    let tokens = Tokenizer::new(&*dialect_of(dialect)?, text).tokenize_with_location();
    let tokens = tokens.map_err(|error| Fault::Wrong(error.message, Some(error.location)))?;
    let count = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count();
    if count > MOST_TOKENS {
        return Err(Fault::Unread(format!("the SQL has {count} words and signs, more than {MOST_TOKENS}")));
    }
    if count <= FEW_TOKENS {
        return statements(dialect, tokens);
    }
    // Chains such as `1 + 1 + …` are trees as deep as they are long, and are walked and dropped by recursion.
    std::thread::scope(|scope| {
        let work = || statements(dialect, tokens);
        let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let joined = started.map(std::thread::ScopedJoinHandle::join);
        joined
            .ok()
            .and_then(Result::ok)
            .unwrap_or_else(|| Err(Fault::Unread("the SQL cannot be read".to_owned())))
    })
}

/// What the statements say; none at all is no SQL.
fn statements(dialect: &str, tokens: Vec<TokenWithSpan>) -> Result<Found, Fault> {
    let dialect = dialect_of(dialect)?;
    let mut parser = Parser::new(&*dialect).with_tokens_with_locations(tokens);
    let statements = parser.parse_statements().map_err(|error| {
        let text = error.to_string();
        let text = text.trim_start_matches("sql parser error: ").to_owned();
        let place = location(&text);
        Fault::Wrong(text, place)
    })?;
    if statements.is_empty() {
        return Err(Fault::Wrong("there is no statement".to_owned(), None));
    }
    let mut found = Found::default();
    for statement in &statements {
        let _ = statement.visit(&mut found);
    }
    Ok(found)
}

/// The place that the parser tells at the end of its message: `… at Line: 1, Column: 8`.
fn location(message: &str) -> Option<Location> {
    let (_, place) = message.rsplit_once(" at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
}

fn bytes(part: &Part<'_>, from: Location, to: Option<Location>) -> Range<usize> {
    let byte = |place: Location| part.byte_at(place.line as usize, place.column as usize);
    let start = byte(from);
    start..to.map_or(start + 1, byte).max(start)
}

impl Check for Rules {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let (found, part) = match read(answer, self.fenced, |text| parse(self.dialect, text)) {
            Ok(found) => found,
            Err((Fault::Unread(why), _)) => return Finding::unparsed(why),
            Err((Fault::Wrong(why, place), part)) => {
                let place = place.filter(|place| place.line > 0);
                let at = place.map_or(0..part.text.len(), |place| bytes(&part, place, None));
                let evidence = part.evidence(answer, "invalid", at);
                let reason = format!("the answer is not SQL ({}): {why}", self.dialect);
                return Finding::scored(0.0, false, reason).with(vec![evidence]);
            }
        };
        let mut wrong = Vec::new();
        let mut evidence = Vec::new();
        if let Some(allowed) = &self.statements {
            for word in found.statements.iter().filter(|word| !allowed.contains(word)) {
                wrong.push(format!("`{word}` is not allowed"));
                evidence.push(match find_word(part.text, word) {
                    Some(at) => part.evidence(answer, "differs", at),
                    None => Evidence::new("differs", word.as_str()),
                });
            }
        }
        if let Some(allowed) = &self.tables {
            for table in found.tables.iter().filter(|table| !allowed.contains(&table.name)) {
                wrong.push(format!("table `{}` is not allowed", table.name));
                evidence.push(match table.place {
                    Some((from, to)) => part.evidence(answer, "differs", bytes(&part, from, Some(to))),
                    None => Evidence::new("differs", table.name.as_str()),
                });
            }
        }
        wrong.dedup();
        evidence.truncate(SHOWN);
        if wrong.is_empty() {
            let whole = evidence_at(answer, "matched", part.start..part.start + part.text.len());
            let reason = format!("SQL ({}): {}", self.dialect, found.statements.join(", "));
            return Finding::scored(1.0, true, reason).with(vec![whole]);
        }
        Finding::scored(0.0, false, wrong.join("; ")).with(evidence)
    }
}

/// The first place of a word, whatever its letter case.
fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c: char| !is_part(c)).find(|piece| piece.eq_ignore_ascii_case(word)).map(|piece| {
        let start = piece.as_ptr().addr() - text.as_ptr().addr();
        start..start + piece.len()
    })
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::Setup;

    fn pass(toml: &str, sql: &str) -> bool {
        let score = Setup::of("sql", toml).score(sql);
        score.pass().unwrap_or_else(|| panic!("{sql}: {score:?}"))
    }

    #[test]
    fn sql_is_told_from_prose() {
        for sql in
            ["SELECT 1", "select a, b from t where x = 'ș';", "insert into t values (1); delete from t"]
        {
            assert!(pass("", sql), "{sql}");
        }
        for sql in ["You have 30 days.", "SELEC 1", "select a b c from t", "-- nothing", "select 'a", "{}"] {
            assert!(!pass("", sql), "{sql}");
        }
    }

    #[test]
    fn dialects_differ() {
        assert!(pass("dialect = 'mysql'", "select `a` from `t` limit 1, 2"));
        assert!(pass("dialect = 'postgres'", "select a::text from t"));
        assert!(pass("dialect = 'mssql'", "select top 3 [a] from [t]"));
        assert!(!pass("dialect = 'ansi'", "select [a] from [t]"));
    }

    #[test]
    fn only_allowed_statements() {
        let only = "statements = ['select']";
        for sql in
            ["select 1", "with a as (select 1) select * from a", "(select 1) union select 2", "values (1)"]
        {
            assert!(pass(only, sql), "{sql}");
        }
        for sql in [
            "delete from t",
            "select 1; drop table t",
            "with gone as (delete from t returning *) select * from gone",
            "select * into copy from t",
            "explain analyze delete from t",
            "create table x as select 1",
            "update t set a = (select 1)",
            "truncate t",
            "grant all on t to bob",
            "call p()",
        ] {
            assert!(!pass(&format!("{only}\ndialect = 'postgres'"), sql), "{sql}");
        }
        let score = Setup::of("sql", only).score("select 1;\nDELETE FROM ț");
        assert_eq!(score.reason, "`delete` is not allowed");
        assert_eq!(
            (score.evidence[0].span.clone(), score.evidence[0].quote.as_str()),
            (Some(10..16), "DELETE")
        );
    }

    #[test]
    fn only_allowed_tables() {
        let only = "tables = ['orders', 'shop.lines']";
        for sql in [
            "select * from orders o join shop.lines l on l.o = o.id",
            "select * from \"ORDERS\"",
            "with x as (select * from orders), y as (select * from x) select * from y",
            "with recursive x as (select 1 union select * from x) select * from x",
            "select 1",
        ] {
            assert!(pass(only, sql), "{sql}");
        }
        for sql in [
            "select * from users",
            "select * from other.orders",
            "select * from lines",
            "select (select max(id) from users) from orders",
            // A name that a `with` defines hides no table of that name inside of it, nor outside.
            "with users as (select * from users) select * from users",
            "select * from (with users as (select 1) select * from users) a join users b on true",
            "with a as (select 1) select * from a; select * from a",
            "insert into users select * from orders",
            "delete from users",
            "update users set a = 1",
            "drop table users",
            "truncate table users",
        ] {
            assert!(!pass(only, sql), "{sql}");
        }
        let score = Setup::of("sql", only).score("select 'ș',\n x from  shop.users");
        assert_eq!(
            (score.evidence[0].span.clone(), score.evidence[0].quote.as_str()),
            (Some(21..31), "shop.users")
        );
    }

    #[test]
    fn a_mistake_is_shown_at_its_place() {
        let score = Setup::of("sql", "fenced = true").score("Iată:\n```sql\nselect * frm t x y\n```");
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false });
        assert!(score.reason.starts_with("the answer is not SQL (generic): "), "{}", score.reason);
        assert!(score.evidence[0].span.as_ref().unwrap().start >= 22, "{:?}", score.evidence);
    }

    #[test]
    fn deep_trees_are_no_danger() {
        let long = format!("select {}1", "1 + ".repeat(4_900));
        assert!(pass("statements = ['select']\ntables = ['t']", &long));
        let unions = format!("{}select 1", "select 1 union ".repeat(3_000));
        assert!(pass("tables = ['t']", &unions));
        assert!(!pass("", &format!("select {}", "(".repeat(9_000))));
        let more = format!("select {}1", "1 + ".repeat(9_000));
        assert_eq!(Setup::of("sql", "").score(&more).state, ScoreState::Unparsed);
    }
}
