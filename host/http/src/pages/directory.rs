//! The directory: users, and the small entries around them.

use argus_domain::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;
use serde_json::Value;

use super::problems::{at_field, elsewhere};
use super::shell::{Shell, shell_page};
use crate::endpoint;
use crate::protocol::applications::Application;
use crate::protocol::directory::entries::{EntryView, Section};
use crate::protocol::directory::sessions::SessionView;
use crate::protocol::directory::users::{UserFilter, UserPage, UserView};

/// Users by name.
#[derive(Template)]
#[template(path = "admin/users.html")]
pub(crate) struct UsersPage<'a> {
    pub(crate) shell: Shell<'a>,
    /// Who is looked for.
    pub(crate) filter: UserFilter<'a>,
    pub(crate) page: &'a UserPage,
}

impl<'a> UsersPage<'a> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    /// What the users belong to: the name of the parameter, and of the group, role, function or customer.
    fn belonging(&self) -> Vec<(&'static str, &'a str)> {
        let UserFilter { group, role, function, customer, .. } = self.filter;
        let given = [("group", group), ("role", role), ("function", function), ("customer", customer)];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// What they belong to, in words.
    fn members_of(&self) -> Option<String> {
        let texts = &self.shell.frame.texts.directory;
        let named = self.belonging().into_iter().map(|(name, value)| {
            let what = match name {
                "group" => texts.member_of_group,
                "role" => texts.member_of_role,
                "function" => texts.member_of_function,
                _ => texts.member_of_customer,
            };
            format!("{what} {value}")
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    /// The query of the next page.
    fn next(&self) -> Option<String> {
        let next = self.page.next.as_ref()?;
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.filter.text.map(|text| ("q", text))).extend_pairs(self.belonging());
        Some(query.append_pair("after", next).finish())
    }
}

/// The form of a user, as it was filled in.
#[derive(Default)]
pub(crate) struct UserForm {
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) phone: String,
    pub(crate) phone_verified: bool,
    pub(crate) customer: String,
    pub(crate) groups: String,
    pub(crate) roles: String,
    pub(crate) admin: bool,
    /// Attributes and functions, as JSON.
    pub(crate) more: String,
    /// Of the state that the form was made of; empty for a new user.
    pub(crate) tag: String,
    pub(crate) problems: Vec<Problem>,
}

impl UserForm {
    fn fields(&self) -> [(&'static str, &str); 7] {
        [
            ("username", &self.username),
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("customer", &self.customer),
            ("groups", &self.groups),
            ("roles", &self.roles),
        ]
    }
}

/// What the page says beside the user as it is.
#[derive(Default)]
pub(crate) struct UserTold {
    /// A link that was just made, this once.
    pub(crate) link: Option<String>,
    /// Why nothing was done.
    pub(crate) notice: Option<String>,
    /// Why the picture was not taken.
    pub(crate) picture_problem: Option<String>,
}

/// One user, or the form of a new one.
#[derive(Template)]
#[template(path = "admin/user.html")]
pub(crate) struct UserPageOf<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) user: Option<&'a UserView>,
    pub(crate) form: &'a UserForm,
    pub(crate) sessions: &'a [SessionView],
    pub(crate) applications: &'a [Application],
    pub(crate) told: &'a UserTold,
}

impl UserPageOf<'_> {
    /// Where a new picture is sent.
    fn picture_action(&self) -> String {
        format!("{}/picture", self.here())
    }

    pub(crate) fn respond(&self) -> Response {
        let status = match (self.form.problems.is_empty(), &self.told.notice) {
            (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, Some(_)) => StatusCode::CONFLICT,
            (true, None) => StatusCode::OK,
        };
        shell_page(status, self)
    }

    fn here(&self) -> String {
        let list = self.shell.path(&endpoint::ADMIN_USERS);
        match self.user {
            Some(user) => format!("{list}/{}", path_segment(&user.entry.username)),
            None => format!("{list}/new"),
        }
    }

    fn problem(&self, member: &str) -> Option<String> {
        let typed = self.form.fields().into_iter().find(|(name, _)| *name == member).map_or("", |(_, typed)| typed);
        at_field(&self.form.problems, member, typed)
    }

    /// Of the members that are typed as JSON.
    fn more_problem(&self) -> Option<String> {
        let is_of_more =
            |problem: &&Problem| ["/attributes", "/functions", "/more"].iter().any(|at| problem.pointer.as_str().starts_with(at));
        let told: Vec<String> = self.form.problems.iter().filter(is_of_more).map(|problem| format!("{problem}.")).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn other_problems(&self) -> Vec<String> {
        let mut others: Vec<Problem> = self.form.problems.clone();
        others.retain(|problem| !["/attributes", "/functions", "/more"].iter().any(|at| problem.pointer.as_str().starts_with(at)));
        elsewhere(&others, &self.form.fields())
    }
}

