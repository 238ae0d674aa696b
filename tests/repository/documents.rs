//! Checks that lists in documents are complete.

use std::path::{Component, Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = include_str!("../../Cargo.toml");
const LIB: &str = include_str!("../../src/lib.rs");

/// Returns the code in the first cell of each table row of a document.
fn first_cells(document: &str) -> Vec<&str> {
    document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(cell, _)| cell).collect()
}

/// Returns the modules of `lib.rs`, from the top down.
fn floors() -> Vec<&'static str> {
    let module = |line: &'static str| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';');
    LIB.lines().filter_map(module).collect()
}

#[test]
fn the_map_names_every_folder_in_the_order_of_lib_rs() {
    let map = first_cells(include_str!("../../CONTRIBUTING.md"));
    let map: Vec<_> =
        map.iter().filter_map(|cell| cell.strip_prefix("src/")).map(|cell| cell.trim_end_matches(".rs")).collect();
    assert_eq!(map, floors());
}

#[test]
fn every_file_that_the_map_names_exists() {
    let mut files = 0;
    for word in
        include_str!("../../CONTRIBUTING.md").split('`').skip(1).step_by(2).filter(|word| word.starts_with("src/"))
    {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(word).exists(), "{word}");
        files += 1;
    }
    assert!(files > 15);
}

/// Returns every Rust file under a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn a_module_imports_from_its_own_folder_and_from_those_below_it() {
    let floors = floors();
    let mut imports = 0;
    for (at, module) in floors.iter().enumerate() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module);
        let mut files = rust_files(&source);
        files.extend(Some(source.with_extension("rs")).filter(|file| file.exists()));
        assert!(!files.is_empty(), "{module}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for path in line.split("crate::").skip(1) {
                    let name = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
                    if let Some(below) = floors.iter().position(|module| *module == name) {
                        assert!(below >= at, "{}: {name} stands above {module}: {line}", file.display());
                        imports += 1;
                    }
                }
            }
        }
    }
    assert!(imports > 80, "{imports}");
}

/// Returns the features of the manifest, without `default`.
fn features() -> Vec<&'static str> {
    let (_, rest) = MANIFEST.split_once("\n[features]\n").expect("a list of features");
    let lines = rest.split_once("\n[").expect("another part behind it").0.lines();
    lines.filter_map(|line| Some(line.split_once(" = ")?.0)).filter(|name| *name != "default").collect()
}

#[test]
fn readme_and_docs_name_every_feature() {
    let (readme, features) = (first_cells(include_str!("../../README.md")), features());
    assert!(features.len() > 5);
    for feature in features {
        assert!(readme.contains(&feature), "README.md: {feature}");
        assert!(LIB.contains(&format!("//! - `{feature}`")), "src/lib.rs: {feature}");
    }
}

/// Returns the files that `cargo package` would publish.
fn packaged() -> Vec<String> {
    let list = Command::new(env!("CARGO"))
        .args([
            "package",
            "--list",
            "--allow-dirty",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .unwrap();
    assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
    String::from_utf8(list.stdout).unwrap().lines().map(|file| file.replace('\\', "/")).collect()
}

/// Relative links must work on the registry's page, in the unpacked package and in a checkout.
#[test]
fn every_relative_link_of_a_packaged_page_stays_in_the_package() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = packaged();
    let mut links = 0;
    for page in files.iter().filter(|file| file.ends_with(".md") && !file.starts_with("src/")) {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let folder = Path::new(page).parent().unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let path = target.split('#').next().unwrap();
            if target.starts_with("http") || path.is_empty() {
                continue;
            }
            let mut file = PathBuf::new();
            for part in folder.join(path).components() {
                match part {
                    Component::ParentDir => assert!(file.pop(), "{page}: {target} leaves the package"),
                    part => file.push(part),
                }
            }
            let file = file.to_str().unwrap().replace('\\', "/");
            let there = files.iter().any(|packaged| *packaged == file || packaged.starts_with(&format!("{file}/")));
            assert!(there, "{page}: {target} is not in the package");
            links += 1;
        }
    }
    assert!(links > 10, "{links}");
}

#[test]
fn the_package_holds_the_pages_that_users_read() {
    let files = packaged();
    let pages = ["README.md", "SECURITY.md", "COMPARE.md", "MIGRATING.md", "docs/OPERATING.md", "docs/growth.svg"];
    for page in pages.into_iter().chain(["src/guide/login.md"]) {
        assert!(files.iter().any(|file| file == page), "{page}");
    }
    assert!(!files.iter().any(|file| file.starts_with("tests/") || file.starts_with("checks/")));
}

/// Somebody who copies an example also copies its secret. So a page must show how to make a secret, or one that is
/// refused.
#[test]
fn no_page_shows_a_secret_that_can_be_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["", "docs", "src/guide"].into_iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let pages = pages.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    assert!(files.len() > 15);
    files.extend(
        ["src", "examples", "compare/src", "demo/src", "programs/src"]
            .iter()
            .flat_map(|folder| rust_files(&root.join(folder))),
    );
    let mut shown = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (at, call) in text.match_indices("Secret::new(").chain(text.match_indices("SECRET=")) {
            let rest = text[at + call.len()..].trim_start_matches('b');
            let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { continue };
            let secret = rest[1..].split(quote).next().unwrap();
            let refused = signed_cookie_session::Secret::new(secret).is_err();
            assert!(refused, "{}: {secret}", file.display());
            shown += 1;
        }
    }
    assert!(shown > 3, "{shown}");
}

#[test]
fn every_program_has_tests_a_line_in_its_readme_and_a_way_to_run_it() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let readme = std::fs::read_to_string(programs.join("README.md")).unwrap();
    let files = rust_files(&programs.join("src/bin"));
    assert!(files.len() > 5);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(programs.join(format!("tests/{name}.rs")).exists(), "{name} has no tests");
        assert!(readme.contains(&format!("| [`{name}`](src/bin/{name}.rs) |")), "README.md: {name}");
        let run = format!("//! cargo run --manifest-path programs/Cargo.toml --bin {name}\n");
        assert!(std::fs::read_to_string(&file).unwrap().contains(&run), "{name} does not say how to run it");
    }
}
