//! Sign-ins against a server that hands out numbered tokens, each refresh token good for one use.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use argus_domain::Timestamp;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::form_urlencoded;

use super::*;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);

/// The server: the refresh token it takes next, and what it was asked.
#[derive(Default)]
struct Fake {
    valid: Mutex<String>,
    refreshes: AtomicUsize,
    revoked: Mutex<Vec<String>>,
}

impl Fake {
    async fn answer(&self, issuer: &str, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
        let parameter =
            |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap();
        match path.as_str() {
            "/.well-known/openid-configuration" => Json(json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
                "revocation_endpoint": format!("{issuer}/revoke"),
            }))
            .into_response(),
            "/token" => {
                let mut valid = self.valid.lock().unwrap();
                if parameter("refresh_token") != *valid {
                    return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
                }
                let n = self.refreshes.fetch_add(1, Ordering::Relaxed) + 1;
                *valid = format!("refresh{n}");
                let granted =
                    json!({"access_token": format!("access{n}"), "token_type": "Bearer", "expires_in": 300, "refresh_token": *valid});
                Json(granted).into_response()
            }
            "/revoke" => {
                self.revoked.lock().unwrap().push(parameter("token"));
                StatusCode::OK.into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

struct Setting {
    fake: Arc<Fake>,
    server: Issuer,
    home: TempDir,
    clock: Clock,
    https: Https,
}

impl Setting {
    /// A server that takes the refresh token `refresh0`, and a sign-in that has it and an access token for five minutes.
    async fn signed_in() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let fake = Arc::new(Fake { valid: Mutex::new("refresh0".to_owned()), ..Fake::default() });
        let (answering, name) = (Arc::clone(&fake), issuer.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (fake, issuer) = (Arc::clone(&answering), name.clone());
            async move { fake.answer(&issuer, request).await }
        });
        tokio::spawn(axum::serve(listener, router).into_future());
        let setting = Self {
            fake,
            server: crate::https::server(&issuer).unwrap(),
            home: tempfile::tempdir().unwrap(),
            clock: Clock::manual(NOW),
            https: Https::new().unwrap(),
        };
        let tokens = Tokens {
            access_token: Secret::new("access0"),
            expires_at: NOW.unix_seconds() + 300,
            refresh_token: Some(Secret::new("refresh0")),
        };
        setting.session().store.lock().await.unwrap().set(&issuer, Some(tokens)).unwrap();
        setting
    }

    /// As another command would have it.
    fn session(&self) -> Session {
        Session {
            server: self.server.clone(),
            store: TokenStore::in_folder(self.home.path().join("argus")),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
        }
    }

    async fn current(&self, refused: Option<&str>) -> Option<String> {
        let token = self.session().current(refused.map(Secret::new).as_ref(), &self.https).await.unwrap();
        token.map(|token| token.expose().to_owned())
    }

    fn refreshes(&self) -> usize {
        self.fake.refreshes.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn an_access_token_is_used_until_it_is_about_to_end() {
    let setting = Setting::signed_in().await;
    assert_eq!(setting.current(None).await.as_deref(), Some("access0"));
    setting.clock.advance(Duration::from_secs(271));
    assert_eq!(setting.current(None).await.as_deref(), Some("access1"));
    assert_eq!(setting.current(None).await.as_deref(), Some("access1"));
    assert_eq!(setting.refreshes(), 1);
}

#[tokio::test]
async fn a_token_the_server_refuses_is_refreshed_whatever_the_clock_says() {
    let setting = Setting::signed_in().await;
    assert_eq!(setting.current(Some("access0")).await.as_deref(), Some("access1"));
    assert_eq!(setting.current(Some("access0")).await.as_deref(), Some("access1"), "somebody else has refreshed already");
    assert_eq!(setting.refreshes(), 1);
}

/// The server takes each refresh token once: a second use would be a theft.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commands_at_once_refresh_once() {
    let setting = Arc::new(Setting::signed_in().await);
    setting.clock.advance(Duration::from_secs(300));
    let commands: Vec<_> = (0..8)
        .map(|_| {
            let setting = Arc::clone(&setting);
            tokio::spawn(async move { setting.current(None).await })
        })
        .collect();
    for command in commands {
        assert_eq!(command.await.unwrap().as_deref(), Some("access1"));
    }
    assert_eq!(setting.refreshes(), 1);
}

#[tokio::test]
async fn a_dead_refresh_token_is_forgotten() {
    let setting = Setting::signed_in().await;
    *setting.fake.valid.lock().unwrap() = "another".to_owned();
    setting.clock.advance(Duration::from_secs(300));
    assert_eq!(setting.current(None).await, None);
    assert!(setting.session().store.read().unwrap().is_empty());
}

#[tokio::test]
async fn signing_out_revokes_and_forgets() {
    let setting = Setting::signed_in().await;
    assert!(setting.session().sign_out(&setting.https).await.unwrap());
    assert_eq!(*setting.fake.revoked.lock().unwrap(), ["refresh0"]);
    assert!(!setting.session().sign_out(&setting.https).await.unwrap());
}
