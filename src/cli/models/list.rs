//! `regauge models list`: what each model is, whether its key is there, what it costs and who says so.

use serde::Serialize;

use crate::cli::{CommandResult, ExitStatus, Session};
use crate::config::Config;
use crate::provider::{KnownPrice, ModelSpec, Price, PriceSource};
use crate::report::inert_line;
use crate::report::terminal::{Paint, Span, Tone, table};

/// One model, for scripts.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    provider: &'a str,
    model: &'a str,
    base_url: Option<&'a str>,
    key: &'static str,
    price: Option<Price>,
    /// Longest prompt in tokens that the price holds for.
    price_up_to: Option<u64>,
    price_from: Option<PriceSource>,
}

/// Prints the models of the settings.
pub(super) fn run(session: &Session, config: &Config, json: bool) -> CommandResult {
    if json {
        let rows: Vec<Row<'_>> = config.models.values().map(row).collect();
        session.printer.json(&rows)?;
    } else {
        let paint = Paint::new(session.printer.color_out(), session.printer.width());
        session.printer.out(&text(paint, config.models.values()))?;
    }
    Ok(ExitStatus::Success)
}

fn row(spec: &ModelSpec) -> Row<'_> {
    let known = spec.answering().known_price();
    Row {
        name: &spec.name,
        provider: spec.provider,
        model: &spec.model,
        base_url: spec.base_url.as_deref(),
        key: key(spec),
        price: known.map(|k| k.price),
        price_up_to: known.and_then(|k| k.up_to),
        price_from: known.map(|k| k.source),
    }
}

fn key(spec: &ModelSpec) -> &'static str {
    match (&spec.api_key_env, &spec.api_key, &spec.signing) {
        (None, _, Some(_)) => "credentials",
        (None, _, None) => "not needed",
        (Some(_), Some(_), _) => "set",
        (Some(_), None, _) => "missing",
    }
}

fn text<'m>(paint: Paint, models: impl Iterator<Item = &'m ModelSpec>) -> String {
    let header = ["name", "provider", "model", "endpoint", "key", "USD per million tokens", "price from"];
    let rows: Vec<Vec<Span>> = models.map(line).collect();
    table(paint, &header, &rows, false)
}

fn line(spec: &ModelSpec) -> Vec<Span> {
    let known = spec.answering().known_price();
    let free = spec.answering().is_embedded();
    let key = match (key(spec), &spec.api_key_env) {
        ("missing", Some(variable)) => Span::new(Tone::Warn, format!("{variable} is not set")),
        (key, _) => key.into(),
    };
    let price = match known {
        Some(known) => priced(&known).into(),
        None if free => "free".into(),
        None => Span::new(Tone::Warn, "unknown"),
    };
    vec![
        Span::new(Tone::Strong, inert_line(&spec.name)),
        spec.provider.into(),
        inert_line(&spec.model).into(),
        inert_line(spec.base_url.as_deref().unwrap_or("–")).into(),
        key,
        price,
        known.map_or_else(|| "–".to_owned(), |k| k.source.to_string()).into(),
    ]
}

fn priced(known: &KnownPrice) -> String {
    let price = known.price;
    let cached = price.cached_input.map(|c| format!(", {c} cached")).unwrap_or_default();
    let up_to = known.up_to.map(|n| format!(" (up to {n} tokens)")).unwrap_or_default();
    format!("{} in{cached}, {} out{up_to}", price.input, price.output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claude(model: &str) -> ModelSpec {
        let mut spec = ModelSpec::new("claude", "anthropic", model);
        spec.base_url = Some("https://api.anthropic.com".into());
        spec.api_key_env = Some("ANTHROPIC_API_KEY".into());
        spec
    }

    #[test]
    fn a_price_is_shown_with_its_source_and_an_unknown_one_as_unknown() {
        let mut own = claude("claude-next");
        own.price = Some(Price { input: 0.0, output: 1.5, cached_input: None });
        let specs =
            [claude("claude-haiku-5-5"), claude("claude-next"), own, ModelSpec::new("q", "embedded", "q")];
        let cells: Vec<Vec<String>> =
            specs.iter().map(|spec| line(spec).into_iter().map(|span| span.text).collect()).collect();
        assert_eq!(cells[0][4], "ANTHROPIC_API_KEY is not set");
        assert_eq!(cells[0][5], "0.1 in, 0.01 cached, 0.5 out (up to 100000 tokens)");
        assert!(cells[0][6].starts_with("table of 2026-"), "{cells:?}");
        assert_eq!(cells[1][5..], ["unknown", "–"]);
        assert_eq!(cells[2][5..], ["0 in, 1.5 out", "regauge.toml"]);
        assert_eq!(cells[3][4..], ["not needed", "free", "–"]);
    }

    #[test]
    fn scripts_get_null_for_an_unknown_price() {
        let json = serde_json::to_value(row(&claude("claude-next"))).unwrap();
        assert!(json["price"].is_null() && json["price_from"].is_null());
        assert_eq!(json["key"], "missing");
    }
}
