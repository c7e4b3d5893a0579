//! The embedding model of this process: found in the folder of models, loaded once, shared.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::embed::{EmbedError, Embedder, Embedding};
use crate::provider::FetchProgress;

/// Name of the model.
pub const MODEL: &str = "all-minilm-l6-v2";

/// How the model is fetched.
pub struct FetchArgs<'a> {
    /// Folder for downloaded weights.
    pub cache_dir: &'a Path,
    /// Base address of the model hub, when the user moved it.
    pub hub: Option<&'a str>,
    /// Told about downloads; called from any thread.
    pub on_fetch: Arc<dyn Fn(FetchProgress) + Send + Sync>,
}

/// Makes sure that the model of [`local`] is on this machine.
///
/// # Errors
/// This program was built without it, or no way to get it worked.
pub async fn fetch(args: FetchArgs<'_>) -> Result<(), EmbedError> {
    model::fetch(args).await
}

/// The embedder of this process for a folder of models. The same one is given for the same folder; its model is
/// loaded when a text is first embedded. Where there is no folder, or this program was built without the model, it
/// says so when it is asked.
pub fn local(cache_dir: Option<&Path>) -> Arc<dyn Embedder> {
    match cache_dir {
        Some(cache_dir) => model::local(cache_dir),
        None => Arc::new(Absent(EmbedError::NoFolder)),
    }
}

/// An embedder that is not there.
struct Absent(EmbedError);

impl Embedder for Absent {
    fn embed(&self, _: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        Err(self.0.clone())
    }

    fn dimension(&self) -> usize {
        0
    }

    fn identity(&self) -> &Value {
        &Value::Null
    }

    fn reads(&self, _: &str) -> bool {
        false
    }

    fn ready(&self) -> Result<(), EmbedError> {
        Err(self.0.clone())
    }
}

#[cfg(not(feature = "embedded"))]
mod model {
    //! What there is without the feature: nothing.

    use super::{Absent, Arc, EmbedError, Embedder, FetchArgs, Path};

    #[expect(clippy::unused_async, reason = "the same shape as with the feature")]
    pub(super) async fn fetch(_: FetchArgs<'_>) -> Result<(), EmbedError> {
        Err(EmbedError::NotBuilt)
    }

    pub(super) fn local(_: &Path) -> Arc<dyn Embedder> {
        Arc::new(Absent(EmbedError::NotBuilt))
    }
}

#[cfg(feature = "embedded")]
mod model {
    //! The model itself.

    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock, PoisonError};

    use serde_json::json;

    use super::{Arc, EmbedError, Embedder, Embedding, FetchArgs, MODEL, Path, Value};
    use crate::embed::Remembered;
    use crate::embed::minilm::{DIMENSION, MiniLm};
    use crate::provider::embedded::{self, EmbeddedError, FetchOptions, ModelSource, Steps};

    /// The embedders of this process, by folder.
    static SHARED: Mutex<BTreeMap<PathBuf, Arc<Remembered<Local>>>> = Mutex::new(BTreeMap::new());

    pub(super) async fn fetch(args: FetchArgs<'_>) -> Result<(), EmbedError> {
        let mut options = FetchOptions::new(args.cache_dir.to_owned());
        if let Some(hub) = args.hub {
            options.hf_endpoint = hub.trim_end_matches('/').to_owned();
        }
        // It fails only when a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let steps = Steps::new(MODEL.to_owned(), args.on_fetch);
        let source = ModelSource::Embedding(MODEL.to_owned());
        let fetched = embedded::fetch(&source, &options, &|event| steps.tell(event)).await;
        fetched.map(drop).map_err(|error| unavailable(&error))
    }

    pub(super) fn local(cache_dir: &Path) -> Arc<dyn Embedder> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            // The catalogue names the only weights that are ever loaded.
            let weights = embedded::embedding(MODEL).map(|model| model.weights.sha256).unwrap_or_default();
            let identity = json!({ "embeddings": MODEL, "weights": weights });
            let cache_dir = cache_dir.to_owned();
            Arc::new(Remembered::new(Local {
                cache_dir,
                identity,
                found: OnceLock::new(),
                loaded: Mutex::new(None),
            }))
        };
        shared.entry(cache_dir.to_owned()).or_insert_with(new).clone()
    }

    struct Local {
        cache_dir: PathBuf,
        identity: Value,
        /// The file with the weights, once it was found and checked.
        found: OnceLock<PathBuf>,
        loaded: Mutex<Option<Arc<MiniLm>>>,
    }

    impl Local {
        /// The model; loaded by the first who asks, while the others wait.
        fn model(&self) -> Result<Arc<MiniLm>, EmbedError> {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(model) = &*loaded {
                return Ok(model.clone());
            }
            let model = Arc::new(MiniLm::load(self.weights()?)?);
            Ok(loaded.insert(model).clone())
        }

        /// The file with the weights. Only what was not found is looked for again: it may be fetched meanwhile.
        fn weights(&self) -> Result<&Path, EmbedError> {
            if let Some(found) = self.found.get() {
                return Ok(found);
            }
            match embedded::find_embedding(MODEL, &self.cache_dir) {
                Ok(Some(files)) => Ok(self.found.get_or_init(|| files.path)),
                Ok(None) => Err(EmbedError::NotFetched { model: MODEL.to_owned() }),
                Err(error) => Err(unavailable(&error)),
            }
        }
    }

    impl Embedder for Local {
        fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
            self.model()?.embed(texts)
        }

        fn dimension(&self) -> usize {
            DIMENSION
        }

        fn identity(&self) -> &Value {
            &self.identity
        }

        /// It was trained on English.
        fn reads(&self, lang: &str) -> bool {
            lang.split(['-', '_']).next().is_some_and(|lang| lang.eq_ignore_ascii_case("en"))
        }

        fn ready(&self) -> Result<(), EmbedError> {
            self.weights().map(drop)
        }
    }

    /// An error with its causes; they name files and ways tried, never a secret.
    fn unavailable(error: &EmbeddedError) -> EmbedError {
        let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        EmbedError::Unavailable(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::embed::local;

        #[test]
        fn one_folder_has_one_embedder_and_nothing_is_fetched_by_itself() {
            let dir = tempfile::tempdir().unwrap();
            let one = local(Some(dir.path()));
            assert!(Arc::ptr_eq(&one, &local(Some(dir.path()))));
            assert!(!Arc::ptr_eq(&one, &local(Some(&dir.path().join("other")))));
            let missing = EmbedError::NotFetched { model: MODEL.to_owned() };
            assert_eq!(one.ready(), Err(missing.clone()));
            assert_eq!(one.embed(&["a"]), Err(missing));
            assert_eq!(one.dimension(), 384);
            assert!(one.reads("en") && one.reads("en-GB") && !one.reads("ro") && !one.reads(""));
            assert_eq!(local(None).ready(), Err(EmbedError::NoFolder));
        }

        #[test]
        fn a_wrong_file_is_named() {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join(MODEL)).unwrap();
            std::fs::write(dir.path().join(MODEL).join("model.safetensors"), "x").unwrap();
            std::fs::write(dir.path().join(MODEL).join("tokenizer.json"), "{}").unwrap();
            let error = local(Some(dir.path())).ready().unwrap_err().to_string();
            assert!(
                error.contains("not the expected file") && error.contains("model.safetensors"),
                "{error}"
            );
        }
    }
}
