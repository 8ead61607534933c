//! Pictures of users, behind an unguessable path segment: any page can show one, nobody can list them.

use std::borrow::Cow;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::ids::{SubjectIdentifier, UserId};
use argus_storage::{StorageError, users};

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::{Argus, RequestMeta};
use crate::directory::users::find;
use crate::session::SignedIn;

/// The largest picture.
pub const MAX_PICTURE_BYTES: usize = 256 * 1024;

/// A kind of image: its media type, and what files of it begin with. Drawings that may hold scripts, such as SVG, are none.
type Image = (&'static str, fn(&[u8]) -> bool);

const IMAGES: [Image; 3] = [
    ("image/png", |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", |bytes| bytes.starts_with(b"\xff\xd8\xff")),
    ("image/webp", |bytes| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")),
];

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its media type.
    pub content_type: Cow<'static, str>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The picture behind a key: the user's own, or the user's initials on a colour.
pub async fn picture(argus: &Argus, key: &str) -> Result<Option<Picture>, StorageError> {
    let stored = users::picture_by_key(&mut *argus.store().read().await?, key).await?;
    Ok(stored.map(|stored| match stored.image {
        Some((content_type, bytes)) => Picture { content_type: content_type.into(), bytes },
        None => Picture { content_type: "image/svg+xml".into(), bytes: initials(&stored.name, key).into_bytes() },
    }))
}

/// Gives somebody who is signed in another picture, or with no bytes none.
pub async fn set_own(argus: &Argus, user: &SignedIn, bytes: Vec<u8>, meta: &RequestMeta) -> Result<(), AdministrationError> {
    let event = AuditEvent::new(argus.now(), AuditEventKind::UserChanged, &*meta.correlation_id)
        .by(format!("user:{}", user.subject))
        .address(meta.address.as_deref());
    store(argus, user.user, &user.subject, bytes, event).await
}

/// Gives a user another picture, or with no bytes none.
#[tracing::instrument(name = "picture.set", skip_all)]
pub async fn set(argus: &Argus, username: &str, bytes: Vec<u8>, by: &Administrator) -> Result<(), AdministrationError> {
    let user = find(argus, username).await?;
    store(argus, user.id, &user.subject, bytes, by.event(argus, AuditEventKind::UserChanged)).await
}

async fn store(
    argus: &Argus,
    user: UserId,
    subject: &SubjectIdentifier,
    bytes: Vec<u8>,
    event: AuditEvent,
) -> Result<(), AdministrationError> {
    let content_type = if bytes.is_empty() { None } else { Some(check(&bytes)?) };
    let event = event.subject(subject.as_str()).with("picture", content_type.unwrap_or("removed"));
    argus
        .store()
        .write(move |tx| {
            let (bytes, event) = (bytes.clone(), event.clone());
            Box::pin(async move {
                match content_type {
                    Some(content_type) => users::set_picture(tx, user, content_type, &bytes).await?,
                    // Whoever has none is not changed.
                    None if !users::delete_picture(tx, user).await? => return Ok(()),
                    None => {}
                }
                tx.audit(&event).await
            })
        })
        .await?;
    Ok(())
}

/// The media type of an image, by what is in it: what it is called proves nothing.
fn check(bytes: &[u8]) -> Result<&'static str, AdministrationError> {
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(AdministrationError::refused(format!("a picture has at most {} KiB", MAX_PICTURE_BYTES / 1024)));
    }
    let image = IMAGES.iter().find(|(_, begins)| begins(bytes));
    image.map(|(content_type, _)| *content_type).ok_or_else(|| AdministrationError::refused("a picture is a PNG, JPEG or WebP image"))
}

fn initials(name: &str, key: &str) -> String {
    let letters: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    let hue = key.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 360);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\" width=\"96\" height=\"96\"><rect width=\"96\" height=\"96\" \
         fill=\"hsl({hue} 45% 40%)\"/><text x=\"48\" y=\"48\" dy=\".35em\" text-anchor=\"middle\" font-family=\"sans-serif\" \
         font-size=\"38\" fill=\"#fff\">{letters}</text></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_letters_only() {
        assert!(initials("alice <b>", "k").contains(">AB</text>"));
        assert!(initials("& <", "k").contains("></text>"));
    }
}
