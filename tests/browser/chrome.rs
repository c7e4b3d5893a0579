//! A headless Chromium, driven over the pipe of its DevTools protocol: no port, no WebSocket, no driver.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long one reply may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// Where macOS keeps it.
const APP: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Keeps in `followed` the fragment that the page has followed. A new fragment is in the address at once, but its event
/// comes later, on a busy machine after several frames; one that the page itself replaces has no event.
const FOLLOWED: &str = "window.followed = location.hash; \
    addEventListener('hashchange', () => { followed = location.hash; }); \
    history.replaceState = function (...to) { \
        History.prototype.replaceState.apply(this, to); followed = location.hash; }; 0";

/// The browser that `CHROME` names, else the first known one on the path.
fn program() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test has nobody who would hand the environment down")]
    let (chosen, path) = (std::env::var_os("CHROME"), std::env::var_os("PATH").unwrap_or_default());
    if let Some(chosen) = chosen {
        return chosen.into();
    }
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let app = || Some(PathBuf::from(APP)).filter(|p| p.is_file());
    let found = NAMES.iter().find_map(|name| places.iter().map(|p| p.join(name)).find(|p| p.is_file()));
    found.or_else(app).unwrap_or_else(|| {
        panic!(
            "the tests of the HTML report need Chromium: install it (Debian: `apt-get install chromium`) or \
             name a Chrome in the environment variable CHROME; looked for {} on the path",
            NAMES.join(", ")
        )
    })
}

/// One page in a browser of its own.
pub struct Page {
    browser: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    events: VecDeque<Value>,
    heard: Vec<Value>,
    profile: Option<tempfile::TempDir>,
}

impl Page {
    /// A blank page of this size.
    pub fn blank(width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let program = program();
        // The protocol's pipe is descriptors 3 and 4: the shell makes them of its own stdin and stdout.
        let mut browser = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null", "sh"])
            .arg(&program)
            .args(["--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"])
            // A container has no user namespaces, and the page is one of our own.
            .args(["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"])
            // A page may change its address only so often in ten seconds, and a test follows hundreds of links.
            .arg("--disable-ipc-flooding-protection")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("failed to start {}: {e}", program.display()));
        let to = browser.stdin.take().unwrap();
        let mut replies = BufReader::new(browser.stdout.take().unwrap());
        let (teller, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while replies.read_until(0, &mut message).is_ok_and(|n| n > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if teller.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let (events, heard) = (VecDeque::new(), Vec::new());
        let mut page =
            Self { browser, to, from, sent: 0, session: None, events, heard, profile: Some(profile) };
        let target = page.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached =
            page.ask("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        page.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            page.ask(&format!("{domain}.enable"), &json!({}));
        }
        page.resize(width, height);
        page
    }

    /// A blank page of this size that then shows a file.
    pub fn of(file: &Path, (width, height): (u32, u32)) -> Self {
        let mut page = Self::blank(width, height);
        page.visit(file, "");
        page
    }

    /// Shows a file, and returns how long that took until it was drawn.
    pub fn visit(&mut self, file: &Path, fragment: &str) -> Duration {
        let url = format!("file://{}{fragment}", file.canonicalize().unwrap().display());
        let clock = Instant::now();
        let done = self.ask("Page.navigate", &json!({ "url": url }));
        assert!(done["errorText"].is_null(), "{done}");
        self.wait("Page.loadEventFired");
        self.eval(FOLLOWED);
        self.settle();
        clock.elapsed()
    }

    /// Waits until what was set off is done and drawn.
    pub fn settle(&mut self) {
        self.eval(
            "new Promise((done) => { const look = () => requestAnimationFrame(() => \
             (window.followed ?? location.hash) === location.hash ? requestAnimationFrame(() => done(0)) : look()); look(); })",
        );
    }

    /// Changes the size of the window.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Pretends that the reader prefers a colour scheme, or prints.
    pub fn media(&mut self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// What an expression comes to, promises awaited.
    pub fn eval(&mut self, script: &str) -> Value {
        let asked = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let mut done = self.ask("Runtime.evaluate", &asked);
        assert!(done["exceptionDetails"].is_null(), "{script}\n{done:#}");
        done["result"]["value"].take()
    }

    /// What an expression comes to as text.
    pub fn text(&mut self, script: &str) -> String {
        let value = self.eval(script);
        value.as_str().unwrap_or_else(|| panic!("no text: {script}: {value}")).to_owned()
    }

    /// What an expression comes to as a number.
    pub fn number(&mut self, script: &str) -> u64 {
        let value = self.eval(script);
        value.as_u64().unwrap_or_else(|| panic!("no number: {script}: {value}"))
    }

    /// Presses and releases a key, as a keyboard does.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Space" => (32, " "),
            "ArrowDown" => (40, ""),
            other => panic!("no code for the key {other}"),
        };
        let name = if key == "Space" { " " } else { key };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.ask("Input.dispatchKeyEvent", &event);
        }
        self.settle();
    }

    /// Types a text where the focus is.
    pub fn type_text(&mut self, text: &str) {
        self.ask("Input.insertText", &json!({ "text": text }));
    }

    /// Clicks with the mouse in the middle of the first element that the selector finds.
    pub fn click(&mut self, selector: &str) {
        let quoted = json!(selector);
        // A page that was sent elsewhere may still be on its way there.
        self.settle();
        self.eval(&format!(
            "document.querySelector({quoted}).scrollIntoView({{ block: 'center', behavior: 'instant' }})"
        ));
        self.settle();
        let at = self.eval(&format!(
            "(() => {{ const r = document.querySelector({quoted}).getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &event);
        }
        self.settle();
    }

    /// Every address that was asked for, and everything that the page or the browser complained about.
    pub fn trouble(&mut self) -> (Vec<String>, Vec<String>) {
        self.settle();
        self.heard.extend(self.events.drain(..));
        let (mut asked, mut complaints) = (Vec::new(), Vec::new());
        for event in &self.heard {
            match event["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    asked.push(event["params"]["request"]["url"].as_str().unwrap().to_owned());
                }
                "Log.entryAdded" | "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" => {
                    complaints.push(event["params"].to_string());
                }
                _ => {}
            }
        }
        (asked, complaints)
    }

    /// A picture of what is seen, as PNG.
    #[allow(dead_code, reason = "for people who want to look")]
    pub fn picture(&mut self, whole: bool) -> Vec<u8> {
        use base64::Engine as _;
        let shot =
            self.ask("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": whole }));
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Sends a command and waits for its result.
    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        let mut bytes = serde_json::to_vec(&command).unwrap();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let mut message = self.next(method);
            if message["id"] == self.sent {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            if message["id"].is_null() {
                self.events.push_back(message);
            }
        }
    }

    fn wait(&mut self, event: &str) {
        loop {
            let message = match self.events.pop_front() {
                Some(message) => message,
                None => self.next(event),
            };
            let found = message["method"] == event;
            self.heard.push(message);
            if found {
                return;
            }
        }
    }

    fn next(&mut self, wanted: &str) -> Value {
        self.from.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("the browser says nothing: {wanted}: {e}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // Its helper processes are still writing into the profile when the browser is gone: it has to go by itself.
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        while self.from.recv_timeout(Duration::from_secs(10)).is_ok() {}
        let _ = self.browser.kill();
        let _ = self.browser.wait();
        drop(self.profile.take());
    }
}
