//! `/admin/users`: users by name, and one of them.

use argus_domain::document::read_text;
use argus_domain::{Pointer, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::failed;
use crate::api::users::filter;
use crate::app::App;
use crate::console::Instead;
use crate::console::upload::{AdministratorUpload, VisitorUpload, chosen_picture};
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::form::Query;
use crate::front::redirect::see_other;
use crate::pages::{Section, Shell, UserForm, UserPageOf, UserTold, UsersPage, path_segment};
use crate::protocol::directory::sessions;
use crate::protocol::directory::users::{self, UserView};
use crate::protocol::{AdministrationError, Administrator, Params, applications, one_time_link, picture};
use crate::refusal::Refusal;

/// Members that the form has as JSON.
const MORE: [&str; 2] = ["attributes", "functions"];

pub(crate) async fn list(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    let filter = filter(&query);
    let page = users::list(app.argus(), filter, query.get("after"), users::DEFAULT_LIMIT).await;
    let page = page.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let page = UsersPage { shell: Shell::new(app.frame(), &visitor, Section::Users), filter, page: &page }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn new(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let form = UserForm { more: "{\n}".to_owned(), ..UserForm::default() };
    Ok(show_new(&app, visitor, &form))
}

fn show_new(app: &App, visitor: Visitor, form: &UserForm) -> Response {
    let shell = Shell::new(app.frame(), &visitor, Section::Users);
    let page = UserPageOf { shell, user: None, form, sessions: &[], applications: &[], told: &UserTold::default() }.respond();
    visitor.show(page)
}

pub(crate) async fn create(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let by = visitor.recent_administrator(&app, &format!("{}{}", app.base(), endpoint::ADMIN_NEW_USER.path))?;
    let mut form = read(&params);
    let created = match members(&form) {
        Ok(mut members) => {
            members.insert("username".to_owned(), json!(form.username));
            users::create(app.argus(), members, &by).await
        }
        Err(problem) => Err(refused(problem)),
    };
    match created {
        Ok(user) => {
            let link = one_time_link::for_user(app.argus(), &user.entry.username, &by).await;
            let link = link.map_err(|error| failed(&app, &visitor.meta, &error))?;
            show(&app, visitor, &user.entry.username, None, UserTold { link: Some(link.url), ..UserTold::default() }).await
        }
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            form.problems = problems;
            Ok(show_new(&app, visitor, &form))
        }
        Err(AdministrationError::Conflict(reason)) => {
            form.problems = vec![Problem::new(Pointer::root().join("username"), reason)];
            Ok(show_new(&app, visitor, &form))
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

fn refused(problem: Problem) -> AdministrationError {
    AdministrationError::problems("", vec![problem])
}

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(username): Path<String>) -> Result<Response, Instead> {
    visitor.administrator()?;
    show(&app, visitor, &username, None, UserTold::default()).await
}

/// The user as it is, with the form as it was typed or as the user is.
async fn show(app: &App, visitor: Visitor, username: &str, form: Option<UserForm>, told: UserTold) -> Result<Response, Instead> {
    let failed = |error| failed(app, &visitor.meta, &error);
    let user = users::show(app.argus(), username).await.map_err(failed)?;
    let sessions = sessions::list(app.argus(), username).await.map_err(failed)?;
    let applications = applications::list_of(app.argus(), &user.sub).await.map_err(|error| failed(error.into()))?;
    let form = form.unwrap_or_else(|| form_of(&user));
    let shell = Shell::new(app.frame(), &visitor, Section::Users);
    let page = UserPageOf { shell, user: Some(&user), form: &form, sessions: &sessions, applications: &applications, told: &told };
    let page = page.respond();
    Ok(visitor.show(page))
}

fn form_of(user: &UserView) -> UserForm {
    let entry = &user.entry;
    let mut more = match serde_json::to_value(entry) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    more.retain(|member, _| MORE.contains(&member.as_str()));
    UserForm {
        username: entry.username.clone(),
        name: entry.name.clone(),
        email: entry.email.clone().unwrap_or_default(),
        email_verified: entry.email_verified,
        phone: entry.phone.clone().unwrap_or_default(),
        phone_verified: entry.phone_verified,
        customer: entry.customer.clone().unwrap_or_default(),
        groups: entry.groups.join("\n"),
        roles: entry.roles.join("\n"),
        admin: entry.admin,
        more: serde_json::to_string_pretty(&more).unwrap_or_default(),
        tag: user.tag.clone(),
        problems: Vec::new(),
    }
}

fn read(params: &Params) -> UserForm {
    let text = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    let flag = |name: &str| params.get(name) == Some("true");
    UserForm {
        username: text("username"),
        name: text("name"),
        email: text("email"),
        email_verified: flag("emailVerified"),
        phone: text("phone"),
        phone_verified: flag("phoneVerified"),
        customer: text("customer"),
        groups: text("groups"),
        roles: text("roles"),
        admin: flag("admin"),
        more: text("more"),
        tag: text("tag"),
        problems: Vec::new(),
    }
}

/// Everything that the form says of a user but the user name; `null` for what it leaves empty.
fn members(form: &UserForm) -> Result<Map<String, Value>, Problem> {
    let more: Map<String, Value> = read_text(&form.more).map_err(|problem| problem.within(&Pointer::root().join("more")))?;
    if let Some(other) = more.keys().find(|member| !MORE.contains(&member.as_str())) {
        return Err(Problem::new(Pointer::root().join("more").join(other), "is neither attributes nor functions"));
    }
    let optional = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let names = |text: &str| json!(text.lines().map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>());
    let mut members = Map::from_iter(
        [
            ("name", json!(form.name)),
            ("email", optional(&form.email)),
            ("emailVerified", json!(form.email_verified)),
            ("phone", optional(&form.phone)),
            ("phoneVerified", json!(form.phone_verified)),
            ("customer", optional(&form.customer)),
            ("groups", names(&form.groups)),
            ("roles", names(&form.roles)),
            ("admin", json!(form.admin)),
            ("attributes", Value::Null),
            ("functions", json!([])),
        ]
        .map(|(member, value)| (member.to_owned(), value)),
    );
    members.extend(more);
    Ok(members)
}

/// Another picture, or with no file none.
pub(crate) async fn set_picture(
    State(app): State<App>,
    Path(username): Path<String>,
    AdministratorUpload(VisitorUpload { visitor, params, file }): AdministratorUpload,
) -> Result<Response, Instead> {
    let page = format!("{}{}/{}", app.base(), endpoint::ADMIN_USERS.path, path_segment(&username));
    let by = visitor.recent_administrator(&app, &page)?;
    let problem = match chosen_picture(&params, file) {
        None => app.frame().texts.account.picture_none.to_owned(),
        Some(bytes) => match picture::set(app.argus(), &username, bytes, &by).await {
            Ok(()) => return Ok(see_other(&page)),
            Err(AdministrationError::Refused { detail, .. }) => detail,
            Err(error) => return Err(failed(&app, &visitor.meta, &error).into()),
        },
    };
    show(&app, visitor, &username, None, UserTold { picture_problem: Some(problem), ..UserTold::default() }).await
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(username): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let page = format!("{}{}/{}", app.base(), endpoint::ADMIN_USERS.path, path_segment(&username));
    let by = visitor.recent_administrator(&app, &page)?;
    let argus = app.argus();
    let tag = params.get("tag").unwrap_or_default();
    let switch = |enabled: bool| Map::from_iter([("enabled".to_owned(), Value::Bool(enabled))]);
    let done = match params.get("action") {
        Some("save") => return save(&app, visitor, &username, UserForm { username: username.clone(), ..read(&params) }, &by).await,
        Some("enable") => users::change(argus, &username, tag, switch(true), &by).await.map(drop),
        Some("disable") => users::change(argus, &username, tag, switch(false), &by).await.map(drop),
        Some("sign_out") => sessions::end_all(argus, &username, &by).await,
        Some("delete") => match users::delete(argus, &username, tag, &by).await {
            Ok(()) => return Ok(see_other(&format!("{}{}", app.base(), endpoint::ADMIN_USERS.path))),
            Err(error) => Err(error),
        },
        Some("reset") => match one_time_link::for_user(argus, &username, &by).await {
            Ok(link) => return show(&app, visitor, &username, None, UserTold { link: Some(link.url), ..UserTold::default() }).await,
            Err(error) => Err(error),
        },
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&page)),
        Err(error @ (AdministrationError::Conflict(_) | AdministrationError::Outdated)) => {
            show(&app, visitor, &username, None, UserTold { notice: Some(error.to_string()), ..UserTold::default() }).await
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

async fn save(app: &App, visitor: Visitor, username: &str, mut form: UserForm, by: &Administrator) -> Result<Response, Instead> {
    let changed = match members(&form) {
        Ok(members) => users::change(app.argus(), username, &form.tag, members, by).await,
        Err(problem) => Err(refused(problem)),
    };
    let told = match changed {
        Ok(_) => return Ok(see_other(&format!("{}{}/{}", app.base(), endpoint::ADMIN_USERS.path, path_segment(username)))),
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            form.problems = problems;
            UserTold::default()
        }
        // What was typed stays in the form.
        Err(error @ (AdministrationError::Conflict(_) | AdministrationError::Outdated)) => {
            UserTold { notice: Some(error.to_string()), ..UserTold::default() }
        }
        Err(error) => return Err(failed(app, &visitor.meta, &error).into()),
    };
    show(app, visitor, username, Some(form), told).await
}
