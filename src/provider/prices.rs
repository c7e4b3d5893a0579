//! What models cost: the shipped tables of list prices, and the price that counts.
//!
//! `prices.toml` was read on the vendors' own pages; `prices_litellm.toml` is made from litellm's table and counts
//! for the models that the first does not have.
//! A price is looked up by the endpoint's host and the model's exact name, then by the name without
//! the date of a snapshot. Families are never guessed: a price that is not known stays unknown.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::provider::{ModelSpec, Price, Usage};

/// In the order in which they count.
const TABLES: [&str; 2] = [include_str!("prices.toml"), include_str!("prices_litellm.toml")];

/// Request fields that choose another tier than the one the table lists.
const TIER_FIELDS: &[&str] = &["service_tier", "serviceTier", "speed", "performanceConfig"];

/// The shipped tables; a test holds that they can be read.
static LISTS: LazyLock<Vec<List>> =
    LazyLock::new(|| TABLES.iter().flat_map(|table| read(table).unwrap_or_default()).collect());

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    list: Vec<List>,
}

/// The prices that one page of a vendor listed on one day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// Whose models they are; for people, the hosts decide.
    #[cfg_attr(not(test), expect(dead_code, reason = "says to a reader whose list it is"))]
    vendor: String,
    /// Hosts of the endpoints that charge these prices.
    hosts: Vec<String>,
    /// Where the prices were read.
    #[cfg_attr(not(test), expect(dead_code, reason = "says to a reader where to look"))]
    source: String,
    /// When, as a date.
    as_of: String,
    models: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    input: f64,
    output: f64,
    cached_input: Option<f64>,
    up_to: Option<u64>,
}

/// Where a price comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSource {
    /// The user wrote it.
    Settings,
    /// The shipped table, as of a date.
    Table(&'static str),
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings => f.write_str("regauge.toml"),
            Self::Table(as_of) => write!(f, "table of {as_of}"),
        }
    }
}

impl Serialize for PriceSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The price that counts for a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownPrice {
    /// USD per million tokens.
    pub price: Price,
    /// Longest prompt in tokens that it holds for; absent = any.
    pub up_to: Option<u64>,
    /// Where it comes from.
    pub source: PriceSource,
}

impl KnownPrice {
    /// USD for an answer; `None` when the tokens are not known or the prompt is longer than the price
    /// holds for. Reasoning tokens are part of the output; cached ones have a price of their own.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let (input, output) = (usage.input?, usage.output?);
        if self.up_to.is_some_and(|most| input > most) {
            return None;
        }
        let cached = usage.cached_input.unwrap_or(0).min(input);
        let cached_price = self.price.cached_input.unwrap_or(self.price.input);
        let usd = (input - cached) as f64 * self.price.input
            + cached as f64 * cached_price
            + output as f64 * self.price.output;
        Some(usd / 1e6)
    }
}

impl ModelSpec {
    /// The price that counts: the user's own, else the list price of the endpoint that is asked.
    /// `None` = unknown, also where the request asks for another tier than the listed one.
    pub fn known_price(&self) -> Option<KnownPrice> {
        if let Some(price) = self.price {
            return Some(KnownPrice { price, up_to: None, source: PriceSource::Settings });
        }
        if TIER_FIELDS.iter().any(|field| self.params.extra.contains_key(*field)) {
            return None;
        }
        listed(host(self.base_url.as_deref()?)?, &self.model)
    }

    /// USD for an answer: what runs in this process is free, everything else needs a price and token
    /// counts. `None` = unknown.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        if self.is_embedded() { Some(0.0) } else { self.known_price()?.cost(usage) }
    }
}

fn read(table: &str) -> Result<Vec<List>, toml::de::Error> {
    toml::from_str::<Lists>(table).map(|lists| lists.list)
}

fn listed(host: &str, model: &str) -> Option<KnownPrice> {
    let find = |name: &str| {
        let mut lists = LISTS.iter().filter(|l| l.hosts.iter().any(|h| h.eq_ignore_ascii_case(host)));
        lists.find_map(|l| l.models.get(name).map(|row| (l, row)))
    };
    let (list, row) = find(model).or_else(|| find(without_date(model)?))?;
    Some(KnownPrice {
        price: Price { input: row.input, output: row.output, cached_input: row.cached_input },
        up_to: row.up_to,
        source: PriceSource::Table(&list.as_of),
    })
}

/// The host of an address; the table knows none with a port.
fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    Some(rest.split(['/', '?']).next().unwrap_or(rest))
}

