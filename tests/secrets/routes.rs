//! The routes that take a POST, as the one table of them has them.

use std::collections::BTreeSet;

use syn::{Expr, Item, Lit, Pat, Stmt};

/// Paths below the prefix; `*` stands for a part that may be anything.
pub(crate) fn posted() -> BTreeSet<String> {
    let source = syn::parse_file(include_str!("../../src/http/route.rs")).unwrap();
    let mut posts = source.items.iter().filter_map(|item| match item {
        Item::Fn(function) if function.sig.ident == "post" => Some(&function.block.stmts),
        _ => None,
    });
    let Some([Stmt::Expr(Expr::Match(table), None)]) = posts.next().map(Vec::as_slice) else {
        panic!("`post` is one match")
    };
    table.arms.iter().filter_map(|arm| path(&arm.pat)).collect()
}

/// Nothing for the arms of what is no route.
fn path(pattern: &Pat) -> Option<String> {
    let Pat::Slice(parts) = pattern else { return None };
    let parts = parts.elems.iter().map(|part| match part {
        Pat::Lit(literal) => match &literal.lit {
            Lit::Str(text) => text.value(),
            _ => panic!("a part of a path is text"),
        },
        Pat::Ident(_) => "*".to_owned(),
        _ => panic!("write each route as an arm of its own"),
    });
    Some(parts.collect::<Vec<_>>().join("/"))
}

/// Whether a path is of this route.
pub(crate) fn is_of(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(asked)) if part == "*" || part == asked => {}
            _ => return false,
        }
    }
}
