//! The documents that list something list all of it.

const MANIFEST: &str = include_str!("../Cargo.toml");
const LIB: &str = include_str!("../src/lib.rs");

/// What stands in the first cells of a document's table rows, as code.
fn first_cells(document: &str) -> Vec<&str> {
    document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(cell, _)| cell).collect()
}

#[test]
fn the_map_names_every_module_in_the_order_of_lib_rs() {
    let module = |line: &'static str| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';');
    let modules: Vec<&str> = LIB.lines().filter_map(module).collect();
    assert!(modules.len() > 30);
    assert_eq!(first_cells(include_str!("../CONTRIBUTING.md")), modules);
}

/// The features of the manifest, without `default`.
fn features() -> Vec<&'static str> {
    let (_, rest) = MANIFEST.split_once("\n[features]\n").expect("a list of features");
    let lines = rest.split_once("\n[").expect("another part behind it").0.lines();
    lines.filter_map(|line| Some(line.split_once(" = ")?.0)).filter(|name| *name != "default").collect()
}

#[test]
fn readme_and_docs_name_every_feature() {
    let (readme, features) = (first_cells(include_str!("../README.md")), features());
    assert!(features.len() > 5);
    for feature in features {
        assert!(readme.contains(&feature), "README.md: {feature}");
        assert!(LIB.contains(&format!("//! - `{feature}`")), "src/lib.rs: {feature}");
    }
}

/// A link that leads to a file of this repository leads to one that is there.
#[test]
fn no_link_leads_nowhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    for document in ["README.md", "CHANGELOG.md", "COMPARE.md", "CONTRIBUTING.md", "MIGRATING.md", "SECURITY.md"] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if !target.starts_with("http") {
                let path = target.split('#').next().unwrap();
                assert!(root.join(path).exists(), "{document}: {target}");
                links += 1;
            }
        }
    }
    assert!(links > 10);
}
