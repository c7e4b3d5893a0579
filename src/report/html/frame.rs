//! What every HTML page stands in: head, content policy, style, skip link; and how templates are filled so that texts of
//! others are never markup.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{AutoEscape, Environment, Error, HtmlEscape, UndefinedBehavior, Value, context};
use sha2::{Digest as _, Sha256};

use crate::report::inert::{inert, inert_line};

const FRAME: &str = include_str!("frame.html");
const CSS: &str = include_str!("frame.css");

/// An environment that knows the frame, makes every text inert, on one line, and escapes it. The filter `whole` keeps the
/// lines of a text and the spaces at its ends.
pub(in crate::report) fn environment() -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            minijinja::escape_formatter(out, state, &Value::from(inert_line(text)))
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    env.add_filter("whole", |text: &str| Value::from_safe_string(HtmlEscape(&inert(text)).to_string()));
    env.add_template("frame.html", FRAME)?;
    Ok(env)
}

/// A template that extends the frame, filled; `js` is the only script that the page runs, and may be empty.
pub(in crate::report) fn filled(
    env: &Environment<'_>,
    template: &str,
    js: &str,
    values: Value,
) -> Result<String, Error> {
    let text = env.get_template(template)?.render(context! {
        css => Value::from_safe_string(CSS.to_owned()),
        css_hash => Value::from_safe_string(hash(CSS)),
        js => Value::from_safe_string(js.to_owned()),
        js_hash => Value::from_safe_string(hash(js)),
        ..values
    })?;
    Ok(format!("{}\n", text.trim_end()))
}

/// The page; where a template is broken, what is wrong with it. Templates are part of the program, and its tests fill
/// them with every section.
pub(in crate::report) fn shown(page: Result<String, Error>) -> String {
    page.unwrap_or_else(|error| format!("<!doctype html><title>{}</title>\n", HtmlEscape(&error.to_string())))
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
