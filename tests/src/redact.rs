//! Snapshots of what changes from run to run: its shape is checked, then it is replaced by its name.

use serde_json::{Value, json};

use crate::jwt::{self, Verified};

/// A verified token, ready for a snapshot.
///
/// # Panics
/// When a volatile member does not have its shape.
#[track_caller]
pub fn token(token: &Verified, issuer: &str) -> Value {
    let mut header = token.header.clone();
    hide(&mut header, "kid", |kid| kid.as_str().is_some_and(|kid| kid.len() >= 8));
    json!({"header": header, "claims": claims(&token.claims, issuer)})
}

/// Claims, ready for a snapshot.
///
/// # Panics
/// When a volatile claim does not have its shape.
#[track_caller]
pub fn claims(claims: &Value, issuer: &str) -> Value {
    let mut claims = claims.clone();
    let now = jwt::now();
    let about_now = |time: &Value| time.as_u64().is_some_and(|time| (now.saturating_sub(300)..=now).contains(&time));
    if let (Some(iat), Some(exp)) = (claims["iat"].as_u64(), claims["exp"].as_u64()) {
        let lifetime = exp - iat;
        claims["exp"] = format!("[iat + {lifetime}]").into();
    }
    hide(&mut claims, "iat", about_now);
    hide(&mut claims, "auth_time", about_now);
    hide(&mut claims, "iss", |value| value == issuer);
    hide(&mut claims, "sub", |value| value.as_str().is_some_and(is_uuid));
    hide(&mut claims, "sid", |value| value.as_str().is_some_and(is_uuid));
    hide(&mut claims, "jti", |value| value.as_str().is_some_and(|text| text.len() >= 22 && is_base64url(text)));
    hide(&mut claims, "nonce", |value| value.as_str().is_some_and(|text| !text.is_empty()));
    hide(&mut claims, "at_hash", |value| value.as_str().is_some_and(|text| text.len() == 22 && is_base64url(text)));
    let picture = format!("{issuer}/pictures/");
    hide(&mut claims, "picture", |value| {
        value.as_str().and_then(|url| url.strip_prefix(&picture)).is_some_and(|key| key.len() >= 22 && is_base64url(key))
    });
    replace_issuer(&mut claims["aud"], issuer);
    if claims["aud"].is_null() {
        claims.as_object_mut().unwrap().remove("aud");
    }
    claims
}

#[track_caller]
fn hide(object: &mut Value, member: &str, has_shape: impl Fn(&Value) -> bool) {
    if let Some(value) = object.get_mut(member) {
        assert!(has_shape(value), "{member}: {value}");
        *value = format!("[{member}]").into();
    }
}

fn replace_issuer(audience: &mut Value, issuer: &str) {
    match audience {
        Value::Array(several) => several.iter_mut().for_each(|one| replace_issuer(one, issuer)),
        one if one == issuer => *one = "[iss]".into(),
        _ => {}
    }
}

/// Whether a text is a UUID in its canonical form.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// Whether a text has characters of base64url only.
pub fn is_base64url(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
