//! What every provider behind HTTP reads of its `[models.NAME]`: address, key, headers, limits.

use crate::config::decode::{Entries, Entry};
use crate::config::models::{ModelCheck, text};
use crate::config::paths::{self, Wanted};
use crate::config::range::in_range;
use crate::config::reader::{At, Mistakes};
use crate::config::wire::{AuthWay, HeaderText, ModelTable};
use crate::provider::{Auth, Header, ModelSpec};
use crate::secret::Secret;

/// What a provider behind HTTP uses where the settings say nothing.
pub(super) struct HttpDefaults {
    /// Its own address.
    pub(super) base_url: &'static str,
    /// The variable that usually holds its key; read only for its own address, so that no key goes elsewhere.
    pub(super) api_key_env: Option<&'static str>,
    /// How it wants the key.
    pub(super) auth: Auth,
}

impl ModelCheck<'_> {
    /// Model name, address, key, headers and limits of a model behind HTTP.
    pub(super) fn endpoint(
        &self,
        entry: &Entry<ModelTable>,
        defaults: &HttpDefaults,
        spec: &mut ModelSpec,
        mistakes: &mut Mistakes,
    ) {
        let table = &entry.value.value;
        if spec.model.trim().is_empty() {
            let span = table.model.as_ref().map_or(&entry.key.span, |m| &m.span);
            mistakes.push(mistakes.error(span, format!("model `{}` needs `model`", spec.name)));
        }
        let url = text(table.base_url.as_ref()).unwrap_or_else(|| defaults.base_url.to_owned());
        if let Some(written) = &table.base_url {
            self.address(written, "base_url", defaults.base_url, mistakes);
        }
        spec.base_url = Some(url.trim_end_matches('/').to_owned());
        let usual = defaults.api_key_env.filter(|_| spec.base_url.as_deref() == Some(defaults.base_url));
        self.access(table, &defaults.auth, usual, spec, mistakes);
    }

    /// An address that must be one of HTTP.
    pub(super) fn address(&self, written: &At<String>, key: &str, example: &str, mistakes: &mut Mistakes) {
        if !self.literal_keys.contains(&written.span) && !is_http(&written.value) {
            let message = format!("`{key}` must be an http:// or https:// address");
            let finding = mistakes.error(&written.span, message);
            mistakes.push(finding.help(format!("for example `{example}` or `http://localhost:8080/v1`")));
        }
    }

    /// Key, headers, certificates, limits.
    pub(super) fn access(
        &self,
        table: &ModelTable,
        usual_auth: &Auth,
        usual_key: Option<&str>,
        spec: &mut ModelSpec,
        mistakes: &mut Mistakes,
    ) {
        spec.access.auth = match table.auth.as_ref().map(|a| &a.value) {
            None => usual_auth.clone(),
            Some(AuthWay::Bearer) => Auth::Bearer,
            Some(AuthWay::None) => Auth::None,
            Some(AuthWay::Header(name)) => {
                header_name(name, mistakes);
                Auth::Header(name.value.clone())
            }
            Some(AuthWay::Query(name)) => Auth::Query(name.value.clone()),
        };
        let named = table.api_key_env.as_ref();
        if named.is_none_or(|env| !self.literal_keys.contains(&env.span)) {
            let usual = usual_key.filter(|_| spec.access.auth != Auth::None && table.api_key_env.is_none());
            spec.api_key_env = text(named).or_else(|| usual.map(str::to_owned));
            spec.api_key = spec.api_key_env.as_deref().and_then(|name| self.secret(name));
        }
        if let (Some(env), Auth::None) = (named, &spec.access.auth) {
            let finding = mistakes.warning(&env.span, "this key is never sent, since `auth` is `none`");
            mistakes.push(finding);
        }
        spec.access.headers = self.headers(table.headers.as_ref().map(|h| &h.value), mistakes);
        spec.access.stream = table.stream.as_ref().is_some_and(|s| s.value);
        if let Some(path) = &table.ca_bundle {
            paths::check(mistakes, self.root, &path.value, &path.span, Wanted::File, "");
            spec.access.ca_bundle = Some(self.root.join(&path.value));
        }
        if let Some(mb) = in_range(table.max_body_mb.as_ref(), 1, 1024, "max_body_mb", mistakes) {
            spec.access.max_body = (mb as usize) << 20;
        }
    }

    fn headers(&self, headers: Option<&Entries<HeaderText>>, mistakes: &mut Mistakes) -> Vec<Header> {
        let mut all = Vec::new();
        for Entry { key, value } in headers.into_iter().flat_map(|h| &h.0) {
            header_name(key, mistakes);
            let (env, value) = match &value.value {
                HeaderText::Text(text) => (None, Some(Secret::new(text.clone()))),
                HeaderText::Env(name) => (Some(name.value.clone()), self.secret(&name.value)),
            };
            all.push(Header { name: key.value.clone(), env, value });
        }
        all
    }

    /// The value of an environment variable; an empty one counts as not set.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        (self.env)(name).filter(|v| !v.trim().is_empty()).map(|v| Secret::new(v.trim()))
    }
}

