//! The handbook of authors, `docs/authors`, done as it is told: every command of every page, in order, by a real shell in an empty
//! folder, with the real program and a real server. CONTRIBUTING.md says how the pages are written.
//!
//! A page is one test, since its commands build on each other. Tool chains are those of the machine, as for any author.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod page;
mod reader;
mod shell;

use std::collections::BTreeSet;
use std::fs;

use page::Page;
use reader::Reader;

/// Does what a page says.
async fn follow(name: &str) {
    if argus_tests::author::left_out() {
        return;
    }
    Reader::of(&Page::read(name)).follow().await;
}

#[tokio::test]
async fn ten_minutes_in_rust_lead_to_a_claim() {
    follow("ten-minutes-rust.md").await;
}

#[tokio::test]
async fn ten_minutes_in_go_lead_to_a_claim() {
    follow("ten-minutes-go.md").await;
}

#[tokio::test]
async fn ten_minutes_in_javascript_lead_to_a_claim() {
    follow("ten-minutes-javascript.md").await;
}

#[tokio::test]
async fn ten_minutes_in_python_lead_to_a_claim() {
    follow("ten-minutes-python.md").await;
}

#[tokio::test]
async fn a_version_goes_the_way_that_is_described() {
    follow("versions.md").await;
}

#[tokio::test]
async fn the_contract_can_be_written() {
    follow("contract.md").await;
}

#[tokio::test]
async fn a_cost_can_be_measured() {
    follow("performance.md").await;
}

#[tokio::test]
async fn a_pipeline_goes_through() {
    follow("ci.md").await;
}

/// A page with commands and no test would be one whose commands nobody tries.
#[test]
fn every_page_with_commands_is_followed() {
    let tests = include_str!("main.rs");
    let with_commands = fs::read_dir(page::folder()).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        (name.ends_with(".md") && Page::read(&name).has_commands()).then_some(name)
    });
    let forgotten: BTreeSet<_> = with_commands.filter(|name| !tests.contains(&format!("follow(\"{name}\")"))).collect();
    assert_eq!(forgotten, BTreeSet::new());
}
