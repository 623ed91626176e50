//! The house has floors, and a room imports only from below. This reads every source file and says
//! where one does not. It also sees to it that nothing but the judge makes a member session, and nothing but
//! `token` what a verified JWT says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, Expr, Item, ItemMod, Meta, UseTree,
    punctuated::Punctuated,
    spanned::Spanned,
    visit::{self, Visit},
};

/// The rooms from the ground up.
const FLOORS: [&str; 15] = [
    "domain",
    "outbound",
    "judge",
    "token",
    "factor",
    "deliver",
    "store",
    "flow",
    "issuer",
    "extract",
    "http",
    "layer",
    "vestibule",
    "verifier",
    "test",
];

/// What is made in one room alone: sessions, and what a verified JWT says.
const MADE_IN: [(&str, &str); 2] = [("MemberSession", "judge"), ("Attested", "token")];

/// Where a path leads that must not lead there.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    file: PathBuf,
    line: usize,
    path: String,
    why: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}` {}", self.file.display(), self.line, self.path, self.why)
    }
}

/// What `lib.rs` passes on under its own name: `crate::Member` is as much of `domain` as
/// `crate::domain::Member` is.
#[derive(Default)]
struct Facade {
    names: BTreeMap<String, String>,
    /// Rooms that are passed on whole, by `pub use room::*`.
    globs: Vec<String>,
}

struct Reader<'a> {
    file: &'a Path,
    /// The module that is read: `["judge", "entry"]`.
    module: Vec<String>,
    facade: &'a Facade,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// `crate::`, `self::` and `super::` read from where this stands; nothing for other paths, which
    /// name what is in scope already and was checked where it was brought there.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut at = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.module.clone(),
            _ => return None,
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => {
                    at.pop();
                }
                name => at.push(name.to_owned()),
            }
        }
        Some(at)
    }

    fn check(&mut self, path: &[String], line: usize) {
        let Some(room) = self.room().map(str::to_owned) else { return };
        let Some(absolute) = self.absolute(path) else { return };
        let fault =
            |path: &[String], why| Fault { file: self.file.to_owned(), line, path: path.join("::"), why };
        let why = match absolute.first() {
            None => Some("imports the whole crate"),
            Some(name) => match floor(name) {
                Some(other) => (Some(other) > floor(&room)).then_some("leads up a floor"),
                // Not a room: something that the crate's root passes on.
                None => match self.facade.names.get(name) {
                    Some(from) => {
                        (floor(from) > floor(&room)).then_some("leads up a floor by the crate's root")
                    }
                    None if name == "*" => Some("imports the whole crate"),
                    None => (self.facade.globs.iter().any(|from| floor(from) > floor(&room)))
                        .then_some("can't be told from a name of a floor above; name its room"),
                },
            },
        };
        if let Some(why) = why {
            self.faults.push(fault(path, why));
        }
    }

    fn check_tree(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.check_tree(&step.tree, path);
                path.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.check_tree(tree, path);
                }
            }
            UseTree::Name(name) => self.check_leaf(path, &name.ident.to_string(), tree.span().start().line),
            UseTree::Rename(rename) => {
                self.check_leaf(path, &rename.ident.to_string(), tree.span().start().line);
            }
            UseTree::Glob(_) => self.check_leaf(path, "*", tree.span().start().line),
        }
    }

    fn check_leaf(&mut self, path: &mut Vec<String>, name: &str, line: usize) {
        path.push(name.to_owned());
        self.check(path, line);
        path.pop();
    }
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == room)
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.check_tree(&item.tree, &mut Vec::new());
    }

    /// Wherever a path is written out: in types, expressions, patterns, attributes and macros' names.
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.check(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // `pub(crate)` and `pub(in …)` import nothing.
    }

    /// What stands in a macro is read where it can be: as a list of expressions, or as statements.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        if let Ok(list) = call.parse_body_with(Punctuated::<Expr, syn::Token![,]>::parse_terminated) {
            list.iter().for_each(|expression| self.visit_expr(expression));
        } else if let Ok(block) = call.parse_body_with(syn::Block::parse_within) {
            block.iter().for_each(|statement| self.visit_stmt(statement));
        } else {
            self.check_tokens(&call.tokens, call.span().start().line);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

impl Reader<'_> {
    /// What is no Rust by itself (`macro_rules!`, `quote!`): every run of names joined by `::`.
    fn check_tokens(&mut self, tokens: &impl fmt::Display, line: usize) {
        let text = tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let path: Vec<String> =
                word.split("::").filter(|name| !name.is_empty()).map(Into::into).collect();
            if matches!(path.first().map(String::as_str), Some("crate" | "super")) && path.len() > 1 {
                self.check(&path, line);
            }
        }
    }
}

/// Where `made` is built: called, written out with its fields, or named inside a `Self` of an `impl` of it.
struct Makers<'a> {
    file: &'a Path,
    made: &'static str,
    inside: bool,
    faults: Vec<Fault>,
}

impl Makers<'_> {
    fn check(&mut self, path: &syn::Path) {
        let made = path.segments.last().is_some_and(|name| {
            name.ident == self.made || self.inside && name.ident == "Self" && path.segments.len() == 1
        });
        if made {
            self.faults.push(Fault {
                file: self.file.to_owned(),
                line: path.span().start().line,
                path: format!("{}(", self.made),
                why: "is made in another room alone",
            });
        }
    }

    fn is_made(&self, ty: &syn::Type) -> bool {
        matches!(ty, syn::Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == self.made))
    }
}

impl<'ast> Visit<'ast> for Makers<'_> {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(function) = &*call.func {
            self.check(&function.path);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        self.check(&expression.path);
        visit::visit_expr_struct(self, expression);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let is_made = self.is_made(&item.self_ty);
        let outer = std::mem::replace(&mut self.inside, is_made);
        visit::visit_item_impl(self, item);
        self.inside = outer;
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Ok(list) = call.parse_body_with(Punctuated::<Expr, syn::Token![,]>::parse_terminated) {
            list.iter().for_each(|expression| self.visit_expr(expression));
        }
    }
}

/// The module that a file is: `judge/tests/mod.rs` is `judge::tests`.
fn module_of(file: &Path) -> Vec<String> {
    let mut module: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|name| name == "mod" || name == "lib") {
        module.pop();
    }
    module
}

fn has_path_attribute(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| matches!(&attribute.meta, Meta::NameValue(meta) if meta.path.is_ident("path")))
}

/// The names that the crate's root passes on, by the room they come from.
fn facade_of(root: &syn::File) -> Facade {
    fn walk(tree: &UseTree, room: Option<String>, facade: &mut Facade) {
        let mut keep = |name: String| {
            if let Some(room) = &room {
                facade.names.insert(name, room.clone());
            }
        };
        match tree {
            UseTree::Path(step) => {
                let name = step.ident.to_string();
                let room = room.or_else(|| (name != "crate" && name != "self").then_some(name));
                walk(&step.tree, room, facade);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, room.clone(), facade)),
            UseTree::Name(name) => keep(name.ident.to_string()),
            UseTree::Rename(rename) => keep(rename.rename.to_string()),
            UseTree::Glob(_) => facade.globs.extend(room.filter(|room| floor(room).is_some())),
        }
    }
    let mut facade = Facade::default();
    for item in &root.items {
        if let Item::Use(item) = item {
            walk(&item.tree, None, &mut facade);
        }
    }
    facade
}

/// Everything that is wrong in one file, whose path is relative to `src`.
fn faults_in(file: &Path, source: &str, facade: &Facade) -> Vec<Fault> {
    let parsed = syn::parse_file(source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let module = module_of(file);
    let fault = |line, path: &str, why| Fault { file: file.to_owned(), line, path: path.into(), why };
    if let Some(room) = module.first().filter(|room| floor(room).is_none()) {
        return vec![fault(1, room, "is no room of the house; give it a floor")];
    }
    let mut faults = Vec::new();
    for item in &parsed.items {
        if let Item::Mod(item) = item {
            let (name, line) = (item.ident.to_string(), item.span().start().line);
            if module.is_empty() && floor(&name).is_none() {
                faults.push(fault(line, &name, "is no room of the house; give it a floor"));
            }
            if has_path_attribute(&item.attrs) {
                faults.push(fault(line, &name, "lies elsewhere than it is named"));
            }
        }
    }
    if module.is_empty() {
        return faults;
    }
    let room = module[0].clone();
    let mut reader = Reader { file, module, facade, faults };
    reader.visit_file(&parsed);
    let mut faults = reader.faults;
    for (made, _) in MADE_IN.into_iter().filter(|(_, maker)| *maker != room) {
        let mut makers = Makers { file, made, inside: false, faults: Vec::new() };
        makers.visit_file(&parsed);
        faults.extend(makers.faults);
    }
    faults
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn told(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn every_room_imports_only_from_below() {
    // Below the package, which cargo runs tests in.
    let root = Path::new("src").to_path_buf();
    let facade = facade_of(&syn::parse_file(&fs::read_to_string(root.join("lib.rs")).unwrap()).unwrap());
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    assert!(files.len() > 30, "the sources are not where they were");
    let mut faults = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap();
        faults.extend(faults_in(name, &fs::read_to_string(file).unwrap(), &facade));
    }
    assert!(faults.is_empty(), "\n{}", told(&faults));
}

/// The faults of a source, as `line path`.
fn found(file: &str, source: &str) -> Vec<String> {
    let root = "mod judge; pub use judge::*; pub use domain::{Member, Role as Part}; pub use flow::Engine;";
    let facade = facade_of(&syn::parse_file(root).unwrap());
    faults_in(Path::new(file), source, &facade)
        .iter()
        .map(|fault| format!("{} {}", fault.line, fault.path))
        .collect()
}

#[test]
fn the_checker_finds_what_leads_up() {
    let bad = "use crate::{domain::Member, flow::{Engine, step as walk}};
use super::super::http::*;
use super::sibling::Thing;
fn f(x: crate::layer::Auth) -> Option<super::super::store::Row> {
    let y = crate::vestibule::new::<crate::token::Key>();
    assert_eq!(y, crate::deliver::mail(), \"no\");
    let crate::extract::Pattern { .. } = y else { return None };
    use crate::http::Route;
    vec![crate::flow::Step; 3]
}
impl crate::store::Store for Thing where Thing: crate::factor::Proof {}
mod inner {
    use super::super::super::flow::Deep;
    use super::super::super::domain::Fine;
    use super::super::admission::Fine as _;
}
macro_rules! m { () => { $crate::flow::begin() } }
pub(crate) struct S;
pub(in crate::judge) struct T;
use crate::Engine;
use crate::Member;
use crate::MemberSession;
use crate::*;
use crate as all;
use std::http::flow;
";
    assert_eq!(
        found("judge/entry.rs", bad),
        [
            "1 crate::flow::Engine",
            "1 crate::flow::step",
            "2 super::super::http::*",
            "4 crate::layer::Auth",
            "4 super::super::store::Row",
            "5 crate::vestibule::new",
            "5 crate::token::Key",
            "6 crate::deliver::mail",
            "7 crate::extract::Pattern",
            "8 crate::http::Route",
            "9 crate::flow::Step",
            "11 crate::factor::Proof",
            "11 crate::store::Store",
            "13 super::super::super::flow::Deep",
            "17 crate::flow::begin",
            "20 crate::Engine",
            "23 crate::*",
            "24 crate",
        ]
    );
}

#[test]
fn the_checker_lets_rooms_look_down() {
    let good = "use crate::{domain::Member, judge::enter, token::Key, store::Store, flow::Engine};
use super::other;
use crate::MemberSession;
fn f() { crate::factor::password(super::super::deliver::mail()) }
";
    assert_eq!(found("flow/exchange.rs", good), [] as [&str; 0]);
    // The ground stands on nothing: what the root passes on of the judge could be meant.
    assert_eq!(found("domain/member.rs", "use crate::MemberSession;"), ["1 crate::MemberSession"]);
    assert_eq!(found("domain/mod.rs", "use super::judge::enter;"), ["1 super::judge::enter"]);
    assert_eq!(found("vestibule.rs", "use crate::{layer::Auth, http::pages};"), [] as [&str; 0]);
    assert_eq!(found("http/mod.rs", "use crate::vestibule::Vestibule;"), ["1 crate::vestibule::Vestibule"]);
}

#[test]
fn the_checker_knows_every_room() {
    assert_eq!(found("lib.rs", "mod domain; mod cellar; use cellar::X;"), ["1 cellar"]);
    assert_eq!(found("cellar/mod.rs", ""), ["1 cellar"]);
    assert_eq!(found("attic.rs", ""), ["1 attic"]);
    assert_eq!(found("flow/mod.rs", "#[path = \"../store/x.rs\"] mod x;"), ["1 x"]);
}

#[test]
fn the_checker_finds_other_makers_of_sessions() {
    let bad = "fn f() -> MemberSession { MemberSession(inner) }
fn g() { judge::MemberSession { 0: inner } }
impl Thing for MemberSession { fn new() -> Self { Self(inner) } }
fn h() { vec![crate::judge::MemberSession(inner)] }
impl Other { fn new() -> Self { Self(inner) } }
fn fine(session: MemberSession) -> Option<MemberSession> { take::<MemberSession>(session) }
";
    let expected = ["1 MemberSession(", "2 MemberSession(", "3 MemberSession(", "4 MemberSession("];
    assert_eq!(found("flow/mod.rs", bad), expected);
    assert_eq!(found("judge/mod.rs", bad), [] as [&str; 0]);
}

#[test]
fn the_checker_finds_other_makers_of_what_a_jwt_says() {
    let bad = "fn f(record: Record) -> Attested { Attested { record } }";
    assert_eq!(found("judge/attest.rs", bad), ["1 Attested("]);
    assert_eq!(found("issuer/load.rs", bad), ["1 Attested("]);
    assert_eq!(found("token/jwt/attested.rs", bad), [] as [&str; 0]);
}
