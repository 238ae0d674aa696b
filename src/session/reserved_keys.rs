//! The keys that Pyramid keeps for itself inside the dict.

/// Where the CSRF token stands.
pub(crate) const CSRF_TOKEN: &str = "_csrft_";

const FLASH: &str = "_f_";

/// Where a flash queue stands.
pub(crate) fn flash_queue(queue: &str) -> String {
    [FLASH, queue].concat()
}

/// Whether a key is no key of the user's.
pub(crate) fn is_reserved(key: &str) -> bool {
    key == CSRF_TOKEN || key.starts_with(FLASH)
}
