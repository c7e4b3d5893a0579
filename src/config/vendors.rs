//! What the vendors' own dialects ask of their `[models.NAME]`.

use crate::config::decode::Entry;
use crate::config::endpoint::HttpDefaults;
use crate::config::models::ModelCheck;
use crate::config::reader::Mistakes;
use crate::config::wire::ModelTable;
use crate::provider::{Auth, Header, Home, ModelSpec, Signing, bedrock_url};

/// The header that carries the token of credentials that expire.
const SESSION_HEADER: &str = "x-amz-security-token";
const SESSION_ENV: &str = "AWS_SESSION_TOKEN";
/// The region to sign for where an address says where to ask and nothing says the region.
const USUAL_REGION: &str = "us-east-1";
const EXAMPLE_URL: &str = "https://bedrock-runtime.us-east-1.amazonaws.com";

impl ModelCheck<'_> {
    /// A model at a vendor's own endpoint, or behind a proxy that speaks its dialect.
    pub(super) fn vendor(
        &self,
        entry: &Entry<ModelTable>,
        home: &Home,
        spec: &mut ModelSpec,
        mistakes: &mut Mistakes,
    ) {
        Self::not_for(entry, home, spec.provider, mistakes);
        if spec.provider == "bedrock" {
            return self.bedrock(entry, home, spec, mistakes);
        }
        let auth = match (home.key_header, home.key_env) {
            (Some(header), _) => Auth::Header(header.to_owned()),
            (None, Some(_)) => Auth::Bearer,
            (None, None) => Auth::None,
        };
        // A server that needs no key of its own may stand behind a proxy that does.
        let auth =
            if entry.value.value.api_key_env.is_some() && auth == Auth::None { Auth::Bearer } else { auth };
        let defaults = HttpDefaults { base_url: home.base_url, api_key_env: home.key_env, auth };
        self.endpoint(entry, &defaults, spec, mistakes);
    }

    /// Parameters that the API does not know, and fields that regauge writes itself.
    fn not_for(entry: &Entry<ModelTable>, home: &Home, provider: &str, mistakes: &mut Mistakes) {
        let table = &entry.value.value;
        for key in table.keys.iter().filter(|k| home.unknown_params.contains(&k.value.as_str())) {
            let message =
                format!("`{}` has no effect: the API of `{provider}` has no such parameter", key.value);
            mistakes.push(mistakes.warning(&key.span, message));
        }
        for field in table.extra.iter().flat_map(|e| &e.value.0) {
            let name = field.key.value.as_str();
            if home.own_fields.contains(&name) {
                let message = format!("`extra` must not set `{name}`: regauge writes it itself");
                mistakes.push(mistakes.error(&field.key.span, message));
            }
        }
    }

    /// Region, key or credentials of a model of Bedrock.
    fn bedrock(&self, entry: &Entry<ModelTable>, home: &Home, spec: &mut ModelSpec, mistakes: &mut Mistakes) {
        let table = &entry.value.value;
        if let Some(stream) = table.stream.as_ref().filter(|s| s.value) {
            let finding = mistakes.error(&stream.span, "answers of `bedrock` cannot be streamed");
            mistakes.push(finding.help("remove `stream`: only the time to the first text is lost"));
        }
        let region = self.region(entry, mistakes);
        let region = region.as_deref().unwrap_or(USUAL_REGION);
        let defaults = HttpDefaults { base_url: EXAMPLE_URL, api_key_env: None, auth: Auth::Bearer };
        self.endpoint(entry, &defaults, spec, mistakes);
        if table.base_url.is_none() {
            spec.base_url = Some(bedrock_url(region));
        }
        if table.api_key_env.is_some() || spec.access.auth != Auth::Bearer || !is_amazons(spec) {
            return;
        }
        let usual = home.key_env.unwrap_or_default();
        let credentials = (self.secret("AWS_ACCESS_KEY_ID"), self.secret("AWS_SECRET_ACCESS_KEY"));
        spec.api_key = self.secret(usual);
        if let (None, (Some(access_key_id), Some(secret_access_key))) = (&spec.api_key, credentials) {
            let session_token = self.secret(SESSION_ENV);
            // As a header it is also taken out of everything that comes back.
            spec.access.headers.extend(session_token.clone().map(|token| Header {
                name: SESSION_HEADER.to_owned(),
                env: Some(SESSION_ENV.to_owned()),
                value: Some(token),
            }));
            let region = region.to_owned();
            spec.signing = Some(Signing { region, access_key_id, secret_access_key, session_token });
        } else {
            // Where it is not set, asking says so.
            spec.api_key_env = Some(usual.to_owned());
        }
    }

    /// The region as written, else the environment's.
    fn region(&self, entry: &Entry<ModelTable>, mistakes: &mut Mistakes) -> Option<String> {
        let table = &entry.value.value;
        if let Some(written) = &table.region {
            if !is_region(&written.value) {
                let finding = mistakes.error(&written.span, "`region` is not the name of an AWS region");
                mistakes.push(finding.help("for example `us-east-1` or `eu-central-1`"));
                return None;
            }
            return Some(written.value.clone());
        }
        let set = |name: &str| (self.env)(name).map(|v| v.trim().to_owned()).filter(|v| is_region(v));
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        if region.is_none() && table.base_url.is_none() {
            let message = format!("model `{}` does not say in which region it is", entry.key.value);
            let finding = mistakes.error(&entry.key.span, message);
            mistakes.push(finding.help("add `region = \"us-east-1\"`, or set AWS_REGION"));
        }
        region
    }
}

/// Whether the address is Amazon's own, so that keys of the environment may go there.
fn is_amazons(spec: &ModelSpec) -> bool {
    let url = spec.base_url.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
    url.is_some_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
    })
}