fn header_name(name: &At<String>, mistakes: &mut Mistakes) {
    if name.value.parse::<reqwest::header::HeaderName>().is_err() {
        let message = format!("`{}` cannot be the name of a header", name.value);
        mistakes.push(mistakes.error(&name.span, message));
    }
}

fn is_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FILE_NAME, load};

    fn model(keys: &str) -> (ModelSpec, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["prompts", "suites", "golden/answers"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let text = format!("[models.a]\nprovider = 'openai'\nmodel = 'm'\n{keys}\n");
        std::fs::write(dir.path().join(FILE_NAME), text).unwrap();
        let env = |name: &str| match name {
            "OPENAI_API_KEY" | "TOKEN" => Some("canary-0123".to_owned()),
            _ => None,
        };
        let (config, findings) = load(dir.path(), &env);
        let shown = findings.iter().map(|d| {
            let row = d.to_row();
            format!("{}:{} {}", row.line.unwrap_or(0), row.column.unwrap_or(0), row.message)
        });
        (config.unwrap().models["a"].clone(), shown.collect())
    }

    #[test]
    fn the_usual_key_goes_to_the_providers_own_address_only() {
        let own = model("").0;
        assert_eq!((own.api_key_env.as_deref(), own.api_key.is_some()), (Some("OPENAI_API_KEY"), true));
        assert!(model("base_url = 'https://api.openai.com/v1/'").0.api_key.is_some());
        let other = model("base_url = 'https://other.example/v1'").0;
        assert!(other.api_key_env.is_none() && other.api_key.is_none());
        assert!(model("auth = 'none'").0.api_key.is_none());
    }

    #[test]
    fn access_and_limits_are_read() {
        let (spec, found) = model(
            "auth = { header = 'api-key' }\nheaders = { X-Team = 'support', X-Gate = { env = 'TOKEN' } }\n\
             stream = true\nconcurrency = 4\nrpm = 60\ntpm = 90000\nmax_body_mb = 2\ntimeout_s = 30\ntrial_timeout_s = 90",
        );
        assert_eq!(found, [""; 0]);
        assert_eq!(spec.access.auth, Auth::Header("api-key".into()));
        let values: Vec<_> = spec.access.headers.iter().map(|h| h.value.as_ref().unwrap().expose()).collect();
        assert_eq!(values, ["canary-0123", "support"]);
        assert!(spec.access.stream);
        assert_eq!(
            (spec.limits.concurrency, spec.limits.rpm, spec.limits.tpm),
            (Some(4), Some(60), Some(90_000))
        );
        assert_eq!((spec.access.max_body, spec.timeout_s, spec.trial_timeout_s), (2 << 20, 30, 90));
        assert!(!format!("{spec:?}").contains("canary"));
    }

    #[test]
    fn a_trial_has_time_for_an_attempt() {
        assert_eq!(model("timeout_s = 900").0.trial_timeout_s, 900);
        assert_eq!(model("trial_timeout_s = 60").0.timeout_s, 60);
        let (_, found) = model("timeout_s = 60\ntrial_timeout_s = 30");
        assert_eq!(found, ["5:19 `trial_timeout_s` must be at least `timeout_s`, which is 60"]);
    }

    #[test]
    fn mistakes_have_their_place() {
        let found = |keys: &str| model(keys).1;
        assert_eq!(found("headers = { 'X Team' = 'a' }"), ["4:13 `X Team` cannot be the name of a header"]);
        assert_eq!(found("headers = { X-Token = 'canary' }"), ["4:23 an API key has no place in a file"]);
        assert_eq!(
            found("headers = { X = { env = 'not a name' } }"),
            ["4:25 an API key has no place in a file"]
        );
        assert_eq!(found("ca_bundle = 'no.pem'"), ["4:13 file `no.pem` does not exist"]);
        assert_eq!(found("auth = 'baerer'"), ["4:8 unknown way `baerer` to send a key"]);
        assert_eq!(found("rpm = 0"), ["4:7 `rpm` must be 1 or more, not 0"]);
        let unsent = found("auth = 'none'\napi_key_env = 'TOKEN'");
        assert_eq!(unsent, ["5:15 this key is never sent, since `auth` is `none`"]);
        let responses = found("api = 'responses'\nseed = 1");
        assert_eq!(responses, ["5:8 `seed` has no effect here: the API `responses` does not know it"]);
        assert_eq!(found("api = 'chta'"), ["4:7 unknown API `chta`"]);
    }
}
