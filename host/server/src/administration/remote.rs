//! The API of a server over the network, with an access token (RFC 6750).

use anyhow::{Context, Result};
use argus_domain::secret::Secret;
use argus_protocol::settings::Issuer;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use axum::http::{Request, Response, StatusCode};

use super::{BASE, Call};
use crate::https::Https;
use crate::sign_in::Credential;

/// A server and what lets this program in.
pub(super) struct Remote {
    pub(super) server: Issuer,
    pub(super) https: Https,
    pub(super) credential: Credential,
}

impl Remote {
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Response<Body>> {
        let token = self.credential.access_token(&self.https).await?;
        let response = self.https.send(self.request(call, &token)?).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // The token has been revoked, or its sign-in ended, before its time.
        match self.credential.instead_of(&token, &self.https).await? {
            Some(next) => self.https.send(self.request(call, &next)?).await,
            None => Ok(response),
        }
    }

    fn request(&self, call: &Call<'_>, token: &Secret) -> Result<Request<Body>> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose())).context("the access token is no token")?;
        authorization.set_sensitive(true);
        let mut request = Request::new(Body::from(call.body.clone()));
        request.method_mut().clone_from(&call.method);
        *request.uri_mut() = self.server.url(&format!("{BASE}{}", call.path)).parse().context("the path is none")?;
        request.headers_mut().clone_from(&call.headers);
        request.headers_mut().insert(AUTHORIZATION, authorization);
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(concat!("argus/", env!("CARGO_PKG_VERSION"))));
        Ok(request)
    }
}
