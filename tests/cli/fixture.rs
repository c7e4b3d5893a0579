//! Projects that the tests work on, and what makes their snapshots independent of the machine.

use std::fmt::Write as _;

use crate::server::Server;
pub use crate::support::{Done, Project, wait_until};

impl Project {
    /// A small project whose model `mock` is asked at `server`.
    pub fn asking(server: &Server) -> Self {
        let project = Self::empty();
        project.write(
            "regauge.toml",
            &format!(
                "[defaults]\nconcurrency = 4\n\n[models.mock]\nprovider = \"openai\"\nmodel = \"mock-1\"\nbase_url = \"{}\"\n\
                 api_key_env = \"MOCK_KEY\"\nmax_tokens = 50\nprice = {{ input = 1.0, output = 2.0 }}\n\n\
                 [knowledge.help]\npath = \"golden/knowledge\"\n",
                server.url()
            ),
        );
        project.write(
            "prompts/bare.j2",
            "{% block system %}Be brief.{% endblock %}\n{% block user %}{{ input }}{% endblock %}\n",
        );
        project.write(
            "prompts/grounded.j2",
            "{% block system %}Answer from the articles.{% endblock %}\n\
             {% block user %}{% for p in passages %}{{ p.text }}\n{% endfor %}Q: {{ input }}{% endblock %}\n",
        );
        project.write(
            "golden/knowledge/returns.md",
            "+++\nid = \"returns\"\ntitle = \"Returns\"\nupdated = 2026-09-01\n+++\n# Returns\n\nSend it back.\n\n\
             ## Window\n\nYou have 30 days from delivery.\n",
        );
        project.write("golden/answers/.keep", "");
        project.write(
            "suites/first.toml",
            "title = \"First\"\nprompts = [\"bare\", \"grounded\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n\n\
             [[score]]\nkind = \"grounded\"\n\n\
             [[case]]\nid = \"window\"\ninput = \"How long can I return it?\"\nsources = [\"returns#window\"]\nexpect = \"answer\"\n\
             [[case.score]]\nkind = \"number\"\nvalue = 30\nunit = \"days\"\n\n\
             [[case]]\nid = \"greeting\"\ninput = \"Say hello.\"\n[[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n",
        );
        project.env("MOCK_KEY", "sk-canary-0123456789")
    }

    /// Puts cases that want a hello in the only suite, in this order of their numbers, for one prompt.
    pub fn greet(&self, numbers: impl Iterator<Item = usize>) {
        let mut suite = "title = \"First\"\nprompts = [\"bare\"]\nmodels = [\"mock\"]\n".to_owned();
        for i in numbers {
            let _ = write!(
                suite,
                "\n[[case]]\nid = \"case-{i:02}\"\ninput = \"Say hello to {i}.\"\n[[case.score]]\nkind = \"contains\"\nany = [\"hello\"]\n"
            );
        }
        self.write("suites/first.toml", &suite);
    }

    /// Replaces text in a file; the text must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Reads a file below the project.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }
}

/// Filters that make snapshots independent of ids, times and ports.
pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[run]");
    settings.add_filter(r"127\.0\.0\.1:\d+", "[server]");
    settings.add_filter(r", about [^\n]* left", ", about [time] left");
    settings.add_filter(r"(\$[\d.]+)  about [\d.]+ (?:ms|s|min \d+ s)\b", "$1  about [time]");
    settings.add_filter(r"received [0-9-]{10} to [0-9-]{10}", "received [date] to [date]");
    settings.add_filter(r"\b\d+(\.\d+)? ?ms\b", "[ms]");
    // Columns are as wide as the times in them.
    settings.add_filter(r" +\[ms\]", " [ms]");
    // What beats what is a matter of the times as well.
    settings.add_filter(r"\[ms\] +(?:none|bare|grounded)\b", "[ms] [standing]");
    settings.add_filter(r"latency p50 +p95", "latency p50 p95");
    settings.add_filter(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "[time]");
    settings
}

/// Snapshots a text with the filters.
#[macro_export]
macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        $crate::fixture::settings().bind(|| insta::assert_snapshot!($name, $text))
    };
}
