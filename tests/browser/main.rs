//! The HTML report in a real browser: it opens without complaint, asks nobody for anything, filters, drills
//! down, obeys the keyboard, and axe-core finds nothing wrong with it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod axe;
mod big;
mod chrome;
mod drill;
#[path = "../cli/fixture.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the command-line tests use all of it")]
mod fixture;
mod pages;
#[path = "../cli/server.rs"]
#[allow(dead_code, reason = "the command-line tests use all of it")]
mod server;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the command-line tests use all of it")]
mod support;
mod world;

use chrome::Page;

const WIDE: (u32, u32) = (1280, 900);

/// What the status line says was found.
fn found(page: &mut Page) -> String {
    page.text("document.getElementById('found').textContent")
}

fn listed(page: &mut Page) -> u64 {
    page.number("document.querySelectorAll('.cases > li').length")
}

#[test]
fn it_opens_without_complaint_and_asks_nobody_for_anything() {
    let (_server, _project, file) = world::everything();
    let mut page = Page::of(&file, WIDE);
    assert_eq!(found(&mut page).split(' ').next(), Some("88"));
    // A tile leads to the cases that are gone, with the answers they had.
    page.click(".tiles a[href$='removed']");
    assert_eq!(found(&mut page).split(' ').next(), Some("4"));
    page.click(".cases summary");
    let shown = page.text("document.querySelector('.cases li').textContent");
    assert!(shown.starts_with("removed") && shown.contains("Earlier"), "{shown}");
    // The hostile case is shown whole, as text.
    page.eval("location.hash = '#cases?q=hostile'");
    page.settle();
    page.click(".cases summary");
    let shown = page.text("document.querySelector('.detail').textContent");
    assert!(shown.contains("<img src=x onerror=alert(1)>") && shown.contains("<U+202E>"), "{shown}");
    assert!(page.text("document.title").starts_with("regauge"));
    let (asked, complaints) = page.trouble();
    assert_eq!(complaints, Vec::<String>::new());
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("file:///") && asked[0].ends_with("/page.html"), "{asked:?}");
}

#[test]
fn filters_narrow() {
    let (_project, file) = world::shipped();
    let mut page = Page::of(&file, WIDE);
    let all = found(&mut page).split(' ').next().unwrap().to_owned();
    assert!(all.parse::<u32>().unwrap() > 150 && found(&mut page).starts_with(&format!("{all} of {all} ")));
    page.click("#f-q");
    page.type_text("phone");
    let phone = listed(&mut page);
    assert!((1..50).contains(&phone) && found(&mut page).starts_with(&format!("{phone} of {all} ")));
    page.click("form.filters button");
    assert!(found(&mut page).starts_with(&format!("{all} of {all} ")));
    assert_eq!(page.trouble().1, Vec::<String>::new());
}

#[test]
fn cases_are_found_by_area_tier_tag_and_article() {
    let (_server, _project, file) = world::everything();
    let mut page = Page::of(&file, WIDE);
    // 42 numbered cases on two variants: every fifth of an area, every ninth critical, every other even, every seventh
    // about the article.
    for (key, value, rows) in
        [("area", "returns", 18), ("tier", "critical", 10), ("tag", "even", 42), ("article", "returns", 12)]
    {
        page.eval(&format!(
            "(() => {{ const s = document.getElementById('f-{key}'); s.value = '{value}'; s.dispatchEvent(new Event('change')); }})()"
        ));
        let counted = found(&mut page);
        assert_eq!(counted.split(' ').next(), Some(rows.to_string().as_str()), "{key}: {counted}");
        // The address remembers it.
        let hash = page.text("location.hash");
        assert_eq!(hash, format!("#cases?{key}={value}"));
        page.eval("document.querySelector('form.filters button').click()");
    }
    // Two at once, in a page that is opened at them: returns of every ninth.
    let mut page = Page::blank(WIDE.0, WIDE.1);
    page.visit(&file, "#cases?area=returns&tier=critical");
    assert!(found(&mut page).starts_with("2 of "), "{}", found(&mut page));
    // What no case has is found nowhere, not everywhere.
    page.eval("location.hash = '#cases?scorer=nobody'");
    page.settle();
    assert!(found(&mut page).starts_with("0 of "), "{}", found(&mut page));
    assert_eq!(page.trouble().1, Vec::<String>::new());
}

