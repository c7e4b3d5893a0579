//! # What it checks
//! The answer is SQL that a parser of the dialect accepts, with only the statements and tables that are allowed.
//! The value is 1 or 0.
//!
//! # Keys
//! - `dialect` = "generic": `ansi`, `bigquery`, `clickhouse`, `databricks`, `duckdb`, `generic`, `hive`, `mssql`,
//!   `mysql`, `oracle`, `postgres`, `redshift`, `snowflake`, `spark`, `sqlite` or `teradata`.
//! - `statements`: the statements allowed, by their first word: `["select"]` for reading alone. Statements inside of
//!   others count too (`explain`, a common table expression that deletes), and `select … into` is a `create`.
//! - `tables`: the tables allowed, as they are written in a statement without quotes: `orders` or `shop.orders`. Names
//!   that a `with` defines are no tables.
//! - `fenced` = false: whether a code fence around it is fine, with words before and after.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "sql"
//! dialect = "postgres"
//! statements = ["select"]
//! tables = ["orders", "order_lines"]
//! fenced = true
//! ```
//!
//! # Caveats
//! A program built without its feature `sql` has no parser. Nothing is run: columns and types are not checked, and a function that
//! writes is a `select` like any other. Letter case of names does not matter. More than 10,000 words and signs are
//! unparsed.

#[cfg(feature = "sql")]
mod read;

use crate::diagnostic::did_you_mean;
use crate::score::{Args, Built, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "sql",
    summary: "the answer is SQL with allowed statements and tables",
    docs: docs!("sql.rs"),
    keys: &["dialect", "statements", "tables", "fenced"],
    build,
};

const DIALECTS: [&str; 16] = [
    "generic",
    "ansi",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "hive",
    "mssql",
    "mysql",
    "oracle",
    "postgres",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "teradata",
];

/// First words of statements.
const STATEMENTS: [&str; 26] = [
    "alter",
    "analyze",
    "begin",
    "call",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "delete",
    "drop",
    "execute",
    "explain",
    "grant",
    "insert",
    "merge",
    "prepare",
    "replace",
    "revoke",
    "rollback",
    "select",
    "set",
    "show",
    "truncate",
    "update",
    "use",
];

/// What is allowed.
#[cfg_attr(not(feature = "sql"), expect(dead_code, reason = "read by the parser"))]
struct Rules {
    dialect: &'static str,
    /// Absent = all.
    statements: Option<Vec<String>>,
    /// In small letters; absent = all.
    tables: Option<Vec<String>>,
    fenced: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let fenced = args.get::<bool>("fenced", &mut errors).unwrap_or(false);
    let written = args.get::<String>("dialect", &mut errors).unwrap_or_else(|| "generic".to_owned());
    let dialect = DIALECTS.into_iter().find(|name| *name == written.to_lowercase());
    if dialect.is_none() {
        errors.push(unknown(args, "dialect", &written, &DIALECTS));
    }
    let small = |words: Vec<String>| words.iter().map(|word| word.trim().to_lowercase()).collect::<Vec<_>>();
    let statements = args.strings("statements", &mut errors).map(small);
    let tables = args.strings("tables", &mut errors).map(small);
    for word in statements.iter().flatten().filter(|word| !STATEMENTS.contains(&word.as_str())) {
        errors.push(unknown(args, "statements", word, &STATEMENTS));
    }
    match dialect {
        Some(dialect) if errors.is_empty() => finish(args, Rules { dialect, statements, tables, fenced }),
        _ => Err(errors),
    }
}

fn unknown(args: &Args<'_>, key: &str, written: &str, known: &[&str]) -> ScorerError {
    let error = args.error_at(key, format!("`{key}`: `{written}` is not known"));
    error.with_help(match did_you_mean(written, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    })
}

#[cfg(feature = "sql")]
#[expect(clippy::unnecessary_wraps, reason = "a program without the feature has no parser")]
fn finish(_: &Args<'_>, rules: Rules) -> Built {
    Ok(Box::new(rules))
}

#[cfg(not(feature = "sql"))]
fn finish(args: &Args<'_>, _: Rules) -> Built {
    let error = args.error("this program was built without an SQL parser");
    Err(vec![error.with_help("install it with `cargo install regauge --features sql`")])
}

#[cfg(test)]
mod tests {
    use crate::score::testing::mistakes;

    #[test]
    fn all_mistakes_are_reported() {
        let found =
            mistakes("sql", "dialect = 'postgre'\nstatements = ['selct', 'update']\ntables = []\nfenced = 1");
        let words: Vec<_> = found.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(found.len(), 4, "{words:?}");
        let help: Vec<_> = found.iter().filter_map(|e| e.help.as_deref()).collect();
        assert_eq!(help, ["did you mean `postgres`?", "did you mean `select`?"]);
    }

    #[cfg(not(feature = "sql"))]
    #[test]
    fn without_a_parser_the_suite_is_told_so() {
        let found = mistakes("sql", "");
        assert!(found[0].help.as_ref().unwrap().contains("--features sql"), "{found:?}");
    }
}
