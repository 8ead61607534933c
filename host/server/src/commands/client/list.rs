//! `argus client list`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::super::reach::ReachArgs;
use super::super::text::Table;
use crate::administration::read;
use crate::administration::wire::clients::{ClientSummaries, ClientSummary};

#[derive(Debug, Args)]
pub(in super::super) struct ListArgs {
    /// A part of the name, whatever the case of its letters; or an id.
    text: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ListArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let (mut clients, mut after) = (Vec::new(), None);
            loop {
                let mut query = Serializer::new(String::new());
                query
                    .extend_pairs(args.text.as_deref().map(|text| ("q", text)))
                    .extend_pairs(after.as_deref().map(|after| ("after", after)));
                let page: ClientSummaries = read(&api.get(&format!("/clients?limit=200&{}", query.finish())).await?)?;
                clients.extend(page.clients);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            args.reach.show(&json!({"clients": clients}), || Ok(table(&read::<Vec<ClientSummary>>(&Value::Array(clients.clone()))?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn table(clients: &[ClientSummary]) -> String {
    let mut table = Table::new(["ID", "NAME", "TYPE", "CLAIM PROVIDERS", ""]);
    for client in clients {
        let providers: Vec<&str> = client.attachments.iter().filter_map(|attachment| attachment["provider"].as_str()).collect();
        let state = if client.enabled { "" } else { "disabled" };
        table.row([client.client_id.clone(), client.name.clone(), client.r#type.clone(), providers.join(", "), state.to_owned()]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_listed() {
        let clients = json!([
            {"clientId": "021269c5-04c3-4399-a206-32659c489803", "name": "Case desk", "type": "confidential", "enabled": true, "revision": 3,
                "openIDCustomClaims": [{"provider": "userGroups", "configuration": {}}, {"provider": "level", "configuration": {}}]},
            {"clientId": "c3a4b8f6-90a1-4f5a-9c57-2f0f8a5d6e22", "name": "Old tool", "type": "public", "enabled": false, "revision": 1,
                "openIDCustomClaims": []},
        ]);
        insta::assert_snapshot!(table(&serde_json::from_value::<Vec<_>>(clients).unwrap()));
    }
}