#[test]
fn every_point_and_every_link_has_somewhere_to_go() {
    let (_server, _project, file) = world::everything();
    let mut page = Page::of(&file, WIDE);
    let points = page.number("document.querySelectorAll('.canvas a').length");
    // Two variants in two scatters, over three tries and over two runs.
    assert_eq!(points, 4 + 6 + 4);
    let mut runs = 0;
    for at in 0..points {
        let point = format!("document.querySelectorAll('.canvas a')[{at}]");
        let href = page.text(&format!("{point}.getAttribute('href')"));
        page.eval(&format!("{point}.focus()"));
        page.press("Enter");
        if href.starts_with("#run-") {
            assert_eq!(page.text("document.querySelector(':target').tagName"), "TR", "{href}");
            let words = page.text(&format!("{point}.getAttribute('aria-label')"));
            let run = page.text("document.querySelector(':target code').textContent");
            assert!(words.contains(&format!("run {run}:")), "{words}");
            runs += 1;
        } else {
            assert_eq!(page.text("document.activeElement.id"), "cases-h", "{href}");
            assert!(found(&mut page).starts_with("44 of 88"), "{href}: {}", found(&mut page));
        }
    }
    assert_eq!(runs, 4);
    // The mouse as well.
    page.eval("location.hash = ''");
    page.click("#cost .canvas a");
    assert!(page.text("location.hash").starts_with("#cases?variant="), "{}", page.text("location.hash"));
    let lost = page.eval(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href')).filter((h) => \
         !h.startsWith('#cases?') && !document.getElementById(h.slice(1)))",
    );
    assert_eq!(lost, serde_json::json!([]));
    // Every figure of the matrix of actions leads somewhere.
    assert!(page.number("document.querySelectorAll('.matrix tbody td a').length") > 2);
    let bare = page.number("[...document.querySelectorAll('.matrix tbody td')].filter((c) => c.textContent && !c.querySelector('a')).length");
    assert_eq!(bare, 0);
    assert_eq!(page.trouble().1, Vec::<String>::new());
}

#[test]
fn the_keyboard_reaches_everything() {
    let (_project, file) = world::shipped();
    let mut page = Page::of(&file, WIDE);
    page.press("Tab");
    assert_eq!(page.text("document.activeElement.className"), "skip");
    assert!(page.eval("document.activeElement.getBoundingClientRect().left >= 0") == true);
    page.press("Enter");
    assert_eq!(page.text("document.activeElement.id"), "main");
    // From a number to its cases: the focus goes along, and the next stop is the first filter.
    page.eval("document.querySelector('#rates tbody td a[href*=\"outcome=failed\"]').focus()");
    page.press("Enter");
    assert_eq!(page.text("document.activeElement.id"), "cases-h");
    page.press("Tab");
    assert_eq!(page.text("document.activeElement.id"), "f-q");
    page.type_text("refund");
    let wanted = listed(&mut page);
    assert!(wanted > 0, "{}", found(&mut page));
    let mut stops = 0;
    while page.eval("document.activeElement.matches('.cases summary')") == false {
        page.press("Tab");
        stops += 1;
        assert!(stops < 20, "no case within {stops} stops");
    }
    page.press("Enter");
    assert!(page.eval("document.activeElement.parentElement.open") == true);
    let shown = page.text("document.activeElement.parentElement.querySelector('.detail').textContent");
    assert!(shown.contains("Question") && shown.contains("Answer"), "{shown}");
    page.press("Space");
    assert!(page.eval("document.activeElement.parentElement.open") == false);
    // A page on: the focus goes to its first case.
    page.eval(
        "document.getElementById('f-q').value = ''; document.querySelector('form.filters button').click()",
    );
    page.settle();
    page.eval("document.querySelector('.pager button:last-child').focus()");
    page.press("Enter");
    assert!(found(&mut page).ends_with("showing 51 to 100"), "{}", found(&mut page));
    assert_eq!(page.text("document.activeElement.tagName"), "SUMMARY");
}

