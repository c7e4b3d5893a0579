//! The same passages and questions as in `benches/retrieval.rs`, indexed and searched by tantivy: its BM25 with its
//! English stemmer, title, heading and text as fields of equal weight, on one thread and in memory.
//!
//! ```text
//! cargo bench --bench retrieval -- FOLDER --fast --write=OUT
//! cargo run --release --manifest-path benches/tantivy/Cargo.toml -- OUT
//! ```

#[path = "../../ranking/mod.rs"]
mod ranking;

use std::path::{Path, PathBuf};
use std::time::Instant;

use ranking::{Question, once};
use serde_json::Value;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions, Value as _};
use tantivy::{Index, IndexReader, TantivyDocument, Term, doc};

/// Passages looked at, as in `benches/retrieval.rs`.
const DEPTH: usize = 60;

fn main() {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from).filter(|f| f.is_dir()) else {
        println!(
            "usage: beside-tantivy OUT, a folder that `cargo bench --bench retrieval -- FOLDER --write=OUT` wrote"
        );
        return;
    };
    let mut titles: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder can be read")
        .filter_map(|entry| {
            Some(entry.ok()?.file_name().to_str()?.strip_suffix(".passages.jsonl")?.to_owned())
        })
        .collect();
    titles.sort();
    for title in titles {
        let passages = rows(&folder, &title, "passages");
        let questions = rows(&folder, &title, "questions");
        println!("\n{title}: {} questions, {} passages", questions.len(), passages.len());
        let started = Instant::now();
        let found = Found::new(&passages);
        let indexed = started.elapsed();
        if title == "speed" {
            let asked: Vec<String> = questions.iter().map(|q| text(&q[0])).collect();
            ranking::speed("tantivy", indexed, &asked.iter().collect::<Vec<_>>(), |question| {
                found.find(question).len()
            });
        } else {
            let right = |q: &Value| q[1].as_array().into_iter().flatten().map(text).collect();
            let asked: Vec<Question> =
                questions.iter().map(|q| Question { text: text(&q[0]), right: right(q) }).collect();
            ranking::quality("tantivy", &asked, |question| found.find(question));
        }
    }
}

fn rows(folder: &Path, title: &str, what: &str) -> Vec<Value> {
    let path = folder.join(format!("{title}.{what}.jsonl"));
    let text = std::fs::read_to_string(&path).expect("the file can be read");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An index that is ready to be searched.
struct Found {
    index: Index,
    reader: IndexReader,
    article: Field,
    searched: Vec<Field>,
}

impl Found {
    fn new(passages: &[Value]) -> Self {
        let mut schema = Schema::builder();
        let article = schema.add_text_field("article", STORED);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("en_stem")
            .set_index_option(IndexRecordOption::WithFreqs);
        let searched: Vec<Field> = ["title", "heading", "text"]
            .map(|name| {
                schema.add_text_field(name, TextOptions::default().set_indexing_options(indexing.clone()))
            })
            .to_vec();
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 200_000_000).expect("a writer");
        for passage in passages {
            let added = doc!(
                article => text(&passage[0]),
                searched[0] => text(&passage[1]),
                searched[1] => text(&passage[2]),
                searched[2] => text(&passage[3]),
            );
            writer.add_document(added).expect("a document is taken");
        }
        writer.commit().expect("the index is written");
        let reader = index.reader().expect("the index can be read");
        Self { index, reader, article, searched }
    }

    /// The articles of the passages that share words with the question, the best first.
    fn find(&self, question: &str) -> Vec<String> {
        let mut analyzer = self.index.tokenizers().get("en_stem").expect("a tokenizer of tantivy's own");
        let mut stream = analyzer.token_stream(question);
        let mut clauses: Vec<Box<dyn Query>> = Vec::new();
        while let Some(token) = stream.next() {
            for field in &self.searched {
                let term = Term::from_field_text(*field, &token.text);
                clauses.push(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)));
            }
        }
        let searcher = self.reader.searcher();
        let best = TopDocs::with_limit(DEPTH).order_by_score();
        let best = searcher.search(&BooleanQuery::union(clauses), &best).expect("a search");
        once(best.into_iter().filter_map(|(_, at)| {
            let found: TantivyDocument = searcher.doc(at).ok()?;
            Some(found.get_first(self.article)?.as_str()?.to_owned())
        }))
    }
}
