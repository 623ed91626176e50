//! What holds for every page: it renders, escapes, and is a tidy, accessible document without scripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use askama::Template;

use super::*;

const HOSTILE: &str = "<script>alert(1)</script>\"'";
const ESCAPED: &str = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;";

/// Fills fields, with something harmless or hostile, and remembers which.
struct Fill {
    hostile: bool,
    error: bool,
    fields: Vec<String>,
}

impl Fill {
    fn text(&mut self, field: &str) -> String {
        self.fields.push(field.into());
        format!("{field}{}", if self.hostile { HOSTILE } else { "" })
    }

    fn frame(&mut self) -> Frame {
        Frame {
            app: self.text("app"),
            prefix: "/auth".into(),
            error: self.error.then(|| self.text("error")),
            notice: Some(self.text("notice")),
        }
    }

    fn choices(&mut self) -> Vec<OrganizationChoice> {
        ["/logo.svg?", "data:image/svg+xml,", ""]
            .map(|logo| OrganizationChoice {
                organization_id: self.text("organization_id"),
                name: self.text("name"),
                slug: self.text("slug"),
                logo_url: if logo.is_empty() { logo.into() } else { logo.to_owned() + &self.text("logo") },
                standing: self.text("standing"),
                asks: self.text("asks"),
            })
            .into()
    }

    fn ways(&mut self, folder: &'static str, sms_sent: bool) -> SecondFactorWays {
        let sms = Some(self.text("masked"));
        SecondFactorWays { folder, totp: true, sms, sms_sent, recovery: true }
    }
}

/// One rendered page, the name of its template, and the fields that it was given.
struct Page {
    name: String,
    html: String,
    fields: Vec<String>,
}

fn page<T: Template>(pages: &mut Vec<Page>, name: &str, fill: &mut Fill, view: impl FnOnce(&mut Fill) -> T) {
    fill.fields.clear();
    let html = view(fill).render().unwrap();
    pages.push(Page { name: name.into(), html, fields: fill.fields.clone() });
}

