//! `regauge models`: list, pull, ping.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use serde::Serialize;

use super::{CommandResult, ExitStatus, Session, prepare};
use crate::config::Config;
use crate::event::{Event, Sink as _};
use crate::fingerprint::Fingerprint;
use crate::prompt::{ChatRole, Message};
use crate::provider::{FetchProgress, ModelSpec, Request};
use crate::report::{Progress, inert};
use crate::run::OpenedModel;

/// Flags of `regauge models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models of regauge.toml.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch the weights of embedded models.
    Pull {
        /// Names in regauge.toml; default: all embedded ones.
        names: Vec<String>,
    },
    /// Ask each model one cheap question: checks key, endpoint and model.
    Ping {
        /// Names in regauge.toml; default: all.
        names: Vec<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    provider: &'a str,
    model: &'a str,
    base_url: Option<&'a str>,
    key: &'static str,
    price: Option<crate::provider::Price>,
}

#[derive(Serialize)]
struct Ping {
    name: String,
    ok: bool,
    latency_ms: Option<f64>,
    answer: Option<String>,
    error: Option<String>,
}

/// Lists, pulls or pings models.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let config = session.config()?;
    match &args.command {
        None => list(session, &config, false),
        Some(Command::List { json }) => list(session, &config, *json),
        Some(Command::Pull { names }) => {
            let embedded = |s: &&ModelSpec| s.provider == "embedded";
            let specs = if names.is_empty() {
                config.models.values().filter(embedded).collect()
            } else {
                chosen(&config, names)?
            };
            block_on(pull(session, &specs))
        }
        Some(Command::Ping { names, json }) => {
            let specs =
                if names.is_empty() { config.models.values().collect() } else { chosen(&config, names)? };
            block_on(ping(session, &specs, *json))
        }
    }
}

fn block_on(future: impl Future<Output = CommandResult>) -> CommandResult {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start")?
        .block_on(future)
}

fn chosen<'c>(config: &'c Config, names: &[String]) -> anyhow::Result<Vec<&'c ModelSpec>> {
    let find = |name: &String| {
        config.models.get(name).ok_or_else(|| {
            let near = crate::diagnostic::did_you_mean(name, config.models.keys().map(String::as_str));
            let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            anyhow::anyhow!("no model is named `{name}` in regauge.toml{hint}")
        })
    };
    names.iter().map(find).collect()
}

fn list(session: &Session, config: &Config, json: bool) -> CommandResult {
    let rows: Vec<Row<'_>> = config
        .models
        .values()
        .map(|spec| Row {
            name: &spec.name,
            provider: spec.provider,
            model: &spec.model,
            base_url: spec.base_url.as_deref(),
            key: match (&spec.api_key_env, &spec.api_key) {
                (None, _) => "not needed",
                (Some(_), Some(_)) => "set",
                (Some(_), None) => "missing",
            },
            price: spec.price,
        })
        .collect();
    if json {
        session.printer.json(&rows)?;
        return Ok(ExitStatus::Success);
    }
    let mut table = comfy_table::Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_header(["name", "provider", "model", "endpoint", "key"]);
    for row in &rows {
        table.add_row([row.name, row.provider, row.model, row.base_url.unwrap_or("–"), row.key]);
    }
    session.printer.out(&table.to_string())?;
    Ok(ExitStatus::Success)
}

async fn open(session: &Session, spec: &ModelSpec) -> anyhow::Result<OpenedModel> {
    let folder = session.root.join(session.config()?.store);
    let answers = crate::store::Store::open_existing(&folder)?;
    let answers = answers.map(|s| Arc::new(s) as Arc<dyn crate::provider::AnswerSource>);
    let progress = Mutex::new(Progress::to_stderr(session.printer.progress_style()));
    let on_fetch = Arc::new(move |step: FetchProgress| {
        if let Ok(mut progress) = progress.lock() {
            progress.on_event(&Event::ModelFetched(step));
        }
    });
    Ok(OpenedModel::open(spec, &prepare::open_options(session, answers, on_fetch)?).await?)
}

async fn pull(session: &Session, specs: &[&ModelSpec]) -> CommandResult {
    if specs.is_empty() {
        anyhow::bail!("no model of regauge.toml has weights to fetch");
    }
    for spec in specs {
        if spec.provider != "embedded" {
            anyhow::bail!(
                "model `{}` is reached through `{}`; only embedded models are pulled",
                spec.name,
                spec.provider
            );
        }
        let opened = open(session, spec).await?;
        session.printer.out(&format!("{}: ready {}", spec.name, opened.identity))?;
    }
    Ok(ExitStatus::Success)
}

async fn ping(session: &Session, specs: &[&ModelSpec], json: bool) -> CommandResult {
    let mut rows = Vec::new();
    for spec in specs {
        let row = match ask(session, spec).await {
            Ok((latency_ms, answer)) => Ping {
                name: spec.name.clone(),
                ok: true,
                latency_ms: Some(latency_ms),
                answer: Some(answer),
                error: None,
            },
            Err(error) => Ping {
                name: spec.name.clone(),
                ok: false,
                latency_ms: None,
                answer: None,
                error: Some(format!("{error:#}")),
            },
        };
        if !json {
            session.printer.out(&match (&row.error, row.latency_ms) {
                (None, Some(ms)) => format!(
                    "{}: ok in {ms:.0} ms: {}",
                    row.name,
                    inert(row.answer.as_deref().unwrap_or_default())
                ),
                (error, _) => {
                    format!("{}: failed: {}", row.name, inert(error.as_deref().unwrap_or_default()))
                }
            })?;
        }
        rows.push(row);
    }
    if json {
        session.printer.json(&rows)?;
    }
    Ok(if rows.iter().all(|r| r.ok) { ExitStatus::Success } else { ExitStatus::Incomplete })
}

async fn ask(session: &Session, spec: &ModelSpec) -> anyhow::Result<(f64, String)> {
    let opened = open(session, spec).await?;
    if spec.provider == "replay" {
        return Ok((0.0, "replays recorded answers".to_owned()));
    }
    let mut params = spec.params.clone();
    params.max_tokens = Some(16);
    let messages = vec![Message { role: ChatRole::User, content: "Say OK.".to_owned() }];
    let request = Request { key: Fingerprint::of(&messages), messages, params };
    let completion = opened.provider.complete(&request).await?.completion;
    Ok((completion.latency_ms, completion.text.trim().to_owned()))
}
