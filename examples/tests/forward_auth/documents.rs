//! What the documentation shows is what runs.

use std::fs;

#[test]
fn the_documentation_shows_the_very_configurations() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let document = fs::read_to_string(format!("{root}/docs/forward-auth.md")).unwrap();
    for (file, language) in [
        ("nginx.conf", "nginx"),
        ("Caddyfile", "caddyfile"),
        ("traefik-dynamic.yml", "yaml"),
        ("envoy.yaml", "yaml"),
    ] {
        let text = fs::read_to_string(format!("{root}/examples/forward_auth/{file}")).unwrap();
        assert!(
            document.contains(&format!("```{language}\n{text}```\n")),
            "{file} has changed, or the document"
        );
    }
}
