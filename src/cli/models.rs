//! `regauge models`: list, pull, ping.

mod list;
mod ping;

use std::sync::{Arc, Mutex};

use super::runtime::block_on;
use super::{CommandResult, ExitStatus, Session, prepare};
use crate::config::Config;
use crate::embed::{self, FetchArgs};
use crate::event::{Event, Sink as _};
use crate::project;
use crate::provider::{AnswerSource, FetchProgress, ModelSpec};
use crate::report::Progress;
use crate::run::{OpenOptions, OpenedModel};
use crate::store::Store;
use crate::suite::Suite;

/// Flags of `regauge models`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models of regauge.toml with their keys and prices.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch the weights of embedded models.
    Pull {
        /// Names in regauge.toml, or `all-minilm-l6-v2` for the embedding model; default: all embedded ones, and the
        /// embedding model where a suite needs it.
        names: Vec<String>,
    },
    /// Ask each model one cheap question, all at once: checks key, endpoint and model. Exit code 5 when one fails.
    Ping {
        /// Names in regauge.toml; default: all.
        names: Vec<String>,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Lists, pulls or pings models.
pub fn run(session: &Session, args: &Args) -> CommandResult {
    let config = session.config()?;
    match &args.command {
        None => list::run(session, &config, false),
        Some(Command::List { json }) => list::run(session, &config, *json),
        Some(Command::Pull { names }) => {
            let in_process = |s: &&ModelSpec| s.is_embedded();
            let (specs, embedder) = if names.is_empty() {
                (config.models.values().filter(in_process).collect(), needs_embedder(session))
            } else {
                let is_embedder = |name: &String| name == embed::MODEL && !config.models.contains_key(name);
                let (embedder, names): (Vec<String>, _) = names.iter().cloned().partition(is_embedder);
                (chosen(&config, &names)?, !embedder.is_empty())
            };
            block_on(pull(session, &specs, embedder, &options(session, &config)?))
        }
        Some(Command::Ping { names, json }) => {
            let specs =
                if names.is_empty() { config.models.values().collect() } else { chosen(&config, names)? };
            block_on(ping::run(session, &specs, &options(session, &config)?, *json))
        }
    }
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

/// How the models are opened: with the answers of the stored runs, and downloads shown as in a run.
fn options(session: &Session, config: &Config) -> anyhow::Result<OpenOptions> {
    let answers = Store::open_existing(&session.root.join(&config.store))?;
    let answers = answers.map(|s| Arc::new(s) as Arc<dyn AnswerSource>);
    let progress = Mutex::new(Progress::to_stderr(session.printer.progress_style()));
    let on_fetch = Arc::new(move |step: FetchProgress| {
        if let Ok(mut progress) = progress.lock() {
            progress.on_event(&Event::ModelFetched(step));
        }
    });
    prepare::open_options(session, answers, on_fetch)
}

/// Whether a suite needs the embedding model; a project that cannot be loaded has none.
fn needs_embedder(session: &Session) -> bool {
    let (project, _) = project::load(&session.root, &session.env);
    project.is_some_and(|project| project.suites.iter().any(Suite::embeds))
}

async fn pull(
    session: &Session,
    specs: &[&ModelSpec],
    embedder: bool,
    options: &OpenOptions,
) -> CommandResult {
    if embedder {
        let (cache_dir, hub) = (options.cache_dir.as_path(), options.hub.as_deref());
        let on_fetch = options.on_fetch.clone();
        embed::fetch(FetchArgs { cache_dir, hub, on_fetch }).await?;
        let embedder = embed::local(Some(&options.cache_dir));
        session.printer.out(&format!("{}: ready {}", embed::MODEL, embedder.identity()))?;
    } else if specs.is_empty() {
        anyhow::bail!("no model of regauge.toml has weights to fetch");
    }
    for spec in specs {
        if !spec.is_embedded() {
            anyhow::bail!(
                "model `{}` is reached through `{}`; only embedded models are pulled",
                spec.name,
                spec.provider
            );
        }
        let opened = OpenedModel::open(spec, options).await?;
        session.printer.out(&format!("{}: ready {}", spec.name, opened.identity))?;
    }
    Ok(ExitStatus::Success)
}
