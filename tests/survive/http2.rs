//! An endpoint over TLS that speaks HTTP/2, with a certificate of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::Version;
use axum::routing::post;
use axum::serve::Listener;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use crate::fixture::Project;

/// Takes connections and shakes hands.
struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.connections.fetch_add(1, Ordering::SeqCst);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

#[test]
fn over_http_2_many_trials_share_one_connection() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let tcp = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let (versions, connections) = (Arc::<Mutex<Vec<Version>>>::default(), Arc::<AtomicUsize>::default());
    let seen = versions.clone();
    let app = Router::new().route(
        "/v1/chat/completions",
        post(async move |version: Version| {
            seen.lock().unwrap().push(version);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            Json(json!({
                "model": "mock-1-2026",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
            }))
        }),
    );
    let tls = Tls { tcp, acceptor: TlsAcceptor::from(Arc::new(config)), connections: connections.clone() };
    runtime.spawn(async move { axum::serve(tls, app).await });

    let project = Project::at(&format!("https://localhost:{port}/v1"), 60, "ca_bundle = \"own.pem\"");
    project.write("own.pem", &made.cert.pem());
    let done = project.run(&["run", "--concurrency", "16"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let versions = versions.lock().unwrap();
    assert_eq!(versions.len(), 60);
    assert!(versions.iter().all(|v| *v == Version::HTTP_2), "{versions:?}");
    // Requests that begin before the first handshake is over may open connections of their own.
    assert!(connections.load(Ordering::SeqCst) <= 16, "{connections:?}");

    let strange = Project::at(&format!("https://localhost:{port}/v1"), 1, "trial_timeout_s = 1");
    let done = strange.run(&["run"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.all().contains("certificate"), "{}", done.all());
}
