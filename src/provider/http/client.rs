//! One HTTP client per distinct setting, shared by all models of a process, so that models of one host share its
//! connections.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::{Certificate, Client};
use tokio::runtime::{Handle, Id};

use crate::provider::{ErrorKind, ProviderError};

/// Time to reach a host and agree on TLS.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle connections that are kept per host; as many as there may be requests in flight.
const MOST_IDLE: usize = 4096;

/// Clients that are in use. A connection lives on the runtime that opened it, so no client crosses runtimes.
type Pool = Mutex<HashMap<(Option<PathBuf>, Option<Id>), Weak<Client>>>;

static POOL: LazyLock<Pool> = LazyLock::new(Pool::default);

/// The client for a certificate file (or for the system's own certificates).
pub(super) fn shared(ca_bundle: Option<&Path>) -> Result<Arc<Client>, ProviderError> {
    let key = (ca_bundle.map(Path::to_owned), Handle::try_current().ok().map(|runtime| runtime.id()));
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = pool.get(&key).and_then(Weak::upgrade) {
        return Ok(client);
    }
    let client = Arc::new(build(ca_bundle)?);
    pool.retain(|_, client| client.strong_count() > 0);
    pool.insert(key, Arc::downgrade(&client));
    Ok(client)
}

fn build(ca_bundle: Option<&Path>) -> Result<Client, ProviderError> {
    // Fails only when a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("regauge/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(MOST_IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_mins(1))
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none());
    for certificate in certificates(ca_bundle)? {
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build()
        .map_err(|e| ProviderError::new(ErrorKind::Internal, format!("failed to set up HTTP: {e}: {e:?}")))
}

fn certificates(ca_bundle: Option<&Path>) -> Result<Vec<Certificate>, ProviderError> {
    let Some(path) = ca_bundle else { return Ok(Vec::new()) };
    let failed = |what: String| {
        let message = format!("`ca_bundle` {}: {what}", path.display());
        ProviderError::new(ErrorKind::Auth, message)
    };
    let pem = std::fs::read(path).map_err(|e| failed(format!("cannot be read: {e}")))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => {
            Err(failed("holds no certificate; a PEM file starts with `-----BEGIN CERTIFICATE-----`".into()))
        }
        Err(e) => Err(failed(format!("is not a PEM file of certificates: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn equal_settings_share_one_client() {
        let (a, b) = (shared(None).unwrap(), shared(None).unwrap());
        assert!(Arc::ptr_eq(&a, &b));
    }

    #[test]
    fn another_runtime_has_its_own() {
        let on_a_runtime = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            (runtime.block_on(async { shared(None).unwrap() }), runtime)
        };
        let (a, b) = (on_a_runtime(), on_a_runtime());
        assert!(!Arc::ptr_eq(&a.0, &b.0));
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = certificates(Some(file.path())).unwrap_err();
        assert!(error.message.contains("holds no certificate"), "{error}");
        let error = certificates(Some(Path::new("none.pem"))).unwrap_err();
        assert!(error.message.contains("`ca_bundle` none.pem: cannot be read"), "{error}");
    }
}
