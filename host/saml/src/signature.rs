//! Signatures: their exact shape first, then their verification, on the same tree.
//!
//! The profile is that of SAML (Core §5.4): enveloped, one reference to the parent by its ID, the enveloped-signature and exclusive
//! canonicalisation transforms and no others. Whatever else XML Signature can express is refused before the library sees it: other
//! transforms compute, other references fetch, and `KeyInfo` names keys. The key is one of those pinned to the connection, always.

use bergshamra::core::algorithm;
use bergshamra::dsig::verify::verify_all_document;
use bergshamra::{DsigContext, KeysManager, VerifyResult};
use uppsala::Document;

use crate::encoding;
use crate::keys::VerificationKey;
use crate::names::{DSIG, DSIG11, EXC_C14N};
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::{Node, root};

/// RSA with SHA-2, RSA-PSS with SHA-2, ECDSA with SHA-2. No SHA-1, no MD5, and no HMAC, whose key would be public.
const SIGNATURES: &[&str] = &[
    algorithm::RSA_SHA256,
    algorithm::RSA_SHA384,
    algorithm::RSA_SHA512,
    algorithm::RSA_PSS_SHA256,
    algorithm::RSA_PSS_SHA384,
    algorithm::RSA_PSS_SHA512,
    algorithm::ECDSA_SHA256,
    algorithm::ECDSA_SHA384,
];
/// Digests, with their length in bytes.
const DIGESTS: &[(&str, usize)] = &[(algorithm::SHA256, 32), (algorithm::SHA384, 48), (algorithm::SHA512, 64)];
/// Each prefix is looked at for each element.
const MAX_PREFIXES: usize = 32;

/// The signature of an element, if it has one; its shape is checked.
pub(crate) fn find<'d, 't>(parent: Node<'d, 't>) -> Result<Option<Node<'d, 't>>, Refusal> {
    let mut signatures = parent.children_named(DSIG, "Signature");
    let signature = signatures.next();
    if signatures.next().is_some() {
        return refuse(Rule::SignaturePosition, "An element has two signatures.");
    }
    if let Some(signature) = signature {
        check_shape(signature, parent.attribute("ID").unwrap_or_default())?;
    }
    Ok(signature)
}

/// Refuses signatures in other places than those given.
pub(crate) fn check_positions(document: &Document<'_>, expected: &[Option<Node<'_, '_>>]) -> Result<(), Refusal> {
    let is_expected = |node: Node<'_, '_>| expected.iter().flatten().any(|signature| signature.id() == node.id());
    // By the local name alone: a signature of another namespace is there to be taken for one.
    match root(document)?.descendants().find(|node| node.name().1 == "Signature" && !is_expected(*node)) {
        Some(_) => refuse(Rule::SignaturePosition, "A signature is neither of the Response nor of the Assertion."),
        None => Ok(()),
    }
}

/// Verifies every signature of a document: `parents` are the signed elements, in document order.
pub(crate) fn verify(document: &Document<'_>, parents: &[(Node<'_, '_>, Node<'_, '_>)], keys: &[VerificationKey]) -> Result<(), Refusal> {
    if keys.is_empty() {
        return refuse(Rule::SigningKey, "The connection has no key to verify signatures with.");
    }
    if parents.is_empty() {
        return Ok(());
    }
    let mut manager = KeysManager::new();
    manager.add_keys(keys.iter().map(|key| key.0.clone()));
    let Ok(results) = verify_all_document(&DsigContext::new(manager), document) else {
        return refuse(Rule::SignatureInvalid, "The signatures cannot be verified.");
    };
    if results.len() != parents.len() {
        return refuse(Rule::SignaturePosition, "The document has signatures in places where none is expected.");
    }
    for (parent, signature) in parents {
        let is_verified = results.iter().any(|result| match result {
            VerifyResult::Valid { signature_node, references, .. } => {
                *signature_node == signature.id()
                    && matches!(&references[..], [reference] if reference.digest_verified && reference.resolved_node == Some(parent.id()))
            }
            VerifyResult::Invalid { .. } => false,
        });
        if !is_verified {
            let (_, name) = parent.name();
            return refuse(Rule::SignatureInvalid, format!("The signature of the {name} does not verify with a key of the connection."));
        }
    }
    Ok(())
}

fn check_shape(signature: Node<'_, '_>, parent_id: &str) -> Result<(), Refusal> {
    check_attributes(signature, &["Id"])?;
    let parts: Vec<_> = signature.children().collect();
    let (signed_info, value) = match parts[..] {
        [signed_info, value] => (signed_info, value),
        [signed_info, value, key_info] if key_info.is(DSIG, "KeyInfo") => {
            check_key_info(key_info)?;
            (signed_info, value)
        }
        _ => return shape("A signature is not made of SignedInfo, SignatureValue and KeyInfo."),
    };
    if !signed_info.is(DSIG, "SignedInfo") || !value.is(DSIG, "SignatureValue") {
        return shape("A signature is not made of SignedInfo, SignatureValue and KeyInfo.");
    }
    check_attributes(value, &["Id"])?;
    if value.text().as_deref().and_then(encoding::decode).is_none() {
        return shape("A SignatureValue is not base64.");
    }
    check_attributes(signed_info, &["Id"])?;
    let parts: Vec<_> = signed_info.children().collect();
    let [canonicalization, method, reference] = parts[..] else {
        return shape("A SignedInfo has not exactly one CanonicalizationMethod, SignatureMethod and Reference.");
    };
    if !canonicalization.is(DSIG, "CanonicalizationMethod") || !method.is(DSIG, "SignatureMethod") || !reference.is(DSIG, "Reference") {
        return shape("A SignedInfo has not exactly one CanonicalizationMethod, SignatureMethod and Reference.");
    }
    check_exclusive_c14n(canonicalization)?;
    check_attributes(method, &["Algorithm"])?;
    if !SIGNATURES.contains(&method.attribute("Algorithm").unwrap_or_default()) {
        return refuse(Rule::SignatureAlgorithm, "A signature algorithm is not one of those that are allowed.");
    }
    check_empty(method)?;
    check_reference(reference, parent_id)
}

