//! Keycloak, the real one, run beside the server.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::installation::free_port;
use crate::server::Server;
use crate::upstream::{Jar, PostedResponse, sign_in_there};
use crate::{Installation, until};

/// Where Keycloak is, unpacked; `cargo xtask test` sets it.
const FOLDER: &str = "ARGUS_TEST_KEYCLOAK";

/// It takes half a minute to start on a machine with nothing else to do.
const START: Duration = Duration::from_secs(300);

/// A running Keycloak with one realm.
pub struct Keycloak {
    base: String,
    http: Client,
    _server: Server,
    _folder: TempDir,
}

impl Keycloak {
    /// Starts one with a realm `acme`: the users alice and bob in groups.
    ///
    /// # Panics
    /// When it is not there, or does not start.
    pub fn start() -> Self {
        let distribution =
            PathBuf::from(std::env::var_os(FOLDER).unwrap_or_else(|| panic!("{FOLDER} does not name the folder of Keycloak")));
        let folder = TempDir::new().unwrap();
        // A home of its own: the distribution is shared, its data are not.
        let home = folder.path().join("keycloak");
        let copied = Command::new("cp").arg("-a").arg(&distribution).arg(&home).status().unwrap();
        assert!(copied.success(), "{} was not copied", distribution.display());
        std::fs::create_dir_all(home.join("data/import")).unwrap();
        std::fs::write(home.join("data/import/acme.json"), realm().to_string()).unwrap();
        let (port, management) = (free_port(), free_port());
        let mut command = Command::new(home.join("bin/kc.sh"));
        command
            .args(["start", "--optimized", "--import-realm", "--http-enabled=true", "--hostname-strict=false", "--http-host=127.0.0.1"])
            .arg(format!("--http-port={port}"))
            .arg(format!("--http-management-port={management}"))
            .envs([
                ("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx384m"),
                ("KC_BOOTSTRAP_ADMIN_USERNAME", "admin"),
                ("KC_BOOTSTRAP_ADMIN_PASSWORD", "admin"),
            ]);
        let base = format!("http://127.0.0.1:{port}");
        let probe = format!("{base}/realms/acme/protocol/saml/descriptor");
        let server = Server::supervise(&command, &folder.path().join("log"), None, &probe, START);
        Self { base, http: Client::new(), _server: server, _folder: folder }
    }

    /// The realm's SAML metadata.
    pub async fn metadata(&self) -> String {
        let url = format!("{}/realms/acme/protocol/saml/descriptor", self.base);
        self.http.get(url).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    }

    /// The realm's issuer identifier.
    pub fn issuer(&self) -> String {
        format!("{}/realms/acme", self.base)
    }

