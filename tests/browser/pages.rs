//! Pages of roles, ladders and coverages in the browser.

use crate::chrome::Page;
use crate::{WIDE, axe, world};

#[test]
fn pages_of_roles_ladders_and_coverages_are_sound() {
    let (_server, _project, files) = world::pages();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        for (size, scheme) in [(WIDE, "light"), (WIDE, "dark"), ((400, 800), "light"), ((400, 800), "dark")] {
            let mut page = Page::blank(size.0, size.1);
            page.media("screen", scheme);
            page.visit(file, "");
            assert_eq!(axe::violations(&mut page), Vec::<String>::new(), "{name} {size:?} {scheme}");
            let wide = page.number("document.documentElement.scrollWidth");
            assert!(wide <= u64::from(size.0), "{name} is {wide} wide in a window of {}", size.0);
            let (asked, complaints) = page.trouble();
            // The checker itself is not allowed to do everything that it tries.
            assert_eq!(complaints, Vec::<String>::new(), "{name}");
            assert_eq!(asked.len(), 1, "{name}: {asked:?}");
        }
    }
}

#[test]
fn hostile_texts_are_texts_and_links_lead_into_the_page() {
    let (_server, _project, files) = world::pages();
    let mut hostile = 0;
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy();
        let mut page = Page::of(file, WIDE);
        assert!(page.text("document.title").starts_with("regauge · "), "{name}");
        assert_eq!(
            page.number("document.querySelectorAll('img, script, [onerror], iframe').length"),
            0,
            "{name}"
        );
        let text = page.text("document.body.textContent");
        assert!(!text.contains('\u{202e}'), "{name}");
        hostile += u32::from(text.contains("<img src=x"));
        // The keyboard gets past the head, and every link of the page leads to a part of it.
        page.press("Tab");
        assert_eq!(page.text("document.activeElement.className"), "skip", "{name}");
        page.press("Enter");
        assert_eq!(page.text("document.activeElement.id"), "main", "{name}");
        let lost = page.eval(
            "[...document.querySelectorAll('a')].map((a) => a.getAttribute('href')).filter((h) => !h.startsWith('#') || \
             !document.getElementById(h.slice(1)))",
        );
        assert_eq!(lost, serde_json::json!([]), "{name}");
        // On paper: ink on white, nothing cut off.
        page.resize(700, 900);
        page.media("print", "dark");
        assert_eq!(page.text("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
        assert!(page.number("document.documentElement.scrollWidth") <= 700, "{name}");
    }
    assert!(hostile >= 3, "hostile names are in the pages of who works with them: {hostile}");
}
