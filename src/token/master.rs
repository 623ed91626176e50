//! Master keys: the few secrets that everything else hangs on, and where they come from.

use std::{fmt, fs, io::Write as _, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::random::random;

/// One master key: 32 random bytes with a name.
#[derive(Clone)]
pub struct MasterKey {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// A key from its bytes. The id stands in every text it seals, so keep it short; it is no secret.
    #[must_use]
    pub fn new(id: impl Into<String>, bytes: [u8; 32]) -> Self {
        Self { id: id.into(), bytes: Zeroizing::new(bytes) }
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`KeyError`] when the operating system gives no randomness.
    pub fn generate(id: impl Into<String>) -> Result<Self, KeyError> {
        Ok(Self::new(id, random().map_err(|error| KeyError::new(error.to_string()))?))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Reads `id:base64`, as [`EnvironmentKeys`] and [`FileKeys`] hold a key.
    fn parse(text: &str) -> Result<Self, KeyError> {
        let (id, base64) =
            text.split_once(':').ok_or_else(|| KeyError::new("a master key reads `name:base64`"))?;
        let decoded = Zeroizing::new(
            STANDARD
                .decode(base64.trim())
                .map_err(|_| KeyError::new(format!("master key {id:?} is not base64")))?,
        );
        let bytes: [u8; 32] = decoded.as_slice().try_into().map_err(|_| {
            KeyError::new(format!("master key {id:?} has {} bytes instead of 32", decoded.len()))
        })?;
        if id.trim().is_empty() || id.len() > 64 {
            return Err(KeyError::new("a master key's name has 1 to 64 characters"));
        }
        Ok(Self::new(id.trim(), bytes))
    }

    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}:{}", self.id, STANDARD.encode(self.bytes.as_slice())))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &self.id).field("bytes", &"[redacted]").finish()
    }
}

/// Why no master key could be had.
#[derive(Clone, Debug)]
pub struct KeyError(String);

impl KeyError {
    /// An error that says what is wrong and what to do.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

/// Where master keys come from: the environment, a file, or a key management service of your own.
pub trait KeyProvider: Send + Sync {
    /// All keys that may open something, the one that seals first. Asked once, when the application
    /// starts.
    ///
    /// # Errors
    /// [`KeyError`] when there is none, or one can't be read.
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError>;
}

fn parse_list(text: &str, place: &str) -> Result<Vec<MasterKey>, KeyError> {
    let lines = text.lines().flat_map(|line| line.split(',')).map(str::trim);
    let keys: Vec<MasterKey> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(MasterKey::parse)
        .collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(KeyError::new(format!("{place} holds no master key"))) } else { Ok(keys) }
}

/// Master keys in an environment variable: `name:base64`, several separated by commas, newest first.
#[derive(Clone, Debug)]
pub struct EnvironmentKeys {
    variable: String,
}

impl EnvironmentKeys {
    /// Keys in this variable, such as `VESTIBULE_KEYS`.
    #[must_use]
    pub fn new(variable: impl Into<String>) -> Self {
        Self { variable: variable.into() }
    }
}

impl KeyProvider for EnvironmentKeys {
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError> {
        let variable = &self.variable;
        let text = std::env::var(variable).map(Zeroizing::new).map_err(|_| {
            KeyError::new(format!(
                "the environment variable {variable} is not set; set it to `name:` and the base64 of 32 random bytes"
            ))
        })?;
        parse_list(&text, &format!("the environment variable {variable}"))
    }
}

/// Master keys in a file: one `name:base64` a line, newest first.
#[derive(Clone, Debug)]
pub struct FileKeys {
    path: PathBuf,
    create: bool,
}

impl FileKeys {
    /// Keys in this file, which has to exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), create: false }
    }

    /// Keys in this file, which is made with one random key (and mode 0600) where it does not exist.
    /// Back it up: what it seals can't be opened without it.
    #[must_use]
    pub fn or_create(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), create: true }
    }

    fn create(&self) -> Result<(), KeyError> {
        let failed = |error: std::io::Error| KeyError::new(format!("{}: {error}", self.path.display()));
        let key = MasterKey::generate("key-1")?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path).map_err(failed)?;
        file.write_all(key.to_text().as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        file.sync_all().map_err(failed)
    }
}

impl KeyProvider for FileKeys {
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError> {
        if self.create && !self.path.exists() {
            self.create()?;
        }
        let place = self.path.display().to_string();
        let text = fs::read_to_string(&self.path)
            .map(Zeroizing::new)
            .map_err(|error| KeyError::new(format!("the key file {place} can't be read: {error}")))?;
        parse_list(&text, &format!("the key file {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_several_newest_first() {
        let one = STANDARD.encode([1; 32]);
        let two = STANDARD.encode([2; 32]);
        let keys = parse_list(&format!("# comment\nb:{two}\n\na:{one}\n"), "here").unwrap();
        assert_eq!(keys.iter().map(MasterKey::id).collect::<Vec<_>>(), ["b", "a"]);
        assert!(parse_list(&format!("b:{two},a:{one}"), "here").is_ok());
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, says) in [
            ("", "no master key"),
            ("abc", "name:base64"),
            ("a:!!", "not base64"),
            ("a:AAAA", "3 bytes instead of 32"),
        ] {
            let error = parse_list(text, "here").unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn prints_no_key() {
        let key = MasterKey::new("a", [0x41; 32]);
        assert_eq!(format!("{key:?}"), "MasterKey { id: \"a\", bytes: \"[redacted]\" }");
    }

    #[cfg(unix)]
    #[test]
    fn a_new_key_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(FileKeys::new(&path).master_keys().is_err());
        let made = FileKeys::or_create(&path).master_keys().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = FileKeys::or_create(&path).master_keys().unwrap();
        assert_eq!(made[0].bytes(), again[0].bytes());
    }
}
