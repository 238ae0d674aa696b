//! Compares the public API with the list in `checks/public_api.txt`, because a change of the API affects users. After
//! an intended change, update the list with `UPDATE_PUBLIC_API=1 cargo test -p signed-cookie-session-checks
//! public_api`.
//!
//! The API is read from the sources, so that the list is the same with every compiler and every set of features.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Type, UseTree, Visibility};

const LIST: &str = "checks/public_api.txt";

/// The folder whose modules `lib.rs` re-exports individually.
const FRAMEWORKS: &str = "frameworks";

/// A source file, and the public module it belongs to ("" for the crate's root).
struct Source {
    module: String,
    items: Vec<Item>,
}

#[test]
fn the_public_api_is_the_one_that_is_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let listed = list(&root.join("src"));
    if env::var_os("UPDATE_PUBLIC_API").is_some() {
        fs::write(root.join(LIST), &listed).unwrap();
    }
    let written = fs::read_to_string(root.join(LIST)).unwrap();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (listed, written) = (lines(&listed), lines(&written));
    let gone: Vec<_> = written.difference(&listed).map(|line| format!("- {line}\n")).collect();
    let new: Vec<_> = listed.difference(&written).map(|line| format!("+ {line}\n")).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "the public API is not the one in {LIST}:\n{}{}What is gone or changed breaks those who use it. If it is \
         meant, run this test with UPDATE_PUBLIC_API=1 and let the version say so.",
        gone.concat(),
        new.concat()
    );
}

