//! The reserved keys: Pyramid's, which the methods of the dict show, and this library's own, which they do not show.

use crate::format::record::LIFETIME;

/// The key of the CSRF token.
pub(crate) const CSRF_TOKEN: &str = "_csrft_";

const FLASH: &str = "_f_";

/// Returns the key of a flash queue.
pub(crate) fn flash_queue(queue: &str) -> String {
    [FLASH, queue].concat()
}

/// Returns the name of the flash queue that a key holds, if it holds one.
#[cfg(feature = "flask")]
pub(crate) fn queue_of(key: &str) -> Option<&str> {
    key.strip_prefix(FLASH)
}

/// Returns whether a key is hidden from the methods of the dict.
pub(crate) fn is_hidden(key: &str) -> bool {
    #[cfg(feature = "device-bound")]
    if key == crate::format::record::BOUND {
        return true;
    }
    key == LIFETIME
}

/// Returns whether a key belongs to flash messages or the CSRF token.
pub(crate) fn is_reserved(key: &str) -> bool {
    key == CSRF_TOKEN || key.starts_with(FLASH)
}