fn check_reference(reference: Node<'_, '_>, parent_id: &str) -> Result<(), Refusal> {
    check_attributes(reference, &["Id", "URI", "Type"])?;
    let target = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    if parent_id.is_empty() || target != Some(parent_id) {
        return refuse(Rule::SignatureReference, "A signature does not refer to the ID of its parent.");
    }
    let parts: Vec<_> = reference.children().collect();
    let [transforms, method, value] = parts[..] else {
        return shape("A Reference has not exactly Transforms, DigestMethod and DigestValue.");
    };
    if !transforms.is(DSIG, "Transforms") || !method.is(DSIG, "DigestMethod") || !value.is(DSIG, "DigestValue") {
        return shape("A Reference has not exactly Transforms, DigestMethod and DigestValue.");
    }
    check_attributes(transforms, &[])?;
    let parts: Vec<_> = transforms.children().collect();
    let [enveloped, c14n] = parts[..] else {
        return refuse(Rule::SignatureAlgorithm, "The transforms are not enveloped-signature and exclusive canonicalisation.");
    };
    if !enveloped.is(DSIG, "Transform") || !c14n.is(DSIG, "Transform") {
        return shape("Transforms has something other than Transform.");
    }
    check_attributes(enveloped, &["Algorithm"])?;
    if enveloped.attribute("Algorithm") != Some(algorithm::ENVELOPED_SIGNATURE) {
        return refuse(Rule::SignatureAlgorithm, "The first transform is not enveloped-signature.");
    }
    check_empty(enveloped)?;
    check_exclusive_c14n(c14n)?;
    check_attributes(method, &["Algorithm"])?;
    check_empty(method)?;
    let digest = method.attribute("Algorithm").unwrap_or_default();
    let Some((_, bytes)) = DIGESTS.iter().find(|(name, _)| *name == digest) else {
        return refuse(Rule::SignatureAlgorithm, "A digest algorithm is not one of those that are allowed.");
    };
    check_attributes(value, &[])?;
    match value.text().as_deref().and_then(encoding::decode) {
        Some(value) if value.len() == *bytes => Ok(()),
        _ => shape("A DigestValue is not the base64 of a digest."),
    }
}

/// Exclusive canonicalisation without comments, with prefixes to be treated as inclusive at most.
fn check_exclusive_c14n(node: Node<'_, '_>) -> Result<(), Refusal> {
    check_attributes(node, &["Algorithm"])?;
    if node.attribute("Algorithm") != Some(algorithm::EXC_C14N) {
        return refuse(Rule::SignatureAlgorithm, "Something is canonicalised otherwise than by exclusive canonicalisation.");
    }
    let parts: Vec<_> = node.children().collect();
    match parts[..] {
        [] => check_empty(node),
        [prefixes] if prefixes.is(EXC_C14N, "InclusiveNamespaces") => {
            check_attributes(prefixes, &["PrefixList"])?;
            check_empty(prefixes)?;
            if prefixes.attribute("PrefixList").unwrap_or_default().split_whitespace().count() > MAX_PREFIXES {
                return refuse(Rule::Limits, "A PrefixList has too many prefixes.");
            }
            Ok(())
        }
        _ => shape("Exclusive canonicalisation has a parameter that it does not know."),
    }
}

/// KeyInfo is a hint, and not followed. What would have to be fetched or decrypted is not even read over.
fn check_key_info(key_info: Node<'_, '_>) -> Result<(), Refusal> {
    check_attributes(key_info, &["Id"])?;
    let is_known = |node: Node<'_, '_>| match node.name() {
        (DSIG, name) => matches!(name, "KeyName" | "KeyValue" | "X509Data"),
        (DSIG11, name) => name == "DEREncodedKeyValue",
        _ => false,
    };
    if key_info.children().all(is_known) { Ok(()) } else { shape("A KeyInfo refers to a key instead of giving it.") }
}

fn check_attributes(node: Node<'_, '_>, allowed: &[&str]) -> Result<(), Refusal> {
    if node.attributes().all(|(namespace, name, _)| namespace.is_none() && allowed.contains(&name)) {
        Ok(())
    } else {
        shape("An element of a signature has an attribute that it should not have.")
    }
}

fn check_empty(node: Node<'_, '_>) -> Result<(), Refusal> {
    match node.text() {
        Some(text) if text.trim().is_empty() => Ok(()),
        _ => shape("An algorithm of a signature has a parameter that it does not take."),
    }
}

fn shape<T>(reason: &str) -> Result<T, Refusal> {
    refuse(Rule::SignatureShape, reason)
}
