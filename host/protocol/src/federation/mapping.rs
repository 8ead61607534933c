//! Which of what an identity provider says becomes what of a user here.

use std::collections::BTreeMap;

use argus_domain::client::is_short_text;
use argus_domain::ids::{CustomerId, GroupId};
use argus_domain::upstream::UpstreamIdpSettings;
use argus_storage::functions::FunctionId;
use argus_storage::users::UserProfile;
use argus_storage::{Connection, StorageError, customers, functions, groups};

use super::identity::UpstreamIdentity;

/// Values of one attribute that are looked at: a user of thousands of groups is the identity provider's mistake.
const MAX_VALUES: usize = 1_000;
/// Values of one free attribute that are kept.
const MAX_KEPT: usize = 100;

/// What a user would be called here, before anybody else's name is looked at.
pub(super) fn username(identity: &UpstreamIdentity, settings: &UpstreamIdpSettings) -> Option<String> {
    let mapped = identity.first(settings.attributes.username.as_ref());
    let name = mapped.unwrap_or(identity.display.as_str()).trim();
    is_short_text(name).then(|| name.to_owned())
}

/// Lays what the identity provider says over a profile. Values that nobody could store are left out, and so is what it does not
/// say: a member that was known stays.
pub(super) fn profile(profile: &mut UserProfile, identity: &UpstreamIdentity, settings: &UpstreamIdpSettings) {
    let said = |attribute: &Option<String>| identity.first(attribute.as_ref()).filter(|value| is_short_text(value)).map(str::to_owned);
    if let Some(name) = said(&settings.attributes.name) {
        profile.name = name;
    }
    if let Some(email) = said(&settings.attributes.email).filter(|email| email.contains('@') && !email.contains(char::is_whitespace)) {
        // An identity provider's word about somebody else's domain verifies nothing.
        profile.email_verified = settings.has_domain_of(&email);
        profile.email = Some(email);
    }
    if let Some(phone) = said(&settings.attributes.phone) {
        profile.phone_verified &= profile.phone.as_ref() == Some(&phone);
        profile.phone = Some(phone);
    }
}

/// Lays the free attributes over those of a user. What the identity provider does not say any more goes.
pub(super) fn attributes(attributes: &mut BTreeMap<String, Vec<String>>, identity: &UpstreamIdentity, settings: &UpstreamIdpSettings) {
    for (ours, theirs) in &settings.user_attributes {
        let values: Vec<String> = identity
            .all(Some(theirs))
            .iter()
            .map(|value| value.trim())
            .filter(|value| is_short_text(value))
            .take(MAX_KEPT)
            .map(str::to_owned)
            .collect();
        if values.is_empty() {
            attributes.remove(ours);
        } else {
            attributes.insert(ours.clone(), values);
        }
    }
}

/// What a connection gives to a user.
pub(super) struct Given {
    pub(super) groups: Vec<GroupId>,
    pub(super) functions: Vec<(FunctionId, Option<CustomerId>)>,
}

/// The groups and functions that the maps name for the user's values. One that was deleted here gives nothing.
pub(super) async fn given(
    connection: &mut Connection,
    identity: &UpstreamIdentity,
    settings: &UpstreamIdpSettings,
) -> Result<Given, StorageError> {
    let mapped = |attribute: &Option<String>, map: &BTreeMap<String, String>| {
        let values = identity.all(attribute.as_ref()).iter().take(MAX_VALUES);
        let mut names: Vec<String> = values.filter_map(|value| map.get(value.trim()).cloned()).collect();
        names.sort();
        names.dedup();
        names
    };
    let customer = customer(connection, settings).await?;
    let mut given = Given { groups: Vec::new(), functions: Vec::new() };
    for shortname in mapped(&settings.attributes.groups, &settings.group_map) {
        given.groups.extend(groups::find_by_shortname(connection, &shortname).await?.map(|group| GroupId::new(group.id)));
    }
    // Without a customer a grant would be one for every customer.
    if customer.is_some() {
        for name in mapped(&settings.attributes.functions, &settings.function_map) {
            given.functions.extend(functions::find_by_name(connection, &name).await?.map(|function| (function.id, customer)));
        }
    }
    Ok(given)
}

/// The customer of a connection.
pub(super) async fn customer(connection: &mut Connection, settings: &UpstreamIdpSettings) -> Result<Option<CustomerId>, StorageError> {
    match &settings.customer {
        Some(shortname) => Ok(customers::find_by_shortname(connection, shortname).await?.map(|customer| customer.id)),
        None => Ok(None),
    }
}
