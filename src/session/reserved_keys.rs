//! The keys that are not the user's: Pyramid's own, which everybody may see, and ours, which no method shows.

use crate::format::record::LIFETIME;

/// Where the CSRF token stands.
pub(crate) const CSRF_TOKEN: &str = "_csrft_";

const FLASH: &str = "_f_";

/// Where a flash queue stands.
pub(crate) fn flash_queue(queue: &str) -> String {
    [FLASH, queue].concat()
}

/// The queue that stands under a key, if one does.
#[cfg(feature = "flask")]
pub(crate) fn queue_of(key: &str) -> Option<&str> {
    key.strip_prefix(FLASH)
}

/// Whether no method of the dict may show or change a key.
pub(crate) fn is_hidden(key: &str) -> bool {
    #[cfg(feature = "device-bound")]
    if key == crate::format::record::BOUND {
        return true;
    }
    key == LIFETIME
}

/// Whether a key belongs to flash messages or the CSRF token.
pub(crate) fn is_reserved(key: &str) -> bool {
    key == CSRF_TOKEN || key.starts_with(FLASH)
}