fn list(src: &Path) -> String {
    let lib = parse(&src.join("lib.rs"));
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for item in &lib {
        if let Item::Mod(module) = item {
            if is_public(&module.vis) {
                modules.insert(module.ident.to_string(), features(&module.attrs));
            }
        }
        // `pub use frameworks::tower;` is a public module too.
        if let Item::Use(used) = item {
            if let UseTree::Path(path) = &used.tree {
                if path.ident == FRAMEWORKS {
                    // The public items of its files are items of the crate's root.
                    let UseTree::Name(name) = &*path.tree else { continue };
                    modules.insert(name.ident.to_string(), features(&used.attrs));
                }
            }
        }
    }
    let mut sources = Vec::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(src).unwrap();
                let inside = inside.strip_prefix(FRAMEWORKS).unwrap_or(inside);
                let first = inside.iter().next().map(PathBuf::from).unwrap();
                let module = first.file_stem().unwrap().to_str().unwrap().to_owned();
                let module = if modules.contains_key(&module) { module } else { String::new() };
                sources.push(Source { module, items: parse(&path) });
            }
        }
    }

    // The public names, by module.
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    let mut lines: BTreeSet<String> = BTreeSet::new();
    for (module, feature) in &modules {
        lines.insert(format!("mod {module}{feature}"));
        let folder = if src.join(FRAMEWORKS).join(module).with_extension("rs").exists() { FRAMEWORKS } else { "" };
        let file = src.join(folder).join(module);
        let top = parse(&if file.is_dir() && file.join("mod.rs").exists() {
            file.join("mod.rs")
        } else {
            file.with_extension("rs")
        });
        names.extend(exported(&top, true).into_iter().map(|name| (module.clone(), name)));
    }
    names.extend(exported(&lib, false).into_iter().map(|name| (String::new(), name)));

    for Source { module, items } in &sources {
        let path = |name: &str| {
            let named = |module: &str| names.contains(&(module.to_owned(), name.to_owned()));
            match () {
                () if named(module) && module.is_empty() => Some(name.to_owned()),
                () if named(module) => Some(format!("{module}::{name}")),
                () if named("") => Some(name.to_owned()),
                () => None,
            }
        };
        items.iter().for_each(|item| describe(item, &path, &mut lines));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn parse(path: &Path) -> Vec<Item> {
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let is_test = |attrs: &[Attribute]| attrs.iter().any(|attr| text(attr).contains("cfg (test)"));
    file.items.into_iter().filter(|item| !matches!(item, Item::Mod(module) if is_test(&module.attrs))).collect()
}

/// Returns the public names of a module: its public items and its public `use` declarations.
fn exported(items: &[Item], declared: bool) -> Vec<String> {
    fn leaves(tree: &UseTree, names: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => leaves(&path.tree, names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
            UseTree::Name(name) => names.push(name.ident.to_string()),
            UseTree::Rename(_) | UseTree::Glob(_) => panic!("this test reads neither renames nor globs"),
        }
    }
    let mut names = Vec::new();
    for item in items {
        match item {
            Item::Use(used) if is_public(&used.vis) => leaves(&used.tree, &mut names),
            Item::Struct(item) if declared && is_public(&item.vis) => names.push(item.ident.to_string()),
            Item::Enum(item) if declared && is_public(&item.vis) => names.push(item.ident.to_string()),
            Item::Fn(item) if declared && is_public(&item.vis) => names.push(item.sig.ident.to_string()),
            _ => {}
        }
    }
    names
}

fn describe(item: &Item, path: &dyn Fn(&str) -> Option<String>, lines: &mut BTreeSet<String>) {
    let mut add = |line: String, attrs: &[Attribute]| lines.insert(line + &features(attrs));
    match item {
        Item::Struct(item) if is_public(&item.vis) => {
            let Some(name) = path(&item.ident.to_string()) else { return };
            add(format!("struct {name}{}", text(&item.generics)), &item.attrs);
            derived(&item.attrs).into_iter().for_each(|line| {
                add(format!("{line} for {name}"), &[]);
            });
            for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                let field_name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                add(format!("{name}.{field_name}: {}", text(&field.ty)), &field.attrs);
            }
        }
        Item::Enum(item) if is_public(&item.vis) => {
            let Some(name) = path(&item.ident.to_string()) else { return };
            add(format!("enum {name}{}", text(&item.generics)), &item.attrs);
            derived(&item.attrs).into_iter().for_each(|line| {
                add(format!("{line} for {name}"), &[]);
            });
            for variant in &item.variants {
                let fields = if matches!(variant.fields, Fields::Unit) { String::new() } else { text(&variant.fields) };
                add(format!("{name}::{}{fields}", variant.ident), &variant.attrs);
            }
        }
        Item::Trait(item) if is_public(&item.vis) => {
            let Some(name) = path(&item.ident.to_string()) else { return };
            add(format!("trait {name}{}: {}", text(&item.generics), text(&item.supertraits)), &item.attrs);
            for method in &item.items {
                if let TraitItem::Fn(method) = method {
                    let kind = if method.default.is_some() { " (provided)" } else { "" };
                    add(format!("{name}: {}{kind}", text(&method.sig)), &method.attrs);
                }
            }
        }
        Item::Type(item) if is_public(&item.vis) => {
            let Some(name) = path(&item.ident.to_string()) else { return };
            add(format!("type {name} = {}", text(&item.ty)), &item.attrs);
        }
        Item::Fn(item) if is_public(&item.vis) => {
            let Some(name) = path(&item.sig.ident.to_string()) else { return };
            add(format!("{name}: {}", text(&item.sig)), &item.attrs);
        }
        Item::Impl(item) => {
            let Type::Path(target) = &*item.self_ty else { return };
            let Some(name) = target.path.segments.last().and_then(|last| path(&last.ident.to_string())) else { return };
            if let Some((_, implemented, _)) = &item.trait_ {
                let generics = text(&item.generics);
                let bounds = text(&item.generics.where_clause);
                add(format!("impl{generics} {} for {name} {bounds}", text(implemented)).trim_end().into(), &item.attrs);
                return;
            }
            for method in &item.items {
                match method {
                    ImplItem::Fn(method) if is_public(&method.vis) => {
                        add(format!("{name}: {}", text(&method.sig)), &method.attrs);
                    }
                    ImplItem::Const(constant) if is_public(&constant.vis) => {
                        add(format!("{name}::{}: {}", constant.ident, text(&constant.ty)), &constant.attrs);
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns the traits that `derive` implements, as lines.
fn derived(attrs: &[Attribute]) -> Vec<String> {
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let traits = derives.map(|attr| attr.meta.require_list().unwrap().tokens.to_string()).collect::<Vec<_>>().join(",");
    traits.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| format!("impl {name}")).collect()
}

/// Returns the features on which an item depends.
fn features(attrs: &[Attribute]) -> String {
    let cfgs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    cfgs.map(|attr| format!(" where {}", attr.meta.require_list().unwrap().tokens)).collect()
}

/// Returns the tokens of a piece of source on one line, without documentation.
fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}
