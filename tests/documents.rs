//! The documents that list something list all of it.

const MANIFEST: &str = include_str!("../Cargo.toml");
const LIB: &str = include_str!("../src/lib.rs");

/// What stands in the first cells of a document's table rows, as code.
fn first_cells(document: &str) -> Vec<&str> {
    document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(cell, _)| cell).collect()
}

/// The modules of the library, group by group: a blank line stands between two.
fn groups() -> Vec<Vec<&'static str>> {
    let module = |line: &'static str| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';');
    let groups = LIB.split("\n\n").map(|group| group.lines().filter_map(module).collect::<Vec<_>>());
    groups.filter(|group| !group.is_empty()).collect()
}

#[test]
fn the_map_names_every_module_in_the_order_of_lib_rs() {
    let modules = groups().concat();
    assert!(modules.len() > 30);
    assert_eq!(first_cells(include_str!("../CONTRIBUTING.md")), modules);
}

#[test]
fn a_module_imports_from_its_own_group_and_from_those_below_it() {
    let groups = groups();
    let group_of = |module: &str| groups.iter().position(|group| group.contains(&module));
    let mut imports = 0;
    for (at, module) in groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |module| (at, module))) {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module);
        let mut files = vec![source.with_extension("rs")];
        files.extend(std::fs::read_dir(source).into_iter().flatten().map(|entry| entry.unwrap().path()));
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
            let text = std::fs::read_to_string(file).unwrap();
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for path in line.split("crate::").skip(1) {
                    let name = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
                    if let Some(below) = group_of(name) {
                        assert!(below >= at, "{module} imports {name}, which stands above it: {line}");
                        imports += 1;
                    }
                }
            }
        }
    }
    assert!(imports > 100);
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
