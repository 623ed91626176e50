//! As much of HTML as it takes to read the demo's pages.

use std::collections::BTreeMap;

/// A form as it stands in a page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// What is sent if nothing is filled in: each field with the value that it has.
    pub(crate) fields: BTreeMap<String, String>,
    /// The values that its named buttons send.
    buttons: Vec<(String, String)>,
    /// What a person reads in it.
    pub(crate) text: String,
}

impl Form {
    /// With a field filled in, or a named button pressed.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        let button = self.buttons.iter().any(|(known, sends)| known == name && sends == value);
        assert!(button || self.fields.contains_key(name), "{} has no field {name}", self.action);
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// The forms of a page.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    html.split("<form").skip(1).map(|rest| form(rest.split("</form>").next().unwrap())).collect()
}

fn form(rest: &str) -> Form {
    let mut form = Form {
        action: attributes(rest).get("action").cloned().unwrap(),
        fields: BTreeMap::new(),
        buttons: Vec::new(),
        text: text(&format!("<form{rest}")),
    };
    for (position, _) in rest.match_indices('<') {
        let tag = &rest[position + 1..];
        let mut attributes = attributes(tag);
        let Some(name) = attributes.remove("name") else { continue };
        let value = attributes.remove("value").unwrap_or_default();
        if tag.starts_with("button") {
            form.buttons.push((name, value));
        } else {
            form.fields.insert(name, value);
        }
    }
    form
}

/// The attributes of the tag that this text begins in.
pub(crate) fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = tag;
    while let Some(end) = rest.find(['=', '>']) {
        let (before, after) = rest.split_at(end);
        let Some(quoted) = after.strip_prefix("=\"") else { break };
        let (value, left) = quoted.split_once('"').unwrap();
        let name = before.split_whitespace().last().unwrap();
        found.insert(name.to_owned(), unescaped(value));
        rest = left;
    }
    found
}

/// The text inside of the element with this id.
pub(crate) fn by_id(html: &str, id: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("id=\"{id}\""))?;
    let (_, rest) = rest.split_once('>')?;
    Some(unescaped(rest.split('<').next()?))
}

/// The contents of each element of this name that has no attributes, or only a class.
pub(crate) fn elements(html: &str, name: &str) -> Vec<String> {
    let end = format!("</{name}>");
    html.split(&format!("<{name}"))
        .skip(1)
        .filter(|rest| rest.starts_with(['>', ' ']))
        .filter_map(|rest| rest.split_once('>'))
        .map(|(_, rest)| text(rest.split(&end).next().unwrap()))
        .collect()
}

/// What a person reads: without tags, each run of white space as one space.
pub(crate) fn text(html: &str) -> String {
    const INLINE: [&str; 5] = ["a", "bdi", "code", "strong", "small"];
    let mut read = String::new();
    for (index, part) in html.split('<').enumerate() {
        let Some((tag, after)) = part.split_once('>').filter(|_| index > 0) else {
            read.push_str(part);
            continue;
        };
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if !INLINE.contains(&name) {
            read.push(' ');
        }
        read.push_str(after);
    }
    unescaped(&read.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn unescaped(text: &str) -> String {
    let mut read = String::new();
    let mut parts = text.split('&');
    read.push_str(parts.next().unwrap());
    for part in parts {
        let (entity, after) = part.split_once(';').unwrap();
        read.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let code = number.strip_prefix('#').and_then(|digits| digits.parse().ok());
                code.and_then(char::from_u32).unwrap_or_else(|| panic!("&{number};"))
            }
        });
        read.push_str(after);
    }
    read
}