#[test]
fn axe_core_finds_nothing_wrong() {
    // With a gate, and what was asked again because of it.
    let (_server, _project, file) = world::held();
    for (size, scheme) in [(WIDE, "light"), (WIDE, "dark"), ((400, 800), "light"), ((400, 800), "dark")] {
        let mut page = Page::blank(size.0, size.1);
        page.media("screen", scheme);
        page.visit(&file, "");
        for at in 0..3 {
            page.eval(&format!("document.querySelectorAll('.cases details')[{at}].open = true"));
        }
        assert_eq!(axe::violations(&mut page), Vec::<String>::new(), "{size:?} {scheme}");
        let wide = page.number("document.documentElement.scrollWidth");
        assert!(wide <= u64::from(size.0), "the page is {wide} wide in a window of {}", size.0);
    }
}

#[test]
fn on_paper_there_is_no_form_and_nothing_is_cut_off() {
    let (_server, _project, file) = world::everything();
    let mut page = Page::of(&file, (700, 900));
    page.eval("document.querySelector('.cases details').open = true");
    page.media("print", "dark");
    let seen = |selector: &str| format!("document.querySelector('{selector}').getClientRects().length > 0");
    for gone in [".filters", ".pager", ".top nav"] {
        assert_eq!(page.eval(&seen(gone)), false, "{gone}");
    }
    for shown in [".banner", ".forest", ".plot", "table", ".detail"] {
        assert_eq!(page.eval(&seen(shown)), true, "{shown}");
    }
    // Ink on white, whatever the reader prefers on a screen.
    assert_eq!(page.text("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    let ink = page.text("getComputedStyle(document.querySelector('h1')).color");
    assert_eq!(ink, "rgb(28, 31, 35)");
    let wide = page.number("document.documentElement.scrollWidth");
    assert!(wide <= 700, "{wide}");
    let paper = page.ask("Page.printToPDF", &serde_json::json!({}));
    assert!(paper["data"].as_str().unwrap().len() > 20_000);
}

#[test]
fn ten_thousand_trials_are_all_there_and_few_at_a_time() {
    const TRIALS: usize = 10_000;
    let project = fixture::Project::empty();
    big::write(&project.path(""), TRIALS);
    let told = project.run(&["report", "big", "--format", "html", "--output", "page.html"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let file = project.path("page.html");
    let size = file.metadata().unwrap().len();
    assert!(size < 1_200 * TRIALS as u64, "{size} bytes, {} a trial", size / TRIALS as u64);
    let mut page = Page::of(&file, WIDE);
    assert_eq!(found(&mut page), "10,000 of 10,000 rows (10,000 cases, 10,000 trials), showing 1 to 50");
    assert_eq!(listed(&mut page), 50);
    // All pages in turn show every case once.
    let seen = page.eval(
        "(() => { const ids = []; const next = document.querySelector('.pager button:last-child'); for (;;) { \
         for (const id of document.querySelectorAll('.cases .id')) ids.push(id.textContent); \
         if (next.disabled) return ids; next.click(); } })()",
    );
    let seen: Vec<&str> = seen.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let all: Vec<String> = (0..TRIALS).map(|n| format!("support/{}", big::case(n))).collect();
    assert_eq!(seen, all);
    page.eval("location.hash = '#cases?outcome=failed&language=ro'");
    page.settle();
    assert!(found(&mut page).starts_with("1,000 of 10,000"), "{}", found(&mut page));
    page.eval(&format!("location.hash = '#cases?q={}'", big::case(TRIALS - 1)));
    page.settle();
    page.click(".cases summary");
    let shown = page.text("document.querySelector('.detail').textContent");
    assert!(shown.contains("Hello 9999!") && shown.contains("grounded: content"), "{shown}");
    assert_eq!(page.trouble().1, Vec::<String>::new());
}
