//! `argus client detach`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::Value;

use super::super::reach::ReachArgs;
use super::attachments::Attachments;

#[derive(Debug, Args)]
pub(in super::super) struct DetachArgs {
    /// The client's id.
    #[arg(value_name = "CLIENT")]
    client_id: String,
    /// The claim provider; or its place in the client's document, counted from 0, where it is attached more than once.
    #[arg(value_name = "PROVIDER|INDEX")]
    attachment: String,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &DetachArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let mut attachments = Attachments::of(api, &args.client_id).await?;
            let place = find(&attachments.list, &args.attachment)?;
            let removed = attachments.list.remove(place);
            let answer = attachments.store(api).await?;
            args.reach
                .show(&answer, || Ok(format!("{}, which was #{place}, is detached from client {}", provider(&removed), args.client_id)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn provider(attachment: &Value) -> &str {
    attachment["provider"].as_str().unwrap_or_default()
}

/// The place of the one attachment that is meant.
fn find(attachments: &[Value], meant: &str) -> Result<usize> {
    if let Ok(place) = meant.parse::<usize>() {
        if place >= attachments.len() {
            bail!("there is no attachment #{place}: the client has {}, counted from 0", attachments.len());
        }
        return Ok(place);
    }
    let places: Vec<_> = (0..attachments.len()).filter(|place| provider(&attachments[*place]) == meant).collect();
    match places[..] {
        [place] => Ok(place),
        [] => {
            let attached: Vec<_> = attachments.iter().map(provider).collect();
            bail!("{meant} is not attached; there are: {}", if attached.is_empty() { "none".to_owned() } else { attached.join(", ") })
        }
        _ => bail!("{meant} is attached {} times: name one by its place, {places:?}", places.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attachment_is_named_by_provider_or_place() {
        let list = ["a", "b", "a"].map(|provider| json!({"provider": provider}));
        assert_eq!((find(&list, "b").unwrap(), find(&list, "2").unwrap()), (1, 2));
        for (meant, told) in
            [("a", "attached 2 times: name one by its place, [0, 2]"), ("c", "there are: a, b, a"), ("3", "the client has 3")]
        {
            assert!(find(&list, meant).unwrap_err().to_string().contains(told), "{meant}");
        }
        assert!(find(&[], "a").unwrap_err().to_string().ends_with("there are: none"));
    }
}
