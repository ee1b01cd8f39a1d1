//! Session options: `SET hyperslab.scan.prefetch_chunks = 8`.
//!
//! DataFusion finds an extension by what stands before the first dot, so all of ours live in one, [`Options`],
//! which hands a key on to its section (`scan`, `planner`, …). A crate above this one adds its own section with
//! [`Options::with_section`].

use std::collections::BTreeMap;

use datafusion::common::config::{ConfigEntry, ConfigExtension, ConfigOptions, ExtensionOptions};
use datafusion::common::{Result, config_err, extensions_options};
use hyperslab_array::nearest_names;

extensions_options! {
    /// How tables of arrays are read: `hyperslab.scan.*`.
    pub struct ScanOptions {
        /// Turn predicates on 1-D coordinates into index ranges; when off, every row is made and then filtered.
        pub prune_coordinates: bool, default = true

        /// Find simple comparisons (`lat >= 10`) through the index of the coordinate; when off, evaluate them over all labels.
        pub coordinate_index: bool, default = true

        /// Skip chunks in which no cell of a 2-D coordinate fulfils the predicate.
        pub prune_blocks: bool, default = true

        /// Skip chunks that filters made while the query runs (by joins, by ORDER BY with LIMIT) rule out.
        pub dynamic_filters: bool, default = true

        /// How many chunks a scan fetches ahead of the rows it hands out, over all its partitions.
        pub prefetch_chunks: usize, default = 16

        /// How many decoded bytes a scan holds ahead of the rows it hands out, over all its partitions.
        pub prefetch_bytes: usize, default = 64 * 1024 * 1024

        /// How many decoded bytes a scan keeps of chunks that it needs more than once, over all its partitions.
        pub cache_bytes: usize, default = 128 * 1024 * 1024
    }
}

impl ScanOptions {
    /// The options of a session; the defaults where the session has none of ours.
    pub fn of(config: &ConfigOptions) -> Self {
        Options::of(config).and_then(|o| o.section::<Self>(SCAN)).cloned().unwrap_or_default()
    }
}

const SCAN: &str = "scan";

/// All options of Hyperslab: a DataFusion config extension with one section for each part.
///
/// ```
/// use datafusion::prelude::{SessionConfig, SessionContext};
/// use hyperslab_exec::{Options, ScanOptions};
///
/// let config = SessionConfig::new().with_option_extension(Options::default());
/// let config = config.set_usize("hyperslab.scan.prefetch_chunks", 4);
/// assert_eq!(ScanOptions::of(config.options()).prefetch_chunks, 4);
/// # let _ = SessionContext::new_with_config(config);
/// ```
#[derive(Debug)]
pub struct Options {
    sections: BTreeMap<&'static str, Box<dyn ExtensionOptions>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { sections: BTreeMap::new() }.with_section(SCAN, ScanOptions::default())
    }
}

impl Clone for Options {
    fn clone(&self) -> Self {
        Self { sections: self.sections.iter().map(|(name, section)| (*name, section.cloned())).collect() }
    }
}

impl Options {
    /// Our options in those of a session.
    pub fn of(config: &ConfigOptions) -> Option<&Self> {
        config.extensions.get::<Self>()
    }

    /// Adds `hyperslab.<name>.*`, or replaces it.
    #[must_use]
    pub fn with_section(mut self, name: &'static str, section: impl ExtensionOptions) -> Self {
        self.sections.insert(name, Box::new(section));
        self
    }

    /// The section called `name`, where it is a `T`.
    pub fn section<T: ExtensionOptions>(&self, name: &str) -> Option<&T> {
        self.sections.get(name)?.as_any().downcast_ref()
    }
}

impl ConfigExtension for Options {
    const PREFIX: &'static str = "hyperslab";
}

impl ExtensionOptions for Options {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let entries = self.entries();
        let known = entries.iter().any(|e| e.key.strip_prefix("hyperslab.") == Some(key));
        match self.sections.get_mut(section) {
            Some(options) if known => options.set(name, value),
            _ => config_err!(
                "no option `hyperslab.{key}`; hint: {}",
                nearest_names(&format!("hyperslab.{key}"), entries.iter().map(|e| e.key.as_str()))
            ),
        }
    }

    /// Whole keys, so that `SHOW hyperslab.scan.prefetch_chunks` finds them.
    fn entries(&self) -> Vec<ConfigEntry> {
        let prefixed = |section: &str, mut entry: ConfigEntry| {
            entry.key = format!("hyperslab.{section}.{}", entry.key);
            entry
        };
        self.sections.iter().flat_map(|(name, s)| s.entries().into_iter().map(move |e| prefixed(name, e))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    extensions_options! {
        struct OtherOptions {
            /// A switch.
            pub on: bool, default = true
        }
    }

    #[tokio::test]
    async fn set_reaches_every_section_and_show_finds_it() {
        let options = Options::default().with_section("other", OtherOptions::default());
        let config = SessionConfig::new().with_information_schema(true).with_option_extension(options);
        let ctx = SessionContext::new_with_config(config);
        ctx.sql("SET hyperslab.scan.prefetch_bytes = 1000").await.unwrap().collect().await.unwrap();
        ctx.sql("SET hyperslab.other.on = false").await.unwrap().collect().await.unwrap();
        let state = ctx.state();
        assert_eq!(ScanOptions::of(state.config_options()).prefetch_bytes, 1000);
        assert!(!Options::of(state.config_options()).unwrap().section::<OtherOptions>("other").unwrap().on);
        let shown = ctx.sql("SHOW hyperslab.scan.prefetch_bytes").await.unwrap().collect().await.unwrap();
        assert_eq!(shown.iter().map(|b| b.num_rows()).sum::<usize>(), 1);
    }

    #[tokio::test]
    async fn an_unknown_option_names_the_nearest() {
        let ctx = SessionContext::new_with_config(SessionConfig::new().with_option_extension(Options::default()));
        let e = ctx.sql("SET hyperslab.scan.prefetch_byte = 1").await.err().map(|e| e.to_string());
        let e = match e {
            Some(e) => e,
            None => panic!("expected an error"),
        };
        assert!(e.contains("did you mean `hyperslab.scan.prefetch_bytes`?"), "{e}");
    }
}