/// Every page in its variants.
fn pages(hostile: bool, error: bool) -> Vec<Page> {
    let fill = &mut Fill { hostile, error, fields: vec![] };
    let pages = &mut vec![];
    page(pages, "sign_in", fill, |f| SignIn {
        frame: f.frame(),
        return_to: f.text("return_to"),
        email: f.text("email"),
    });
    page(pages, "sign_in", fill, |f| SignIn {
        frame: f.frame(),
        return_to: String::new(),
        email: String::new(),
    });
    page(pages, "organization_sign_in", fill, |f| OrganizationSignIn {
        frame: f.frame(),
        slug: f.text("slug"),
        return_to: f.text("return_to"),
        email: f.text("email"),
    });
    for link in [false, true] {
        page(pages, "code", fill, |f| Code { frame: f.frame(), email: f.text("email"), link });
    }
    page(pages, "link_here", fill, |f| LinkHere {
        frame: f.frame(),
        email: f.text("email"),
        token: f.text("token"),
    });
    page(pages, "link_elsewhere", fill, |f| LinkElsewhere {
        frame: f.frame(),
        email: f.text("email"),
        code: f.text("code"),
    });
    for can_create in [false, true] {
        page(pages, "organizations", fill, |f| Organizations {
            frame: f.frame(),
            email: f.text("email"),
            organizations: f.choices(),
            can_create,
            minutes_left: 9,
        });
        page(pages, "organizations", fill, |f| Organizations {
            frame: f.frame(),
            email: f.text("email"),
            organizations: vec![],
            can_create,
            minutes_left: 0,
        });
    }
    for sms_sent in [false, true] {
        page(pages, "mfa", fill, |f| Mfa {
            frame: f.frame(),
            organization: f.text("organization"),
            email: f.text("email"),
            ways: f.ways("mfa", sms_sent),
            minutes_left: 1,
        });
        for email_sent in [false, true] {
            page(pages, "step_up", fill, |f| StepUp {
                frame: f.frame(),
                email: f.text("email"),
                organization: f.text("organization"),
                ways: f.ways("step-up", sms_sent),
                password: true,
                email_code: true,
                email_sent,
                nothing_done: true,
                good_for_minutes: Some(5),
                cancel_to: f.text("cancel_to"),
            });
        }
    }
    page(pages, "mfa", fill, |f| Mfa {
        frame: f.frame(),
        organization: f.text("organization"),
        email: f.text("email"),
        ways: SecondFactorWays { folder: "mfa", ..Default::default() },
        minutes_left: 0,
    });
    page(pages, "step_up", fill, |f| StepUp {
        frame: f.frame(),
        email: f.text("email"),
        organization: f.text("organization"),
        ways: SecondFactorWays { folder: "step-up", ..Default::default() },
        password: false,
        email_code: false,
        email_sent: false,
        nothing_done: false,
        good_for_minutes: None,
        cancel_to: f.text("cancel_to"),
    });
    for (totp, sms, demanded) in [(true, true, true), (true, true, false), (false, false, true)] {
        page(pages, "enrol", fill, |f| Enrol {
            frame: f.frame(),
            organization: f.text("organization"),
            totp,
            sms,
            demanded,
        });
    }
    page(pages, "enrol_totp", fill, |f| EnrolTotp {
        frame: f.frame(),
        qr: qr_svg("otpauth://totp/Acme:ada").unwrap(),
        secret: f.text("secret"),
        uri: "otpauth://".to_owned() + &f.text("uri"),
    });
    page(pages, "enrol_sms", fill, |f| EnrolSms { frame: f.frame() });
    page(pages, "recovery_codes", fill, |f| RecoveryCodes {
        frame: f.frame(),
        codes: vec![f.text("first"), f.text("second")],
        continue_to: f.text("continue_to"),
    });
    for count in [1, 2] {
        page(pages, "sessions", fill, |f| Sessions {
            frame: f.frame(),
            email: f.text("email"),
            organization: f.text("organization"),
            sessions: (0..count)
                .map(|index| SessionRow {
                    // The current session has no form to end it.
                    member_session_id: if index == 0 { String::new() } else { f.text("member_session_id") },
                    user_agent: f.text("user_agent"),
                    ip_address: f.text("ip_address"),
                    started_at: f.text("started_at"),
                    last_accessed_at: f.text("last_accessed_at"),
                    factors: f.text("factors"),
                    current: index == 0,
                })
                .collect(),
            home: f.text("home"),
        });
    }
    page(pages, "switch", fill, |f| Switch {
        frame: f.frame(),
        email: f.text("email"),
        current: f.text("current"),
        organizations: f.choices(),
    });
    page(pages, "switch", fill, |f| Switch {
        frame: f.frame(),
        email: f.text("email"),
        current: f.text("current"),
        organizations: vec![],
    });
    page(pages, "message", fill, |f| Message {
        frame: f.frame(),
        heading: f.text("heading"),
        text: f.text("text"),
        action: Some((f.text("label"), f.text("destination"))),
    });
    page(pages, "message", fill, |f| Message {
        frame: f.frame(),
        heading: f.text("heading"),
        text: f.text("text"),
        action: None,
    });
    std::mem::take(pages)
}

fn all_pages() -> impl Iterator<Item = Page> {
    [(false, false), (false, true), (true, false), (true, true)]
        .into_iter()
        .flat_map(|(hostile, error)| pages(hostile, error))
}

fn sources() -> Vec<(String, String)> {
    // Below the package, which cargo runs tests in.
    fs::read_dir("src/http/pages/templates")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().into(), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// A tag of a rendered page.
#[derive(Debug)]
struct Tag {
    name: String,
    closes: bool,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map_or("", String::as_str)
    }

    fn has(&self, attribute: &str) -> bool {
        self.attributes.contains_key(attribute)
    }
}

/// Takes a page apart, as strictly as our own pages can bear: values are quoted, no attribute comes twice.
fn tags(html: &str) -> Vec<Tag> {
    let mut tags = vec![];
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("the doctype comes first");
    while let Some((_, tag)) = rest.split_once('<') {
        let closes = tag.starts_with('/');
        let tag = tag.trim_start_matches('/');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
        let (name, mut after) = tag.split_at(end);
        assert!(!name.is_empty(), "a stray < before {tag:.40}");
        let mut attributes = BTreeMap::new();
        loop {
            after = after.trim_start();
            if let Some(next) = after.strip_prefix('>').or_else(|| after.strip_prefix("/>")) {
                rest = next;
                break;
            }
            let end = after.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap();
            let (attribute, value) = after.split_at(end);
            assert!(!attribute.is_empty(), "<{name} {after:.40}");
            let (value, next) =
                value.strip_prefix("=\"").map_or(("", value), |value| value.split_once('"').unwrap());
            assert!(attributes.insert(attribute.to_owned(), value.to_owned()).is_none(), "{attribute} twice");
            after = next;
        }
        tags.push(Tag { name: name.into(), closes, attributes });
    }
    tags
}

