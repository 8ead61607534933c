//! Black-box tests over the real binary: HTTP, browser and command line, never the code.
//!
//! One program for all, since linking is the slow part. Each test quotes the rows of the requirements it holds.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

mod a10_sso_and_logout;
mod a11_audit;
mod a1_authorization;
mod a1_token_lifecycle;
mod a2_pkce;
mod a3_tokens_and_keys;
mod a4_bearer;
mod a5_clients;
mod a6_scopes;
mod a7_user_groups;
mod a8_function_role_mapping;
mod a9_claim_providers;
mod account;
mod admin_pages;
mod audit_api;
mod claims_preview;
mod claims_rollout;
mod cli;
mod clients_api;
mod consent;
mod cors;
mod directory_pages;
mod durability;
mod end_session;
mod entries_api;
mod federation_api;
mod front_channel;
mod hardening;
mod import_export;
mod installation_api;
mod kept_forms;
mod limits;
mod openapi;
mod operations_pages;
mod own_clients_api;
mod pages;
mod plugin_check;
mod plugin_server;
mod plugin_sign_in;
mod postgres;
mod present_scopes;
mod self_service;
mod session_ends;
mod users_api;
