//! Provides HTTPS for a site on this machine, with a new certificate, a home for the browser that trusts it, and nginx.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::folder::Folder;
use crate::common::programs::installed;

pub struct Https {
    nginx: Child,
    address: SocketAddr,
    second: SocketAddr,
    folder: Folder,
}

impl Https {
    /// Returns `None` if a required program is not installed. The second server takes over when the first one stops.
    pub fn start([first, second]: [SocketAddr; 2]) -> Option<Self> {
        let nginx = installed("nginx", "nginx-light")?;
        let openssl = installed("openssl", "openssl")?;
        let certutil = installed("certutil", "libnss3-tools")?;
        let folder = Folder::new();
        make_certificate(&openssl, folder.path());
        trust_it(&certutil, folder.path());
        let address = free_address();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let configuration = include_str!("nginx.conf")
            .replace("@folder@", &folder.path().display().to_string())
            .replace("@address@", &address.to_string())
            .replace("@first@", &first.to_string())
            .replace("@second@", &second.to_string());
        fs::write(at("nginx.conf"), configuration).expect("it can be written");
        let mut nginx = Command::new(nginx);
        nginx.arg("-p").arg(folder.path()).args(["-c", &at("nginx.conf"), "-e", &at("error.log")]);
        let nginx = nginx.spawn().expect("nginx starts");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "nginx does not listen");
            sleep(Duration::from_millis(10));
        }
        Some(Self { nginx, address, second, folder })
    }

    /// Returns a home for a browser that trusts the site's certificate.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    pub fn second(&self) -> SocketAddr {
        self.second
    }

    pub fn page(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.address.port())
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        // It is one process, without a master.
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// Returns an address that is not in use.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address")
}

fn make_certificate(openssl: &PathBuf, folder: &Path) {
    let mut command = Command::new(openssl);
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    command.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:other.test"]);
    command.args(["-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "key.pem", "-out", "cert.pem"]);
    run(command.current_dir(folder));
}

/// Adds a certificate to the database in a home, which Chromium uses on Linux.
pub fn trust_it(certutil: &PathBuf, home: &Path) {
    fs::create_dir_all(home.join(".pki/nssdb")).expect("it can be made");
    let certutil = |arguments: &[&str]| {
        run(Command::new(certutil).args(arguments).args(["-d", "sql:.pki/nssdb"]).current_dir(home));
    };
    certutil(&["-N", "--empty-password"]);
    certutil(&["-A", "-t", "C,,", "-n", "the tests' own", "-i", "cert.pem"]);
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("it can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
