//! The claim providers Argus ships: component files like any other, embedded so that one binary is a complete installation.

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Name and bytes of each built-in provider.
///
/// They go the way of every component: by their digest, through the compiler's cache, in the sandbox.
pub static COMPONENTS: &[(&str, &[u8])] = &[("userGroups", USER_GROUPS), ("functionRoleMapping", FUNCTION_ROLE_MAPPING)];

/// The bytes of a built-in provider.
pub fn component(name: &str) -> Option<&'static [u8]> {
    COMPONENTS.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}
