use super::{root, rust_files};

const FOLDERS: [&str; 4] = ["shared", "functions", "local", "tests"];

#[test]
fn no_file_is_longer_than_it_can_be_read() {
    for folder in FOLDERS {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{path} has {lines} lines");
        }
    }
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_skipped() {
    // Put together here so that this file does not find itself.
    let words = ["to-do!", "un-implemented!", "FIX-ME", "#[ig-nore"].map(|word| word.replace('-', ""));
    for folder in FOLDERS {
        for (path, text) in rust_files(folder) {
            for word in &words {
                assert!(!text.contains(word.as_str()), "{path} has {word}");
            }
        }
    }
}

#[test]
fn the_readme_shows_the_two_commands_and_the_architecture_names_every_folder() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let readme = read("README.md");
    assert!(readme.contains("cargo run") && readme.contains("cargo test --workspace"));
    let architecture = read("ARCHITECTURE.md");
    for entry in std::fs::read_dir(root().join("shared/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.trim_end_matches(".rs");
        if name != "lib" && !name.ends_with(".pem") {
            let named = [format!("`shared/src/{name}`"), format!("`{name}`")];
            assert!(
                named.iter().any(|name| architecture.contains(name)),
                "ARCHITECTURE.md does not name {name}"
            );
        }
    }
}
