//! Failures below HTTP: what they mean and what to do about them.

use std::error::Error;
use std::io;

use reqwest::Url;
use rustls::CertificateError;

use super::client::CONNECT_TIMEOUT;
use crate::provider::ErrorKind;

/// The kind of a failed request, and a sentence that says what to do.
pub(super) fn explain(url: &str, error: &reqwest::Error, timeout_s: u64) -> (ErrorKind, String) {
    let host = Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    if error.is_timeout() {
        let seconds = CONNECT_TIMEOUT.as_secs();
        let what = if error.is_connect() {
            format!(
                "no connection to `{host}` within {seconds} s; check `base_url`, the network and the proxy"
            )
        } else {
            format!("no answer within {timeout_s} s (`timeout_s`)")
        };
        return (ErrorKind::Timeout, format!("{url}: {what}"));
    }
    let causes = causes(error);
    let texts: Vec<String> = causes.iter().map(ToString::to_string).collect();
    let last = texts.last().cloned().unwrap_or_else(|| "unknown reason".to_owned());
    let io = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>());
    let what = if let Some(tls) = causes.iter().find_map(|cause| tls_error(*cause)) {
        tls_advice(tls, &host)
    } else if texts.iter().any(|text| text.starts_with("dns error")) {
        format!(
            "the host name `{host}` cannot be resolved ({last}); check `base_url`, the network and the proxy settings"
        )
    } else if texts.iter().any(|text| text.contains("tunnel") || text.contains("proxy")) {
        format!("the proxy did not connect to `{host}` ({last}); check HTTPS_PROXY, HTTP_PROXY and NO_PROXY")
    } else if io.is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
        "nothing listens there (connection refused); start the server or check `base_url`".to_owned()
    } else if error.is_connect() {
        format!("no connection ({last}); check `base_url`, the network and the proxy settings")
    } else if error.is_builder() {
        return (ErrorKind::BadRequest, format!("{url}: the request cannot be sent: {last}"));
    } else {
        format!("the connection failed before the reply was complete ({last})")
    };
    (ErrorKind::Network, format!("{url}: {what}"))
}

/// The chain of reasons, from the outside in; an I/O error is followed by what it wraps.
fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let mut all = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        all.push(cause);
        next = cause.source();
    }
    all
}

fn tls_error<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(cause);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        // The source of an I/O error is that of what it wraps, so what it wraps is asked first.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn Error + 'static));
    }
    None
}

fn tls_advice(error: &rustls::Error, host: &str) -> String {
    let advice = match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another host name; check `base_url`"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired; renew it, or check this machine's clock"
            }
            _ => {
                "the certificate is not trusted; if your company signs its own, name its PEM file in `ca_bundle`"
            }
        },
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS; use http:// in `base_url`",
        _ => "check `base_url` and the proxy settings",
    };
    format!("no secure connection to `{host}` ({error}); {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_failures_say_what_to_do() {
        let advice = |e| tls_advice(&e, "h");
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(advice(unknown).contains("`ca_bundle`"));
        let name = rustls::Error::InvalidCertificate(CertificateError::NotValidForName);
        assert!(advice(name).contains("another host name"));
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert!(advice(plain).contains("http://"));
    }

    #[test]
    fn tls_errors_are_found_inside_of_others() {
        let wrapped = io::Error::other(io::Error::other(rustls::Error::DecryptError));
        assert_eq!(tls_error(&wrapped), Some(&rustls::Error::DecryptError));
        assert_eq!(tls_error(&io::Error::other("x")), None);
    }

    async fn asking(url: &str) -> (ErrorKind, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        explain(url, &client.get(url).send().await.unwrap_err(), 7)
    }

    #[tokio::test]
    async fn a_host_that_is_not_there() {
        let (kind, message) = asking("http://nonexistent.invalid/v1").await;
        assert_eq!(kind, ErrorKind::Network);
        assert!(message.contains("the host name `nonexistent.invalid` cannot be resolved"), "{message}");
    }

    #[tokio::test]
    async fn a_port_where_nothing_listens_and_one_that_speaks_no_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plain = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        });
        let (_, message) = asking(&format!("https://127.0.0.1:{port}/")).await;
        assert!(message.contains("use http://"), "{message}");
        plain.await.unwrap();
        let (_, message) = asking(&format!("http://127.0.0.1:{port}/")).await;
        assert!(message.contains("nothing listens there"), "{message}");
    }
}