#[test]
fn there_is_a_page_for_every_template() {
    // The last one stands alone, without the frame that the others have: see below.
    let shared = ["base", "parts", "choices", "second_factors", "plain"].map(String::from);
    let rendered: BTreeSet<String> = pages(false, false).into_iter().map(|p| p.name).chain(shared).collect();
    let written: BTreeSet<String> = sources().into_iter().map(|(name, _)| name).collect();
    assert_eq!(rendered, written);
}

#[cfg(feature = "verify-only")]
#[test]
fn the_page_that_stands_alone_escapes_and_asks_for_nothing_else() {
    let html = Plain { heading: HOSTILE, text: HOSTILE, action: Some((HOSTILE, HOSTILE)) }.render().unwrap();
    assert!(!html.contains(HOSTILE) && html.contains(ESCAPED), "{html}");
    assert!(!html.contains("src=") && !html.contains("<link") && !html.contains("style"), "{html}");
}

#[test]
fn whatever_people_type_comes_out_escaped() {
    for Page { name, html, fields } in pages(true, true) {
        for field in fields {
            assert!(html.contains(&format!("{field}{ESCAPED}")), "{name}: {field} is missing\n{html}");
        }
        assert!(!html.to_lowercase().contains("<script"), "{name}");
        assert!(!html.contains("alert(1)</"), "{name}");
        // The rest of an attack could only be in the tags, and these are taken apart below.
        tags(&html);
    }
}