fn is_region(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::reader::{parse, read_table};
    use crate::config::wire::SettingsFile;
    use crate::diagnostic::SourceFile;

    fn check(keys: &str, env: &[(&str, &str)]) -> (ModelSpec, Vec<String>) {
        let text = format!("[models.a]\nmodel = 'm'\n{keys}\n");
        let mut mistakes = Mistakes::new(SourceFile::new("regauge.toml", text.as_str()));
        let tree = parse(&text, &mut mistakes).unwrap();
        let wire: SettingsFile = read_table(tree.get_ref(), &(0..0), &mut mistakes);
        let env: BTreeMap<&str, &str> = env.iter().copied().collect();
        let read = |name: &str| env.get(name).map(|v| (*v).to_owned());
        let prices = wire.prices.map(|p| p.value).unwrap_or_default();
        let root = std::path::Path::new(".");
        let models = ModelCheck { root, env: &read, literal_keys: &[], prices: &prices };
        let spec = models.check(&wire.models.unwrap().value, &mut mistakes).remove("a").unwrap();
        let found = mistakes.finish();
        (spec, found.iter().map(|d| d.message.clone()).collect())
    }

    #[test]
    fn every_vendor_has_its_address_key_and_way_to_send_it() {
        let (spec, found) = check("provider = 'anthropic'", &[("ANTHROPIC_API_KEY", "canary")]);
        assert_eq!(found, [""; 0]);
        assert_eq!(spec.base_url.as_deref(), Some("https://api.anthropic.com"));
        assert_eq!(spec.access.auth, Auth::Header("x-api-key".into()));
        assert_eq!(spec.api_key.unwrap().expose(), "canary");
        let (spec, _) = check("provider = 'gemini'", &[]);
        assert_eq!((spec.api_key_env.as_deref(), spec.api_key.is_none()), (Some("GEMINI_API_KEY"), true));
        let (spec, found) = check("provider = 'ollama'", &[]);
        assert_eq!((spec.api_key_env, spec.access.auth, found.len()), (None, Auth::None, 0));
    }

    #[test]
    fn a_vendors_key_goes_to_no_other_address() {
        let key = [("ANTHROPIC_API_KEY", "canary")];
        let (spec, _) = check("provider = 'anthropic'\nbase_url = 'https://proxy.example'", &key);
        assert!(spec.api_key_env.is_none() && spec.api_key.is_none());
        let named =
            "provider = 'ollama'\nbase_url = 'https://proxy.example'\napi_key_env = 'ANTHROPIC_API_KEY'";
        let (spec, _) = check(named, &key);
        assert_eq!((spec.access.auth, spec.api_key.is_some()), (Auth::Bearer, true));
    }

    #[test]
    fn what_an_api_does_not_know_is_said() {
        let (_, found) = check("provider = 'anthropic'\nseed = 1\nextra = { system = 'x' }", &[]);
        assert_eq!(
            found,
            [
                "`seed` has no effect: the API of `anthropic` has no such parameter",
                "`extra` must not set `system`: regauge writes it itself",
            ]
        );
    }

    #[test]
    fn prices_are_set_by_the_models_own_name() {
        let table =
            "provider = 'anthropic'\n[prices.m]\ninput = 1\noutput = 2\n[prices.mm]\ninput = 1\noutput = 1";
        let (spec, found) = check(table, &[]);
        assert!(spec.price.is_some_and(|p| p.output > 1.9));
        assert_eq!(found, ["no model has `model = \"mm\"`"]);
        let own = table.replace("'anthropic'", "'anthropic'\nprice = { input = 8, output = 9 }");
        assert!(check(&own, &[]).0.price.is_some_and(|p| p.output > 8.9));
    }

    #[test]
    fn bedrock_needs_a_region_and_does_not_stream() {
        assert_eq!(check("provider = 'bedrock'", &[]).1, ["model `a` does not say in which region it is"]);
        let (_, found) = check("provider = 'bedrock'\nregion = 'x.evil/'\nstream = true", &[]);
        assert_eq!(
            found,
            ["`region` is not the name of an AWS region", "answers of `bedrock` cannot be streamed"]
        );
        let (spec, found) = check("provider = 'bedrock'", &[("AWS_REGION", "eu-central-1")]);
        assert_eq!(found, [""; 0]);
        assert_eq!(spec.base_url.as_deref(), Some("https://bedrock-runtime.eu-central-1.amazonaws.com"));
        assert_eq!(spec.api_key_env.as_deref(), Some("AWS_BEARER_TOKEN_BEDROCK"));
    }

    #[test]
    fn bedrock_takes_a_key_before_credentials_and_sends_neither_elsewhere() {
        let credentials = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "canary"),
            ("AWS_SESSION_TOKEN", "token"),
        ];
        let (spec, _) = check("provider = 'bedrock'\nregion = 'us-west-2'", &credentials);
        let signing = spec.signing.unwrap();
        assert_eq!((signing.region.as_str(), spec.api_key_env), ("us-west-2", None));
        assert_eq!(spec.access.headers[0].name, SESSION_HEADER);
        assert!(!format!("{signing:?}").contains("canary"));

        let both = [&credentials[..], &[("AWS_BEARER_TOKEN_BEDROCK", "key")]].concat();
        let (spec, _) = check("provider = 'bedrock'\nregion = 'us-west-2'", &both);
        assert!(spec.signing.is_none() && spec.access.headers.is_empty());
        assert_eq!(spec.api_key.unwrap().expose(), "key");

        let (spec, found) =
            check("provider = 'bedrock'\nbase_url = 'https://amazonaws.com.evil.example'", &both);
        assert_eq!(found, [""; 0]);
        assert!(spec.signing.is_none() && spec.api_key.is_none() && spec.api_key_env.is_none());
    }
}
