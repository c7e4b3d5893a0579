//! Signature Version 4: the headers that prove who asks, for one request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

use crate::provider::Signing;

/// The headers to add to a POST of this body.
///
/// # Errors
/// What could not be signed, without any secret.
pub(super) fn headers(
    signing: &Signing,
    url: &str,
    body: &[u8],
    now: SystemTime,
) -> Result<Vec<(String, String)>, String> {
    let credentials = Credentials::new(
        signing.access_key_id.expose(),
        signing.secret_access_key.expose(),
        signing.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "environment",
    );
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&signing.region)
        .name("bedrock")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|e| e.to_string())?
        .into();
    let own = [("content-type", "application/json")].into_iter();
    let request =
        SignableRequest::new("POST", url, own, SignableBody::Bytes(body)).map_err(|e| e.to_string())?;
    let (instructions, _) = sign(request, &params).map_err(|e| e.to_string())?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::secret::Secret;

    fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
        assert!(key.len() <= 64);
        let pad = |byte: u8| {
            let mut block = [byte; 64];
            block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(data).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn signing(session: Option<&str>) -> Signing {
        Signing {
            region: "us-east-1".into(),
            access_key_id: Secret::new("AKIDEXAMPLE"),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: session.map(Secret::new),
        }
    }

    /// The signature as the specification computes it, step by step, beside the library's.
    #[test]
    fn the_signature_is_the_specifications() {
        let body = br#"{"messages":[]}"#;
        let url = "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse";
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636);
        let headers: BTreeMap<_, _> = headers(&signing(None), url, body, now).unwrap().into_iter().collect();
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");

        // A path is encoded once more before it is signed.
        let canonical = format!(
            "POST\n/model/amazon.nova-lite-v1%253A0/converse\n\ncontent-type:application/json\n\
             host:bedrock-runtime.us-east-1.amazonaws.com\nx-amz-date:20150830T123600Z\n\n\
             content-type;host;x-amz-date\n{}",
            hex(&Sha256::digest(body))
        );
        let scope = "20150830/us-east-1/bedrock/aws4_request";
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n20150830T123600Z\n{scope}\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let mut key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
        for part in scope.split('/') {
            key = hmac(&key, part.as_bytes());
        }
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        assert_eq!(
            headers["authorization"],
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, \
                 SignedHeaders=content-type;host;x-amz-date, Signature={signature}"
            )
        );
    }

    #[test]
    fn a_session_token_is_sent_and_signed() {
        let all =
            headers(&signing(Some("tok")), "https://h.example/x", b"{}", SystemTime::UNIX_EPOCH).unwrap();
        assert!(all.contains(&("x-amz-security-token".into(), "tok".into())));
        assert!(all.iter().any(|(_, value)| value.contains("x-amz-security-token")));
    }

    #[test]
    fn what_is_no_address_is_an_error() {
        assert!(headers(&signing(None), "not an address", b"", SystemTime::UNIX_EPOCH).is_err());
    }
}