#[test]
fn nothing_that_the_content_security_policy_would_block() {
    for (name, text) in sources().into_iter().chain(all_pages().map(|p| (p.name, p.html))) {
        let text = text.to_lowercase();
        for absent in ["<script", "<style", "<iframe", "<base", "http:", "https:", "javascript:", "style="] {
            assert!(!text.contains(absent), "{name} has {absent}");
        }
        for (at, _) in text.match_indices(" on") {
            let word = text[at + 1..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
            assert!(!text[at + 1 + word.len()..].trim_start().starts_with('='), "{name} has {word}=");
        }
    }
    for page in all_pages() {
        for tag in tags(&page.html) {
            for attribute in tag.attributes.keys() {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{}: {tag:?}", page.name);
            }
        }
    }
    for absent in ["http:", "https:", "//", "@import", "url(", "expression"] {
        assert!(!STYLE.contains(absent), "{absent}");
    }
}

#[test]
fn elements_are_closed_in_order() {
    for page in all_pages() {
        let mut open = vec![];
        for tag in tags(&page.html) {
            if tag.closes {
                assert_eq!(open.pop(), Some(tag.name), "{}", page.name);
            } else if !["meta", "link", "input", "img", "rect", "path"].contains(&tag.name.as_str()) {
                open.push(tag.name);
            }
        }
        assert!(open.is_empty(), "{}: {open:?}", page.name);
    }
}

#[test]
fn forms_post_below_the_prefix() {
    for page in all_pages() {
        let mut within = false;
        for tag in tags(&page.html) {
            match tag.name.as_str() {
                "form" if tag.closes => within = false,
                "form" => {
                    assert!(!within && tag.get("method") == "post", "{}: {tag:?}", page.name);
                    assert!(tag.get("action").starts_with("/auth/"), "{}: {tag:?}", page.name);
                    within = true;
                }
                "button" | "input" => {
                    assert!(within, "{}: {tag:?}", page.name);
                    assert!(!tag.has("formaction"), "{}: {tag:?}", page.name);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_slug_does_not_lead_a_form_elsewhere() {
    let slug = "../../admin?x=1#a b".to_owned();
    let frame = Frame { prefix: "/auth".into(), ..Frame::default() };
    let page = OrganizationSignIn { frame, slug, return_to: String::new(), email: String::new() };
    let html = page.render().unwrap();
    assert!(html.contains("action=\"/auth/o/..%2F..%2Fadmin%3Fx%3D1%23a%20b\""), "{html}");
    assert!(html.contains("action=\"/auth/o/..%2F..%2Fadmin%3Fx%3D1%23a%20b/password\""), "{html}");
}

#[test]
fn logos_come_from_here_or_not_at_all() {
    let mut choice = Fill { hostile: false, error: false, fields: vec![] }.choices().remove(0);
    let mut logo = |url: &str| {
        choice.logo_url = url.into();
        choice.logo().is_some()
    };
    for url in ["/logos/acme.png", "/a", "data:image/png;base64,AAAA", "data:image/svg+xml,x"] {
        assert!(logo(url), "{url}");
    }
    for url in
        ["", "//evil.example/a", "/\\evil.example", "https://evil.example/a", "a.png", "data:text/html,x"]
    {
        assert!(!logo(url), "{url}");
    }
}

#[test]
fn fields_are_labelled_and_described() {
    for page in all_pages() {
        let (name, tags) = (&page.name, tags(&page.html));
        let mut ids = BTreeSet::new();
        for tag in tags.iter().filter(|tag| tag.has("id")) {
            assert!(ids.insert(tag.get("id")), "{name}: {} twice", tag.get("id"));
        }
        let labelled: BTreeSet<&str> =
            tags.iter().filter(|tag| tag.has("for")).map(|t| t.get("for")).collect();
        assert!(labelled.is_subset(&ids), "{name}: {labelled:?}");
        for tag in &tags {
            if tag.name == "input" && tag.get("type") != "hidden" && !tag.has("hidden") {
                assert!(labelled.contains(tag.get("id")), "{name}: {tag:?}");
                assert!(tag.has("required") && tag.has("name") && tag.has("autocomplete"), "{name}: {tag:?}");
                let described = tag.get("aria-describedby").split(' ').any(|id| id == "error");
                assert_eq!(described, ids.contains("error"), "{name}: {tag:?}");
            }
            for id in tag.get("aria-describedby").split_whitespace() {
                assert!(ids.contains(id), "{name}: {tag:?}");
            }
            assert!(tag.name != "img" || tag.has("alt"), "{name}: {tag:?}");
        }
    }
}

#[test]
fn one_heading_one_focus_and_a_title_that_tells_of_errors() {
    for error in [false, true] {
        for page in pages(false, error) {
            let (name, tags) = (&page.name, tags(&page.html));
            let count = |tag: &str| tags.iter().filter(|t| t.name == tag && !t.closes).count();
            assert_eq!((count("h1"), count("main"), count("title")), (1, 1, 1), "{name}");
            assert_eq!(tags[0].get("lang"), "en");
            let focus: Vec<_> = tags.iter().filter(|tag| tag.has("autofocus")).collect();
            assert!(focus.len() <= 1, "{name}: {focus:?}");
            assert_eq!(page.html.contains("<title>Error: "), error, "{name}");
            assert!(page.html.contains(" – app</title>"), "{name}");
            assert!(page.html.contains("role=\"status\""), "{name}");
            assert!(page.html.contains("href=\"/auth/style.css\""), "{name}");
            if error {
                assert_eq!(focus[0].get("role"), "alert", "{name}");
            }
        }
    }
}

#[test]
fn says_what_is_so() {
    let has = |page: &str, words: &str| {
        pages(false, false).iter().any(|p| p.name == page && p.html.contains(words))
    };
    assert!(has("mfa", "1 minute."), "one");
    assert!(has("organizations", "9 minutes."), "many");
    assert!(has("organizations", "less than a minute."), "none");
    assert!(has("step_up", "It counts for 5 minutes."));
    assert!(has("step_up", "Nothing was done yet."));
    assert!(has("organization_sign_in", "Sign in to <bdi>slug</bdi>"));
}

#[test]
fn weighs_little() {
    assert!(STYLE.len() <= 8192, "{}", STYLE.len());
    for page in all_pages() {
        assert!(page.html.len() + STYLE.len() <= 20_480, "{}: {}", page.name, page.html.len());
    }
}