    async fn administrator(&self) -> String {
        let form = [("grant_type", "password"), ("client_id", "admin-cli"), ("username", "admin"), ("password", "admin")];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.base);
        let answer: Value = self.http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Registers a client of the realm.
    pub async fn register(&self, client: &Value) {
        let url = format!("{}/admin/realms/acme/clients", self.base);
        let request = self.http.post(url).bearer_auth(self.administrator().await).json(client);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Connects it to an installation by SAML. Keycloak reads our metadata itself; `attributes` are settings of its client beside.
    pub async fn connect(&self, argus: &Installation, slug: &str, members: Value, attributes: Value) {
        let mut entry = json!({"slug": slug, "kind": "saml", "name": "Acme (Keycloak)", "metadata": self.metadata().await});
        entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        argus.import(&json!({"upstreamIdps": [entry]}));
        let metadata = until("the connection is served", async || {
            let answer = argus.http().get(&format!("/saml/{slug}/metadata")).await;
            (answer.status == 200).then_some(answer.text)
        })
        .await;
        let url = format!("{}/admin/realms/acme/client-description-converter", self.base);
        let request = self.http.post(url).bearer_auth(self.administrator().await).header("content-type", "application/xml").body(metadata);
        let mut client: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        client["attributes"].as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        client["protocolMappers"] = mappers();
        // Its default scopes bring a role list, one attribute for each role: an attribute that is there several times.
        client["defaultClientScopes"] = json!([]);
        self.register(&client).await;
    }

    /// Connects it to an installation by OpenID Connect, as a client with a secret that has to use PKCE.
    pub async fn connect_by_oidc(&self, argus: &Installation, slug: &str, members: Value) {
        let secret = "a secret of this server at keycloak";
        self.register(&json!({
            "clientId": "argus", "protocol": "openid-connect", "enabled": true, "publicClient": false, "secret": secret,
            "standardFlowEnabled": true, "directAccessGrantsEnabled": false,
            "redirectUris": [format!("{}/oidc/{slug}/callback", argus.issuer())], "attributes": {"pkce.code.challenge.method": "S256"},
            "protocolMappers": [{
                "name": "groups", "protocol": "openid-connect", "protocolMapper": "oidc-group-membership-mapper",
                "config": {"claim.name": "groups", "full.path": "false", "id.token.claim": "false", "userinfo.token.claim": "true"},
            }],
        }))
        .await;
        let mut entry = json!({"slug": slug, "kind": "oidc", "name": "Acme (OpenID Connect)", "issuer": self.issuer(), "clientId": "argus",
            "clientSecret": secret, "scopes": ["openid", "profile", "email"]});
        entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let document = json!({"upstreamIdps": [entry]});
        argus.import(&document);
        assert!(argus.import(&document).stderr.contains("0 new, 0 changed"), "the same document changes nothing");
        until("the connection is served", async || (argus.http().get(&format!("/login/{slug}")).await.status == 303).then_some(())).await;
    }

    /// Where it answers without a request, for the client of that `saml_idp_initiated_sso_url_name`.
    pub fn unsolicited(&self, name: &str) -> Url {
        Url::parse(&format!("{}/realms/acme/protocol/saml/clients/{name}", self.base)).unwrap()
    }

    /// A browser follows a request of ours and signs in; returns the address of ours that it is sent to.
    ///
    /// # Panics
    /// When the sign-in does not end in a redirect.
    pub async fn redirect(&self, request: &Url, username: &str) -> Url {
        sign_in_there(request, username, &mut Jar::new()).await.expect_err("the sign-in ended in a redirect")
    }

    /// A browser follows a request of ours and signs in; returns what it is to post to us.
    ///
    /// # Panics
    /// When the sign-in does not end in a response.
    pub async fn answer(&self, request: &Url, username: &str) -> PostedResponse {
        sign_in_there(request, username, &mut Jar::new()).await.expect("the sign-in ended in a redirect")
    }
}

fn realm() -> Value {
    let user = |name: &str, groups: &[&str]| {
        json!({
            "username": name, "enabled": true, "email": format!("{name}@keycloak.example"), "emailVerified": true,
            "firstName": name, "lastName": "of Keycloak", "groups": groups,
            "credentials": [{"type": "password", "value": format!("{name}-pw"), "temporary": false}],
        })
    };
    json!({
        "realm": "acme", "enabled": true, "sslRequired": "none", "groups": [{"name": "engineering"}, {"name": "sales"}],
        "users": [user("alice", &["/engineering", "/sales"]), user("bob", &["/engineering"])],
    })
}

fn mappers() -> Value {
    let property = |name: &str, of: &str| {
        json!({"name": name, "protocol": "saml", "protocolMapper": "saml-user-property-mapper",
            "config": {"user.attribute": of, "attribute.name": name, "attribute.nameformat": "Basic"}})
    };
    json!([
        property("uid", "username"), property("mail", "email"), property("displayName", "firstName"),
        {"name": "memberOf", "protocol": "saml", "protocolMapper": "saml-group-membership-mapper",
            "config": {"attribute.name": "memberOf", "single": "true", "full.path": "false", "attribute.nameformat": "Basic"}},
    ])
}
