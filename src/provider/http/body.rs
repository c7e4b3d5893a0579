//! Response bodies, read up to a limit.

use futures_util::stream::{self, Stream};

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It is larger than the limit.
    #[error("the body is larger than the limit")]
    TooLarge,
    /// The connection failed.
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
}

/// A body that ends with an error where it grows past its limit.
pub(super) struct Capped {
    source: Source,
    left: usize,
    too_large: bool,
}

enum Source {
    Response(Box<reqwest::Response>),
    #[cfg(test)]
    Chunks(std::vec::IntoIter<Vec<u8>>),
}

impl Capped {
    /// The body of a response, of at most `limit` bytes.
    pub(super) fn new(response: reqwest::Response, limit: usize) -> Self {
        let announced = response.content_length().unwrap_or(0);
        let too_large = announced > limit as u64;
        Self { source: Source::Response(Box::new(response)), left: limit, too_large }
    }

    #[cfg(test)]
    pub(super) fn of_chunks(chunks: Vec<Vec<u8>>, limit: usize) -> Self {
        Self { source: Source::Chunks(chunks.into_iter()), left: limit, too_large: false }
    }

    /// The next piece.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if self.too_large {
            return Err(ReadError::TooLarge);
        }
        let chunk = match &mut self.source {
            Source::Response(response) => response.chunk().await?.map(Vec::from),
            #[cfg(test)]
            Source::Chunks(chunks) => chunks.next(),
        };
        let length = chunk.as_ref().map_or(0, Vec::len);
        self.too_large = length > self.left;
        self.left = self.left.saturating_sub(length);
        if self.too_large { Err(ReadError::TooLarge) } else { Ok(chunk) }
    }

    /// All of it.
    pub(super) async fn read(mut self) -> Result<Vec<u8>, ReadError> {
        let Some(mut all) = self.next().await? else { return Ok(Vec::new()) };
        while let Some(chunk) = self.next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Its start, as far as it can be had; for the bodies of errors.
    pub(super) async fn start(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Ok(Some(chunk)) = self.next().await {
            all.extend_from_slice(&chunk);
        }
        all
    }

    /// Its pieces, one after the other.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<std::io::Cursor<Vec<u8>>, ReadError>> {
        stream::unfold(Some(self), |state| async {
            let mut body = state?;
            match body.next().await {
                Ok(Some(chunk)) => Some((Ok(std::io::Cursor::new(chunk)), Some(body))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(chunks: &[&str], limit: usize) -> Capped {
        Capped::of_chunks(chunks.iter().map(|c| c.as_bytes().to_vec()).collect(), limit)
    }

    #[tokio::test]
    async fn the_limit_is_inclusive() {
        assert_eq!(body(&["ab", "c"], 3).read().await.unwrap(), b"abc");
        assert!(matches!(body(&["ab", "cd"], 3).read().await, Err(ReadError::TooLarge)));
        assert_eq!(body(&[], 0).read().await.unwrap(), b"");
        assert_eq!(body(&["ab", "cd"], 3).start().await, b"ab");
    }
}