/// A name as a segment of a path.
pub(crate) fn path_segment(name: &str) -> String {
    // In a path, a space is not a plus.
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The form of an entry, as it was filled in.
#[derive(Default)]
pub(crate) struct EntryForm {
    pub(crate) key: String,
    /// Member and what was typed for it.
    pub(crate) typed: Vec<(&'static str, String)>,
    /// Of the entry that is changed; none for a new one.
    pub(crate) tag: Option<String>,
    pub(crate) problems: Vec<Problem>,
}

/// The entries of a section.
#[derive(Template)]
#[template(path = "admin/entries.html")]
pub(crate) struct EntriesPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) section: Section,
    pub(crate) entries: &'a [EntryView],
    pub(crate) form: &'a EntryForm,
    /// Why nothing was done.
    pub(crate) notice: Option<&'a str>,
}

/// Member, label and hint.
type Column = (&'static str, &'static str, &'static str);

/// Every section, in the order of a document.
pub(crate) const SECTIONS: [Section; 6] =
    [Section::Domains, Section::Customers, Section::Groups, Section::Roles, Section::Functions, Section::Resources];

/// The members of an entry, the key first.
pub(crate) fn members(section: Section) -> &'static [&'static str] {
    match section {
        Section::Domains | Section::Groups => &["shortname", "name"],
        Section::Customers => &["shortname", "name", "domain"],
        Section::Roles => &["name"],
        Section::Functions => &["name", "description"],
        Section::Resources => &["audience", "name", "scopes"],
    }
}

impl EntriesPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        let status = match (self.form.problems.is_empty(), self.notice) {
            (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (true, Some(_)) => StatusCode::CONFLICT,
            (true, None) => StatusCode::OK,
        };
        shell_page(status, self)
    }

    fn here(&self) -> String {
        format!("{}/{}", self.shell.path(&endpoint::ADMIN_DIRECTORY), self.section.name())
    }

    fn told(&self, section: Section) -> (&'static str, &'static str) {
        let texts = &self.shell.frame.texts.directory;
        match section {
            Section::Domains => (texts.domains, texts.domains_lead),
            Section::Customers => (texts.customers, texts.customers_lead),
            Section::Groups => (texts.groups, texts.groups_lead),
            Section::Roles => (texts.roles, texts.roles_lead),
            Section::Functions => (texts.functions, texts.functions_lead),
            Section::Resources => (texts.resources, texts.resources_lead),
        }
    }

    fn title(&self) -> &'static str {
        self.told(self.section).0
    }

    fn lead(&self) -> &'static str {
        self.told(self.section).1
    }

    fn tabs(&self) -> [(&'static str, &'static str, bool); 6] {
        SECTIONS.map(|section| (section.name(), self.told(section).0, section == self.section))
    }

    fn columns(&self) -> Vec<Column> {
        let texts = &self.shell.frame.texts.directory;
        let column = |member: &&'static str| match *member {
            "shortname" => ("shortname", texts.shortname, texts.shortname_hint),
            "domain" => ("domain", texts.domain, texts.domain_hint),
            "description" => ("description", texts.description, texts.display_hint),
            "audience" => ("audience", texts.audience, texts.audience_hint),
            "scopes" => ("scopes", texts.scopes, texts.words_hint),
            _ if self.section.key() == "name" => ("name", texts.name, texts.shortname_hint),
            _ => ("name", texts.name, texts.display_hint),
        };
        members(self.section).iter().map(column).collect()
    }

    /// The parameter that finds the users of an entry, where users can have it.
    fn parameter(&self) -> Option<&'static str> {
        match self.section {
            Section::Groups => Some("group"),
            Section::Roles => Some("role"),
            Section::Functions => Some("function"),
            Section::Customers => Some("customer"),
            Section::Domains | Section::Resources => None,
        }
    }

    /// Columns beside the key.
    fn others(&self) -> Vec<Column> {
        self.columns().split_off(1)
    }

    /// Fields of the form: the key of an entry cannot be changed.
    fn typed(&self) -> Vec<Column> {
        if self.form.tag.is_some() { self.others() } else { self.columns() }
    }

    fn key(&self, entry: &EntryView) -> String {
        Self::value(entry, self.section.key())
    }

    /// What a form shows of a member.
    pub(crate) fn value(entry: &EntryView, member: &str) -> String {
        match &entry.entry[member] {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        }
    }

    fn typed_value(&self, member: &str) -> &str {
        self.form.typed.iter().find(|(name, _)| *name == member).map_or("", |(_, typed)| typed)
    }

    fn problem(&self, member: &str) -> Option<String> {
        at_field(&self.form.problems, member, self.typed_value(member))
    }

    fn other_problems(&self) -> Vec<String> {
        let fields: Vec<(&str, &str)> = self.form.typed.iter().map(|(name, typed)| (*name, typed.as_str())).collect();
        elsewhere(&self.form.problems, &fields)
    }
}