/// A model's name without `-2025-08-07`, `-20250807`, `@20250807` or `-latest` at its end.
fn without_date(model: &str) -> Option<&str> {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    let (name, end) = model.rsplit_once(['-', '@'])?;
    if digits(end, 8) {
        return Some(name);
    }
    let (name, month) = name.rsplit_once('-').filter(|_| digits(end, 2))?;
    let (name, year) = name.rsplit_once(['-', '@']).filter(|_| digits(month, 2))?;
    digits(year, 4).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const OPENAI: &str = "api.openai.com";

    #[test]
    fn the_shipped_table_is_whole() {
        let lists: Vec<List> = TABLES.iter().flat_map(|table| read(table).unwrap()).collect();
        assert!(lists.iter().map(|l| l.models.len()).sum::<usize>() > 50);
        let mut seen = BTreeSet::new();
        for list in &lists {
            assert!(list.as_of.parse::<jiff::civil::Date>().is_ok(), "{}", list.as_of);
            assert!(list.source.starts_with("https://") && !list.hosts.is_empty());
            for (name, row) in &list.models {
                assert!(seen.insert((list.vendor.clone(), name.clone())), "{name} is listed twice");
                assert!(without_date(name).is_none(), "{name} would hide its own snapshots");
                assert!(row.input > 0.0 && row.output >= row.input && row.output <= 1000.0, "{name}");
                assert!(row.cached_input.is_none_or(|c| c > 0.0 && c <= row.input), "{name}");
                assert!(row.up_to.is_none_or(|n| n >= 1000), "{name}");
            }
        }
    }

    #[test]
    fn rows_are_sorted_so_that_a_change_is_one_line() {
        for list in TABLES.iter().flat_map(|table| table.split("[list.models]").skip(1)) {
            let names: Vec<&str> = list
                .lines()
                .filter(|l| l.contains("= {"))
                .map(|l| l.split(" = {").next().unwrap().trim().trim_matches('"'))
                .collect();
            assert!(names.is_sorted(), "{names:?}");
        }
    }

    #[test]
    fn exact_names_come_before_snapshots_and_families_are_not_guessed() {
        let input = |model: &str| listed(OPENAI, model).map(|k| k.price.input);
        assert_eq!(input("gpt-4o-mini"), Some(0.15));
        assert_eq!(input("gpt-4o-mini-2024-07-18"), Some(0.15));
        assert_eq!(input("gpt-5-2025-08-07"), Some(1.25));
        assert_eq!(
            listed("api.x.ai", "grok-4.7").map(|k| k.source.to_string()).as_deref(),
            Some("table of 2026-11-23")
        );
        for unknown in ["gpt-5-turbo", "gpt-4o-mini-", "gpt-4o-mini-07-18", "gpt", "", "-latest", "gpt-4o-1"]
        {
            assert_eq!(input(unknown), None, "{unknown}");
        }
        let claude = listed("api.anthropic.com", "claude-sonnet-4-5-20250929").unwrap();
        assert!(claude.price.output > 14.9);
        assert!(listed("API.anthropic.com", "claude-haiku-4-5@20251001").is_some());
        assert!(listed("api.anthropic.com", "claude-3-5-haiku-latest").is_some());
        assert!(listed("api.mistral.ai", "mistral-large-latest").is_none(), "an alias that moves");
    }

    #[test]
    fn only_the_vendors_own_endpoint_has_list_prices() {
        assert_eq!(host("https://api.openai.com/v1"), Some(OPENAI));
        assert_eq!(host("https://api.openai.com?x=1"), Some(OPENAI));
        assert_eq!(host("http://api.openai.com/v1"), None);
        assert!(listed("gateway.example", "gpt-4o-mini").is_none());
        assert!(listed("api.openai.com:8443", "gpt-4o-mini").is_none());
    }

    #[test]
    fn cached_tokens_have_their_own_price_and_long_prompts_none() {
        let price = Price { input: 2.0, output: 10.0, cached_input: Some(1.0) };
        let known = KnownPrice { price, up_to: Some(1_000_000), source: PriceSource::Table("2026-10-24") };
        let usage = Usage {
            input: Some(1_000_000),
            output: Some(100_000),
            cached_input: Some(500_000),
            reasoning: None,
        };
        assert_eq!(known.cost(&usage), Some(2.5));
        assert_eq!(known.cost(&Usage { input: Some(1_000_001), ..usage }), None);
        assert_eq!(known.cost(&Usage { output: None, ..usage }), None);
        assert_eq!(known.cost(&Usage { cached_input: Some(9_000_000), ..usage }), Some(2.0));
        let full = KnownPrice { price: Price { cached_input: None, ..price }, ..known };
        assert_eq!(full.cost(&usage), Some(3.0));
        assert_eq!(known.source.to_string(), "table of 2026-10-24");
        assert_eq!(PriceSource::Settings.to_string(), "regauge.toml");
    }

    fn spec(provider: &'static str, price: Option<Price>) -> ModelSpec {
        ModelSpec { price, ..ModelSpec::new("m", provider, "gpt-4o-mini") }
    }

    #[test]
    fn cost_is_unknown_rather_than_zero() {
        let usage = Usage { input: Some(1_000_000), output: Some(100_000), ..Usage::default() };
        let own = Price { input: 2.0, output: 10.0, cached_input: None };
        assert_eq!(spec("openai", None).cost(&usage), None);
        assert_eq!(spec("openai", Some(own)).cost(&Usage::default()), None);
        assert_eq!(spec("openai", Some(own)).cost(&usage), Some(3.0));
        assert_eq!(spec("embedded", None).cost(&Usage::default()), Some(0.0));
    }

    #[test]
    fn the_users_price_wins_and_another_tier_has_none() {
        let mut spec = spec("openai", None);
        spec.base_url = Some("https://api.openai.com/v1".into());
        assert_eq!(spec.known_price().map(|k| k.source), Some(PriceSource::Table("2025-12-31")));
        spec.params.extra.insert("service_tier".into(), "flex".into());
        assert_eq!(spec.known_price(), None);
        spec.price = Some(Price { input: 0.0, output: 0.0, cached_input: None });
        assert_eq!(spec.known_price().map(|k| k.source), Some(PriceSource::Settings));
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_taken_apart_without_a_fault(name in ".{0,40}") {
            if let Some(short) = without_date(&name) {
                proptest::prop_assert!(name.starts_with(short) && short.len() < name.len());
            }
        }
    }
}
