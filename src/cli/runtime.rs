//! The runtime that asks, and the signals that end what it does.

use std::time::Duration;

use anyhow::Context as _;

use crate::run::Stop;

/// How long work may drain after SIGTERM: CI systems kill some seconds later.
const GRACE: Duration = Duration::from_secs(10);

/// Runs work to its end.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("failed to start")?;
    let result = runtime.block_on(work);
    // A request that is stuck must not keep the process.
    runtime.shutdown_background();
    result
}

/// Runs work to its end that the user may stop.
pub(super) fn block_on_until_stopped<T>(
    work: impl AsyncFnOnce(&Stop) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    block_on(async {
        let stop = Stop::default();
        tokio::spawn(listen(stop.clone()));
        work(&stop).await
    })
}

/// Ctrl-C: once drains, twice stops. SIGTERM (where there is one) drains for a while.
async fn listen(stop: Stop) {
    #[cfg(unix)]
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        return;
    };
    loop {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => stop.ask(),
            _ = terminate.recv() => stop.ask_within(GRACE),
        }
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => stop.ask(),
            Err(_) => return,
        }
    }
}
