//! What the documents promise: every relative link leads to a file or folder of the tree, every anchor to a heading, every
//! `cargo xtask` command exists.

use super::File;

pub(super) fn check(files: &[File], commands: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        let Some(text) = &file.text else { continue };
        for link in links(text) {
            if let Some(problem) = broken(&link, file, files) {
                problems.push(format!("{}: {problem}", file.path));
            }
        }
        for command in xtask_commands(text) {
            if !commands.iter().any(|(name, _)| *name == command) {
                problems.push(format!("{}: there is no `cargo xtask {command}`", file.path));
            }
        }
    }
    problems
}

/// Targets of `[text](target)` outside code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in outside_code_blocks(text) {
        // Every second part lies between backquotes.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
        for (at, _) in prose.match_indices("](") {
            if let Some((target, _)) = prose[at + 2..].split_once(')') {
                links.push(target.to_owned());
            }
        }
    }
    links
}

fn outside_code_blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

fn broken(link: &str, file: &File, files: &[File]) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let Some(path) = (if path.is_empty() { Some(file.path.clone()) } else { resolve(&file.path, path) }) else {
        return Some(format!("the link {link} leads out of the tree"));
    };
    let target = files.iter().find(|target| target.path == path);
    let is_folder = files.iter().any(|target| target.path.starts_with(&format!("{path}/")));
    if target.is_none() && !is_folder {
        return Some(format!("the link {link} leads nowhere"));
    }
    let text = target.and_then(|target| target.text.as_deref()).unwrap_or_default();
    match anchor {
        Some(anchor) if !headings(text).any(|heading| heading == anchor) => Some(format!("the link {link} names no heading")),
        _ => None,
    }
}

/// A relative path from a file's folder; `None` when it leaves the tree.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Anchors of the headings: lower case, letters, digits and hyphens, with a hyphen for each space.
fn headings(text: &str) -> impl Iterator<Item = String> {
    outside_code_blocks(text).filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// The commands named after `cargo xtask`.
fn xtask_commands(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("cargo xtask ")
        .map(|(at, found)| text[at + found.len()..].chars().take_while(char::is_ascii_lowercase).collect())
        .filter(|name: &String| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: Some(text.to_owned()) }
    }

    fn problems(text: &str) -> Vec<String> {
        let files = [file("docs/a.md", text), file("README.md", "# Read me, first\n"), file("host/x/src/lib.rs", "")];
        check(&files, &[("demo", "")])
    }

    #[test]
    fn links_to_files_folders_and_headings_are_fine() {
        let text = "# Here\n[a](../README.md) [b](../host/x) [c](../README.md#read-me-first) [d](#here) [e](https://a.example)";
        assert!(problems(text).is_empty());
    }

    #[test]
    fn links_to_nothing_are_told() {
        for link in ["b.md", "../../x", "../README.md#second", "#there"] {
            assert_eq!(problems(&format!("[a]({link})")).len(), 1, "{link}");
        }
    }

    #[test]
    fn code_is_not_searched_for_links() {
        assert!(problems("`[a](b)`\n```\n[a](b)\n```\n").is_empty());
    }

    #[test]
    fn an_unknown_command_is_told() {
        assert!(problems("```sh\ncargo xtask demo --once\n```").is_empty());
        assert_eq!(problems("run `cargo xtask dance`").len(), 1);
    }
}
