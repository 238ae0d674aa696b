//! Secrets are wiped: after they are dropped, their bytes are nowhere in the process.

#![cfg(target_os = "linux")]

use http::HeaderMap;
use signed_cookie_session::{Secret, Secrets, SignedCookieFactory};

/// Searches the memory of this process for bytes. The caller passes them in a changed form, so that the search itself
/// does not contain them.
fn in_memory(changed: &[u8]) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    const PAGE: usize = 4096;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    maps.lines().filter(|map| map.split(' ').nth(1).is_some_and(|may| may.starts_with("rw"))).any(|map| {
        let (start, end) = map.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut region = vec![0; (end - start) as usize];
        memory.seek(SeekFrom::Start(start)).unwrap();
        // Some regions belong to the kernel, and most of the others are empty.
        let found = memory.read_exact(&mut region).is_ok()
            && (0..region.len()).step_by(PAGE).any(|page| {
                let page = &region[page..region.len().min(page + PAGE + changed.len())];
                page.contains(&!changed[0])
                    && page
                        .windows(changed.len())
                        .any(|bytes| bytes.iter().zip(changed).all(|(one, other)| *one == !other))
            });
        // A copy that the search itself made must not be found by the next one.
        zeroize::Zeroize::zeroize(&mut region);
        found
    })
}

#[test]
fn a_dropped_secret_is_nowhere_in_memory() {
    // Longer than the hash's block, so that HMAC itself keeps only a hash of it.
    let changed: Vec<u8> = (0..200_u32).map(|at| (at * at * 7 + at * 13 + 5) as u8).collect();
    let needle = &changed[8..40];
    let plain = || changed.iter().map(|byte| !byte).collect::<Vec<u8>>();
    let wipe = |mut bytes: Vec<u8>| zeroize::Zeroize::zeroize(&mut bytes);

    let bytes = plain();
    let secret = Secret::new(&bytes).unwrap();
    wipe(bytes);
    assert!(in_memory(needle), "the secret is still held, so the search must find it");
    let sessions = SignedCookieFactory::new(Secrets::new(secret.clone()).verify_only(secret.clone()));
    let session = sessions.load(&HeaderMap::new());
    session.insert("user", "ada").unwrap();
    let value = sessions.encode(&session).unwrap();
    assert!(sessions.decode(&value).is_ok());
    drop(secret);
    assert!(!in_memory(needle), "a factory that is built no longer needs the secret");
}
