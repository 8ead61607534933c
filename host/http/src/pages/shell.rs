//! What surrounds the pages of somebody who is signed in: the bar, the sections, and times as they are written there.

use argus_domain::Timestamp;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Frame;
use crate::console::Visitor;
use crate::endpoint::{self, Endpoint};
use crate::refusal::Refusal;

/// The areas of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Account,
    Apps,
    Administration,
}

/// The sections of the areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Applications,
    Sessions,
    Password,
    Apps,
    AdminOverview,
    Clients,
    Requests,
    ClaimProviders,
    Users,
    Directory,
    Keys,
    Audit,
    Documents,
    IdentityProviders,
}

impl Section {
    fn area(self) -> Area {
        match self {
            Self::Overview | Self::Applications | Self::Sessions | Self::Password => Area::Account,
            Self::Apps => Area::Apps,
            Self::AdminOverview
            | Self::Clients
            | Self::Requests
            | Self::ClaimProviders
            | Self::Users
            | Self::Directory
            | Self::IdentityProviders
            | Self::Keys
            | Self::Audit
            | Self::Documents => Area::Administration,
        }
    }
}

/// A link to an area or section.
pub(crate) struct SectionLink {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    pub(crate) is_here: bool,
}

/// The surroundings of one page.
pub(crate) struct Shell<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) user_name: &'a str,
    pub(crate) csrf: &'a str,
    is_admin: bool,
    section: Section,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(frame: &'a Frame, visitor: &'a Visitor, section: Section) -> Self {
        Self { frame, user_name: &visitor.user.name, csrf: &visitor.csrf, is_admin: visitor.user.is_admin, section }
    }

    /// The areas that the user has; none where there is no choice.
    pub(crate) fn areas(&self) -> Vec<SectionLink> {
        let link = |area, path, text| SectionLink { path, text, is_here: area == self.section.area() };
        let mut areas = vec![link(Area::Account, endpoint::ACCOUNT.path, self.frame.texts.account.area)];
        if self.frame.self_service {
            areas.push(link(Area::Apps, endpoint::APPS.path, self.frame.texts.apps.area));
        }
        if self.is_admin {
            areas.push(link(Area::Administration, endpoint::ADMIN.path, self.frame.texts.admin.area));
        }
        if areas.len() > 1 { areas } else { Vec::new() }
    }

    /// The area.
    pub(crate) fn area(&self) -> &'static str {
        match self.section.area() {
            Area::Account => self.frame.texts.account.area,
            Area::Apps => self.frame.texts.apps.area,
            Area::Administration => self.frame.texts.admin.area,
        }
    }

    /// The sections of the area in their order.
    pub(crate) fn sections(&self) -> Vec<SectionLink> {
        let texts = &self.frame.texts.account;
        let link = |section, path, text| SectionLink { path, text, is_here: section == self.section };
        match self.section.area() {
            // One list, and what is below it.
            Area::Apps => Vec::new(),
            Area::Administration => {
                let (texts, operations) = (&self.frame.texts.admin, &self.frame.texts.operations);
                vec![
                    link(Section::AdminOverview, endpoint::ADMIN.path, operations.overview),
                    link(Section::Clients, endpoint::ADMIN_CLIENTS.path, texts.clients),
                    link(Section::Requests, endpoint::ADMIN_REQUESTS.path, texts.requests),
                    link(Section::ClaimProviders, endpoint::ADMIN_CLAIM_PROVIDERS.path, texts.claims),
                    link(Section::Users, endpoint::ADMIN_USERS.path, self.frame.texts.directory.users),
                    link(Section::Directory, endpoint::ADMIN_DIRECTORY.path, self.frame.texts.directory.directory),
                    link(Section::IdentityProviders, endpoint::ADMIN_IDENTITY_PROVIDERS.path, texts.idps),
                    link(Section::Keys, endpoint::ADMIN_KEYS.path, operations.keys),
                    link(Section::Audit, endpoint::ADMIN_AUDIT.path, operations.audit),
                    link(Section::Documents, endpoint::ADMIN_DOCUMENTS.path, operations.documents),
                ]
            }
            Area::Account => vec![
                link(Section::Overview, endpoint::ACCOUNT.path, texts.overview),
                link(Section::Applications, endpoint::ACCOUNT_APPLICATIONS.path, texts.applications),
                link(Section::Sessions, endpoint::ACCOUNT_SESSIONS.path, texts.sessions),
                link(Section::Password, endpoint::ACCOUNT_PASSWORD.path, texts.password),
            ],
        }
    }

    /// The path of an endpoint.
    pub(crate) fn path(&self, endpoint: &Endpoint) -> String {
        format!("{}{}", self.frame.base, endpoint.path)
    }
}

/// A moment: for programs, in full, and short. A script writes the short form anew in the reader's own zone.
pub(crate) struct Moment {
    pub(crate) machine: String,
    pub(crate) exact: String,
    pub(crate) short: String,
}

impl Moment {
    /// Of Unix seconds.
    pub(crate) fn of_seconds(seconds: &i64) -> Self {
        Self::of(&Timestamp::from_unix_seconds(*seconds))
    }

    /// Of Unix milliseconds.
    pub(crate) fn of_millis(millis: &i64) -> Self {
        Self::of(&Timestamp::from_unix_millis(*millis))
    }

    pub(crate) fn of(time: &Timestamp) -> Self {
        match jiff::Timestamp::from_millisecond(time.unix_millis()) {
            Ok(time) => Self {
                machine: time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                exact: time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
                short: time.strftime("%-d %b %Y, %H:%M UTC").to_string(),
            },
            // Beyond the years that calendars know.
            Err(_) => Self { machine: String::new(), exact: String::new(), short: String::new() },
        }
    }
}

/// A page in its shell; its policy is that of the endpoint.
pub(super) fn shell_page(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        // As for every page with a form of ours.
        Ok(html) => (status, [(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"))], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            Refusal::Failed.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_three_ways() {
        let moment = Moment::of(&Timestamp::from_unix_seconds(1_700_000_000));
        assert_eq!(moment.machine, "2023-11-14T22:13:20Z");
        assert_eq!(moment.exact, "2023-11-14 22:13:20 UTC");
        assert_eq!(moment.short, "14 Nov 2023, 22:13 UTC");
        assert_eq!(Moment::of(&Timestamp::from_unix_millis(i64::MAX)).machine, "");
    }
}
