use std::path::PathBuf;

use clap::Parser;

/// Signs people in, in front of an application that knows nothing of it.
#[derive(Debug, Parser)]
#[command(name = "gateway")]
pub(crate) struct Options {
    /// The configuration, in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say whether the configuration is right, and serve nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// For this machine alone: in memory, messages are printed. Instead of `development`
    #[arg(long)]
    pub(crate) development: bool,
    /// Where to listen. Instead of `listen`
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// The application behind. Instead of `upstream.url`
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: Option<String>,
}

impl Options {
    /// The keys that were given as options, with their values.
    pub(crate) fn keys(&self) -> Vec<(&'static str, String)> {
        let development = self.development.then(|| ("development", "true".to_owned()));
        let listen = self.listen.clone().map(|address| ("listen", address));
        let upstream = self.upstream.clone().map(|url| ("upstream.url", url));
        [development, listen, upstream].into_iter().flatten().collect()
    }
}
